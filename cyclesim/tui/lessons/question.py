"""The dialog of a lesson's question."""

from __future__ import annotations

from typing import cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Label, OptionList

from cyclesim.language import tr
from cyclesim.lessons.asking import Asked
from cyclesim.lessons.prose import plain
from cyclesim.tui.words.text import indented

__all__ = ["QuestionDialog"]


class QuestionDialog(ModalScreen[int | None]):
    """Asks for the place of a choice; None is "not now".

    It lies over the words of the lesson, so that the instrument is seen while one thinks.

    Args:
        title: what stands over the question.
        beside: whether the lesson stands beside the instrument, and not under it.
    """

    BINDINGS = [Binding("escape", "dismiss(None)", show=False)]

    def __init__(self, asked: Asked, title: str, *, beside: bool) -> None:
        super().__init__()
        self.asked, self.title_shown = asked, title
        self.set_class(beside, "-beside")

    def compose(self) -> ComposeResult:
        glyphs = cast("object", self.app).glyphs  # type: ignore[attr-defined]
        lines = [f"{i}  {plain(choice)}" for i, choice in enumerate(self.asked.choices, 1)]
        hint = tr("a digit, or up, down and Enter: answer · escape: look again first")
        with Vertical(id="dialog"):
            yield Label(glyphs.text(self.title_shown), id="list-hint", markup=False)
            yield Label(glyphs.text(plain(self.asked.text)), id="question", markup=False)
            yield OptionList(*(indented(glyphs.text(x)) for x in lines), id="choices", markup=False)
            yield Label(glyphs.text(hint), id="hint", markup=False)

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_index)

    def on_key(self, event: events.Key) -> None:
        key = event.character or ""
        if key.isdecimal() and 0 < int(key) <= len(self.asked.choices):
            event.stop()
            self.dismiss(int(key) - 1)

"""The dialogs of one question with choices to answer it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Label, OptionList

from cyclesim.tui.words.text import indented

if TYPE_CHECKING:
    from cyclesim.tui.app import CyclesimApp
    from cyclesim.tui.words.glyphs import Glyphs

__all__ = ["DIGITS", "Choosing"]

#: Choices that a digit answers.
DIGITS = 9


class Choosing(ModalScreen[int | None]):
    """Asks for the place of a choice; None is "not now".

    Args:
        title: what stands over the question.
        asked: the question.
        count: how many choices there are; a subclass says what stands there (`choices_shown`).
        hint: how to answer.
    """

    BINDINGS = [Binding("escape", "dismiss(None)", show=False)]

    def __init__(self, title: str, asked: str, count: int, hint: str) -> None:
        super().__init__()
        self._words, self._count = (title, asked, hint), count

    @property
    def glyphs(self) -> Glyphs:
        """The characters that are allowed."""
        return cast("CyclesimApp", self.app).glyphs

    def choices_shown(self) -> Iterable[str]:
        """The choices, each as it stands beside its digit."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        title, asked, hint = map(self.glyphs.text, self._words)
        lines = [
            f"{place if place <= DIGITS else ' '}  {choice}"
            for place, choice in enumerate(self.choices_shown(), 1)
        ]
        with Vertical(id="dialog"):
            yield Label(title, id="list-hint", markup=False)
            yield Label(asked, id="question", markup=False)
            yield OptionList(*map(indented, lines), id="choices", markup=False)
            yield Label(hint, id="hint", markup=False)

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_index)

    def on_key(self, event: events.Key) -> None:
        key = event.character or ""
        if key.isdecimal() and 0 < int(key) <= min(self._count, DIGITS):
            event.stop()
            self.dismiss(int(key) - 1)

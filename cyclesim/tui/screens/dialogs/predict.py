"""The dialog of predictions: one question about the next cycle, and its choices."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Label, OptionList

from cyclesim.explain import Question
from cyclesim.language import tr
from cyclesim.tui.words.text import crop, indented

if TYPE_CHECKING:
    from cyclesim.tui.app import CyclesimApp

__all__ = ["PredictDialog"]

#: Choices that a digit answers.
DIGITS = 9
#: Cells that a choice may take.
WIDTH = 66


class PredictDialog(ModalScreen[int | None]):
    """Asks for the place of a choice; None is "not now"."""

    BINDINGS = [Binding("escape", "dismiss(None)", show=False)]

    def __init__(self, question: Question) -> None:
        super().__init__()
        self.question = question

    def compose(self) -> ComposeResult:
        glyphs = cast("CyclesimApp", self.app).glyphs
        lines = []
        for place, choice in enumerate(self.question.choices):
            digit = f"{place + 1}" if place < DIGITS else " "
            lines.append(f"{digit}  {crop(choice, WIDTH, glyphs.ellipsis)}")
        hint = tr("a digit, or up, down and Enter: answer and run · escape: not now")
        if len(lines) > DIGITS:
            hint = tr("a letter: find it") + " · " + hint
        with Vertical(id="dialog"):
            yield Label(tr("Predict before you step"), id="list-hint", markup=False)
            yield Label(glyphs.text(self.question.text), id="question", markup=False)
            yield OptionList(*map(indented, lines), id="choices", markup=False)
            yield Label(glyphs.text(hint), id="hint", markup=False)

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_index)

    def on_key(self, event: events.Key) -> None:
        key = event.character or ""
        count = len(self.question.choices)
        if key.isdecimal() and 0 < int(key) <= min(count, DIGITS):
            event.stop()
            self.dismiss(int(key) - 1)
        elif len(key) == 1 and key.isalpha():
            event.stop()
            self._find(key.casefold())

    def _find(self, letter: str) -> None:
        """Highlight the next choice that begins with `letter`, whatever signs stand before it."""
        choices, listed = self.question.choices, self.query_one(OptionList)
        here = -1 if listed.highlighted is None else listed.highlighted
        for step in range(1, len(choices) + 1):
            place = (here + step) % len(choices)
            word = choices[place].casefold().lstrip("#▁Ġ [<(")
            if word.startswith(letter):
                listed.highlighted = place
                return

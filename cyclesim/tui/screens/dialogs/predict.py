"""The dialog of predictions: one question about the next cycle, and its choices."""

from __future__ import annotations

from collections.abc import Iterable

from textual import events
from textual.widgets import OptionList

from cyclesim.explain import Question
from cyclesim.language import tr
from cyclesim.tui.screens.dialogs.choosing import DIGITS, Choosing
from cyclesim.tui.words.text import crop

__all__ = ["PredictDialog"]

#: Cells that a choice may take.
WIDTH = 66


class PredictDialog(Choosing):
    """Asks what will come; a letter finds a choice among many."""

    def __init__(self, question: Question) -> None:
        hint = tr("a digit, or up, down and Enter: answer and run · escape: not now")
        count = len(question.choices)
        if count > DIGITS:
            hint = tr("a letter: find it") + " · " + hint
        super().__init__(tr("Predict before you step"), question.text, count, hint)
        self.question = question

    def choices_shown(self) -> Iterable[str]:
        """The choices, none wider than the dialog."""
        return (crop(choice, WIDTH, self.glyphs.ellipsis) for choice in self.question.choices)

    def on_key(self, event: events.Key) -> None:
        key = event.character or ""
        if len(key) == 1 and key.isalpha():
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

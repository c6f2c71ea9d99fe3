"""The dialog of a lesson's question."""

from __future__ import annotations

from collections.abc import Iterable

from cyclesim.language import tr
from cyclesim.lessons.asking import Asked
from cyclesim.lessons.prose import plain
from cyclesim.tui.screens.dialogs.choosing import Choosing

__all__ = ["QuestionDialog"]


class QuestionDialog(Choosing):
    """Lies over the words of the lesson, so that the instrument is seen while one thinks.

    Args:
        title: what stands over the question.
        beside: whether the lesson stands beside the instrument, and not under it.
    """

    def __init__(self, asked: Asked, title: str, *, beside: bool) -> None:
        hint = tr("a digit, or up, down and Enter: answer · escape: look again first")
        super().__init__(title, plain(asked.text), len(asked.choices), hint)
        self.asked = asked
        self.set_class(beside, "-beside")

    def choices_shown(self) -> Iterable[str]:
        """The choices, in the characters that are allowed."""
        return (self.glyphs.text(plain(choice)) for choice in self.asked.choices)

"""The error of a wrong condition: it points at the word."""

from __future__ import annotations

import unicodedata

from cyclesim.errors import CyclesimError
from cyclesim.language import tr

__all__ = ["QueryError", "UnknownName"]


class QueryError(CyclesimError):
    """A condition that cannot be understood.

    Attributes:
        text: the condition.
        position, length: where the wrong word is in `text`, counted from 0.
        suggestion: what to write instead of that word, or None.
        said: what is wrong, without the place.
        caret: two lines for a fixed-width display, the condition and a `^^^^` under the word.
    """

    def __init__(
        self,
        problem: str,
        text: str,
        position: int,
        length: int = 1,
        suggestion: str | None = None,
    ) -> None:
        self.text = text
        self.position = position
        self.length = max(1, length)
        self.suggestion = suggestion
        said, sentence = tr("{problem}."), tr("{problem} (at character {place}).")
        if suggestion:
            said = tr("{problem}; did you mean {suggestion!r}?")
            sentence = tr("{problem} (at character {place}); did you mean {suggestion!r}?")
        self.said = said.format(problem=problem, suggestion=suggestion)
        super().__init__(
            sentence.format(problem=problem, place=position + 1, suggestion=suggestion)
        )

    @property
    def caret(self) -> str:
        # One line for the condition, whatever it holds: a line break would move the caret.
        line = "".join(c if c.isprintable() else " " for c in self.text)
        before, word = line[: self.position], line[self.position : self.position + self.length]
        return f"{line}\n{' ' * _width(before)}{'^' * max(1, _width(word))}"


class UnknownName(QueryError):
    """A condition with a name that nothing is known to have; the step of a model may have it."""


def _width(text: str) -> int:
    """Columns on a terminal: two for wide East Asian characters, none for combining ones."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )

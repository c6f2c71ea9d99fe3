"""The error of a wrong condition: it points at the word."""

from __future__ import annotations

import unicodedata

from cyclesim.errors import CyclesimError

__all__ = ["QueryError"]


class QueryError(CyclesimError):
    """A condition that cannot be understood.

    Attributes:
        text: the condition.
        position, length: where the wrong word is in `text`, counted from 0.
        suggestion: what to write instead of that word, or None.
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
        hint = f"; did you mean {suggestion!r}?" if suggestion else "."
        super().__init__(f"{problem} (at character {position + 1}){hint}")

    @property
    def caret(self) -> str:
        # One line for the condition, whatever it holds: a line break would move the caret.
        line = "".join(c if c.isprintable() else " " for c in self.text)
        before, word = line[: self.position], line[self.position : self.position + self.length]
        return f"{line}\n{' ' * _width(before)}{'^' * max(1, _width(word))}"


def _width(text: str) -> int:
    """Columns on a terminal: two for wide East Asian characters, none for combining ones."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )

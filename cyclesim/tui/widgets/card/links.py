"""Cycles that are named on a panel and can be gone to: with the mouse, or chosen and Enter."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style

from cyclesim.tui.settings.palette import ACCENT
from cyclesim.tui.words.lines import Line

__all__ = ["Links", "link_at", "link_line"]

_KEY = "link"


class Links:
    """The links of one panel, in the order in which they are made.

    Args:
        chosen: which of them is chosen; None for none.
        mark: stands before the chosen one; before the others its room is left free.

    Attributes:
        numbers: the cycle that each leads to.
    """

    def __init__(self, chosen: int | None, mark: str) -> None:
        self._chosen, self._mark = chosen, mark
        self.numbers: list[int] = []

    def make(self, number: int, text: str) -> Line:
        """`text` as a link to cycle `number`."""
        place = len(self.numbers)
        self.numbers.append(number)
        chosen = place == self._chosen
        style = ACCENT + Style.from_meta({_KEY: place})
        if chosen:
            style += Style(reverse=True)
        return [
            Segment(self._mark if chosen else " " * len(self._mark), ACCENT),
            Segment(text, style),
        ]


def link_at(style: Style) -> int | None:
    """Which link is drawn in `style`."""
    found: int | None = style.meta.get(_KEY)
    return found


def link_line(lines: Sequence[Line], place: int) -> int | None:
    """The line that link number `place` is on."""
    for y, line in enumerate(lines):
        if any(s.style is not None and link_at(s.style) == place for s in line):
            return y
    return None

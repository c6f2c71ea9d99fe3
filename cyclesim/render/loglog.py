"""Log–log paper in a terminal: decades as ticks, letters as points, slopes as lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import ceil, floor, log10
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from cyclesim.render.ink import LABEL
from cyclesim.render.text import pad

__all__ = ["Line", "Named", "Paper", "decades", "legend", "span"]

Line = list[Segment]
_GRID = Style(color="#6f7d8a")


def decades(low: float, high: float) -> list[float]:
    """The powers of ten from `low` to `high`, both included."""
    first, last = ceil(log10(low) - 1e-9), floor(log10(high) + 1e-9)
    return [10.0**power for power in range(first, last + 1)]


def span(values: Iterable[float], least: float = 1.0) -> tuple[float, float]:
    """From a little below the smallest to a little above the largest; `least` decades at least."""
    powers = [log10(value) for value in values]
    low, high = min(powers), max(powers)
    room = max((high - low) * 0.05, (least - (high - low)) / 2, 0.05)
    return 10.0 ** (low - room), 10.0 ** (high + room)


class Named(NamedTuple):
    """A letter on the paper, how it looks, and what it is."""

    letter: str
    style: Style
    text: str


def legend(named: Iterable[Named], width: int) -> list[Line]:
    """What each letter is: as many on a line as have room in `width` cells."""
    lines: list[Line] = []
    taken = 0
    for letter, style, text in named:
        size = cell_len(f"{letter} {text}")
        if lines and taken + 2 + size <= width:
            lines[-1].append(Segment("  "))
            taken += 2
        else:
            lines.append([])
            taken = 0
        lines[-1] += [Segment(letter, style), Segment(f" {text}", LABEL)]
        taken += size
    return lines


@dataclass
class Paper:
    """`width` × `height` cells, the numbers on both sides of the drawing among them.

    Args:
        x, y: the numbers at the ends of the axes, all above 0.
        x_name, y_name: write a number beside a tick.
        x_ticks: where the ticks are, if not at the decades.
    """

    width: int
    height: int
    x: tuple[float, float]
    y: tuple[float, float]
    x_name: Callable[[float], str]
    y_name: Callable[[float], str]
    x_ticks: tuple[float, ...] = ()
    ascii: bool = False
    _cells: dict[tuple[int, int], Segment] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._names = {self._row(tick): self.y_name(tick) for tick in decades(*self.y)}
        self._gutter = max((len(name) for name in self._names.values()), default=0) + 1
        self.columns = max(self.width - self._gutter - 1, 8)

    @property
    def rows(self) -> int:
        """Lines of the drawing itself; the axis and its numbers take two."""
        return max(self.height - 2, 3)

    def put(self, x: float, y: float, letter: str, style: Style) -> None:
        """Write `letter` at a point; what was there is under it."""
        self._cells[self._row(y), self._column(x)] = Segment(letter, style)

    def trace(self, of: Callable[[float], float], sign: Callable[[float], str], style: Style,
              x: tuple[float, float] | None = None) -> None:  # fmt: skip
        """Draw y = of(x), one sign a column, from `x[0]` to `x[1]`; nothing that lies outside."""
        low, high = x or self.x
        for column in range(self._column(low), self._column(high) + 1):
            here = self._x_at(column)
            y = of(here)
            if self.y[0] <= y <= self.y[1] * 1.0001:
                self._cells.setdefault((self._row(y), column), Segment(sign(here), style))

    def lines(self) -> list[Line]:
        """`height` lines, each of `width` cells at most."""
        side = "|" if self.ascii else "│"
        out: list[Line] = []
        for row in range(self.rows):
            name = self._names.get(row, "")
            mark = side if not name else "+" if self.ascii else "┤"
            cells = [self._cells.get((row, c), Segment(" ")) for c in range(self.columns)]
            out.append([Segment(pad(name, self._gutter, right=True), LABEL),
                        Segment(mark, _GRID), *cells])  # fmt: skip
        return [*out, *self._axis()]

    def _axis(self) -> list[Line]:
        ticks = [t for t in self.x_ticks or decades(*self.x) if self.x[0] <= t <= self.x[1]]
        below = ["-" if self.ascii else "─"] * self.columns
        text = " " * self.columns
        end = -1
        for tick in ticks:
            column, name = self._column(tick), self.x_name(tick)
            below[column] = "+" if self.ascii else "┴"
            start = min(max(column - len(name) // 2, 0), max(self.columns - len(name), 0))
            if start > end:  # numbers that would run into each other are left out
                text = text[:start] + name + text[start + len(name) :]
                end = start + len(name)
        corner = " " * self._gutter + ("+" if self.ascii else "└")
        blank = " " * (self._gutter + 1)
        return [
            [Segment(corner + "".join(below), _GRID)],
            [Segment((blank + text)[: self.width].rstrip(), LABEL)],
        ]

    def _row(self, y: float) -> int:
        up = (log10(y) - log10(self.y[0])) / (log10(self.y[1]) - log10(self.y[0]))
        return self.rows - 1 - min(max(round(up * (self.rows - 1)), 0), self.rows - 1)

    def _column(self, x: float) -> int:
        across = (log10(x) - log10(self.x[0])) / (log10(self.x[1]) - log10(self.x[0]))
        return min(max(round(across * (self.columns - 1)), 0), self.columns - 1)

    def _x_at(self, column: int) -> float:
        low, high = log10(self.x[0]), log10(self.x[1])
        return float(10.0 ** (low + (high - low) * column / (self.columns - 1)))

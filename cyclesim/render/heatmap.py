"""A matrix as coloured cells: which part of it fits, and one line of it at a time.

Cells are spaces with a background colour, so they align in every font; where there is no colour
they are glyphs. Where a cell is wide enough it shows its number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

from cyclesim.render.colour import BLOCKED, MISSING, Scale, ink_on

__all__ = ["Heatmap", "Matrix", "cell_number", "legend"]

#: A probability below this is not written into its cell: a page of 0.00 hides the ones that matter.
FAINT = 0.005

_LABEL = Style(color="#9fb0c0")
_HERE = Style(color="#ffffff", bold=True)
_CURSOR = Style(color="#000000", bgcolor="#ffffff", bold=True)
_NAN = Style(color="#ffffff", bgcolor="#c4352b", bold=True)
_BLOCKED = Style(color="#5b6673", bgcolor="#0b0e12")
_PLAIN = Style()
_REVERSED = Style(reverse=True, bold=True)


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """Two dimensions of a tensor, ready to draw.

    Attributes:
        values: `[rows, columns]`.
        rows, columns: a name for each; numbers are used where a tuple is empty.
        scale: from numbers to colours.
        count: how many values there are, where the last row is not full (a wrapped vector).
    """

    values: np.ndarray
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    scale: Scale
    count: int | None = None

    def holds(self, row: int, column: int) -> bool:
        """Whether there is a value at this place."""
        return self.count is None or row * self.values.shape[1] + column < self.count

    def row(self, index: int) -> str:
        """Name of row `index`."""
        return self.rows[index] if index < len(self.rows) else str(index)

    def column(self, index: int) -> str:
        """Name of column `index`."""
        return self.columns[index] if index < len(self.columns) else str(index)


def cell_number(value: float, width: int) -> str:
    """`value` in at most `width` characters, or "" where that would say too little."""
    if math.isnan(value):
        return "NaN"[:width]
    if math.isinf(value) or abs(value) >= 1e30:
        return "-inf"[:width] if value < 0 else "inf"[:width]
    if value == int(value) and len(str(int(value))) <= width:
        return str(int(value))
    for digits in (2, 1, 0):  # 0.88, or .88 where that does not fit
        text = f"{value:.{digits}f}"
        if not text.strip("-0."):
            text = text.lstrip("-")
        if len(text) > width and digits == 2:
            text = text.replace("0.", ".", 1)
        if len(text) <= width:
            # "0" for 0.4 would be a lie.
            return text if digits or abs(value) >= 10 else ""
    return ""


@lru_cache(maxsize=8)
def _styles(colours: tuple[str, ...]) -> tuple[Style, ...]:
    return tuple(Style(color=ink_on(c), bgcolor=c) for c in colours)


def _fit(text: str, width: int, *, right: bool = False) -> str:
    if cell_len(text) > width:
        text = set_cell_size(text, width)
    space = " " * (width - cell_len(text))
    return space + text if right else text + space


class Heatmap:
    """`matrix` laid out in `width` × `height` cells, scrolled so that `cursor` is visible.

    Args:
        plain: glyphs instead of colours.
        marker: the sign over the cursor's column where cells are too narrow for labels.
    """

    def __init__(
        self,
        matrix: Matrix,
        width: int,
        height: int,
        cursor: tuple[int, int],
        *,
        offset: tuple[int, int] = (0, 0),
        plain: bool = False,
        marker: str = "▼",
    ) -> None:
        self.matrix, self.width, self.plain, self.marker = matrix, width, plain, marker
        rows, columns = matrix.values.shape
        self.cursor = (min(cursor[0], rows - 1), min(cursor[1], columns - 1))
        names = [matrix.row(r) for r in range(rows)] if matrix.rows else [str(max(rows - 1, 0))]
        self.label_width = min(max(map(cell_len, names), default=1), max(4, width // 4), 14)
        space = max(width - self.label_width - 1, 1)
        fits = space // max(columns, 1)
        named = max((cell_len(c) for c in matrix.columns), default=0)
        self.cell_width = max(1, min(fits, max(7, min(named + 1, 9)))) if fits >= 2 else 1
        self.lines = max(height - 1, 1)
        self.cell_height = 2 if rows * 2 <= self.lines and self.cell_width >= 4 else 1
        self.shown = (
            min(rows, max(self.lines // self.cell_height, 1)),
            min(columns, max(space // self.cell_width, 1)),
        )
        self.first = (
            _scrolled(offset[0], self.cursor[0], self.shown[0], rows),
            _scrolled(offset[1], self.cursor[1], self.shown[1], columns),
        )
        top, left = self.first
        self._values = matrix.values[top : top + self.shown[0], left : left + self.shown[1]]
        self._levels = matrix.scale.levels(self._values)

    @property
    def height(self) -> int:
        """Lines it takes: the column labels and the rows."""
        return 1 + int(self.shown[0] * self.cell_height)

    def cell_at(self, x: int, y: int) -> tuple[int, int] | None:
        """The row and column drawn at cell `x` of line `y`, if any."""
        row, column = (y - 1) // self.cell_height, (x - self.label_width - 1) // self.cell_width
        if y < 1 or x <= self.label_width or row >= self.shown[0] or column >= self.shown[1]:
            return None
        return self.first[0] + row, self.first[1] + column

    def line(self, y: int) -> list[Segment]:
        """Line `y`: 0 is the column labels."""
        if y == 0:
            return self._header()
        row, part = divmod(y - 1, self.cell_height)
        return self._row(row, part) if row < self.shown[0] else []

    def _header(self) -> list[Segment]:
        left, width = self.first[1], self.cell_width
        here = self.cursor[1]
        if width >= 3:
            out = [Segment(" " * (self.label_width + 1))]
            for column in range(left, left + self.shown[1]):
                style = _HERE if column == here else _LABEL
                # One blank, so that neighbouring labels stay apart.
                name = _fit(self.matrix.column(column), width - 1)
                out.append(Segment(" " + name, style))
            return out
        # Too narrow for labels: name the column under the cursor only.
        name = f"{self.marker} {self.matrix.column(here)}"
        place = self.label_width + 1 + (here - left) * width
        place = max(0, min(place, self.width - cell_len(name)))
        at = self.label_width + 1 + (here - left) * width
        if at + cell_len(name) > self.width:
            name = f"{self.matrix.column(here)} {self.marker}"
            place = max(0, at - cell_len(name) + 1)
        return [Segment(" " * place), Segment(name, _HERE)]

    def _row(self, row: int, part: int) -> list[Segment]:
        number = self.first[0] + row
        here = number == self.cursor[0]
        label = self.matrix.row(number) if part == 0 else ""
        label = _fit(label, self.label_width, right=True) + " "
        out = [Segment(label, _HERE if here else _LABEL)]
        styles = _styles(self.matrix.scale.colours)
        glyphs, width = self.matrix.scale.glyphs, self.cell_width
        faint = self.matrix.scale.probability
        run, run_style = "", None
        for place, level in enumerate(self._levels[row].tolist()):
            at_cursor = here and self.first[1] + place == self.cursor[1]
            value = float(self._values[row, place])
            text = ""
            if width >= 4 and part == 0 and (value >= FAINT or not faint):
                text = cell_number(value, width - 1)
            if not self.matrix.holds(number, self.first[1] + place):
                style, text = _PLAIN, ""
            elif level == MISSING:
                style, text = (_PLAIN if self.plain else _NAN), ("NaN" if width >= 4 else "!")
            elif level == BLOCKED:
                style, text = (_PLAIN if self.plain else _BLOCKED), ("-inf" if width >= 5 else "x")
            elif self.plain:
                style, text = _PLAIN, text or glyphs[level] * max(1, width - 1)
            else:
                style = styles[level]
            if at_cursor:
                style = _REVERSED if self.plain else _CURSOR
            text = text[:width].center(width) if width > 1 else (text[:1] or " ")
            if style is not run_style and run:
                out.append(Segment(run, run_style))
                run = ""
            run, run_style = run + text, style
        if run:
            out.append(Segment(run, run_style))
        return out


def _scrolled(offset: int, cursor: int, shown: int, total: int) -> int:
    """The first row (or column) shown: as little movement as brings the cursor into view."""
    offset = min(offset, cursor)
    offset = max(offset, cursor - shown + 1)
    return max(0, min(offset, total - shown))


def legend(scale: Scale, *, plain: bool = False) -> list[Segment]:
    """The colours with the numbers at their ends, and what kind of scale it is."""
    low, high = _short(scale.low), _short(scale.high)
    if scale.clipped:
        low, high = f"≤{low}", f"≥{high}"
    bar: list[Segment] = []
    if plain:
        bar.append(Segment(scale.glyphs))
    else:
        bar += [Segment(" ", Style(bgcolor=c)) for c in scale.colours]
    kind = "0 is dark" if scale.kind == "diverging" else "low is dark"
    if plain:
        kind = ""
    ends = [Segment(f"{low} ", _LABEL), *bar, Segment(f" {high}", _LABEL)]
    return [*ends, Segment(f"   {kind}", _LABEL)]


def _short(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e6 else f"{value:.3g}"

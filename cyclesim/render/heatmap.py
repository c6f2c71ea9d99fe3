"""A matrix as coloured cells: which part of it fits, and one line of it at a time.

Cells are spaces with a background colour, so they align in every font; where there is no colour
they are glyphs. Where a cell is wide enough it shows its number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment

from cyclesim.render.ink import (
    ABSENT,
    CURSOR_PLAIN,
    CURSOR_STYLE,
    HERE,
    LABEL,
    glyph_of,
    style_of,
)
from cyclesim.render.scale import HUGE, Scale

__all__ = ["Grid", "Heatmap", "Matrix", "cell_number", "scrolled"]

#: A probability below this is not written into its cell: a page of 0.00 hides the ones that matter.
#: The first is for two decimals, the second for four.
FAINT, FAINTER = 0.005, 0.00005
#: Cells of this width show their number.
NUMBERED = 4
#: Cells of this width show it with four decimals.
DETAILED = 10
#: The widest cell.
WIDEST = 16


class Grid(Protocol):
    """Two dimensions of numbers that may be read piece by piece: an array, or a part of a file."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __getitem__(self, index: Any, /) -> Any: ...


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """Two dimensions of a tensor, ready to draw.

    Attributes:
        values: `[rows, columns]`.
        rows, columns: a name for each; numbers are used where a tuple is empty.
        scale: from numbers to colours.
        count: how many values there are, where the last row is not full (a wrapped vector).
    """

    values: Grid
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
    if math.isinf(value) or abs(value) >= HUGE:
        return "-inf"[:width] if value < 0 else "inf"[:width]
    if value == int(value) and len(str(int(value))) <= width:
        return str(int(value))
    # Two decimals; more where there is room, fewer where there is not: 0.8813, 0.88, .88.
    for digits in (4, 2, 1, 0) if width >= DETAILED - 1 else (2, 1, 0):
        text = f"{value:.{digits}f}"
        if not text.strip("-0."):
            text = text.lstrip("-")
        if len(text) > width and digits in (1, 2) and text.lstrip("-").startswith("0."):
            text = text.replace("0.", ".", 1)
        if len(text) <= width:
            # "0" for 0.4 would be a lie.
            return text if digits or abs(value) >= 10 else ""
    return ""


def scrolled(offset: int, cursor: int, shown: int, total: int) -> int:
    """The first row (or column) shown: as little movement as brings the cursor into view."""
    offset = min(offset, cursor)
    offset = max(offset, cursor - shown + 1)
    return max(0, min(offset, total - shown))


def _fit(text: str, width: int, *, right: bool = False) -> str:
    if cell_len(text) > width:
        text = set_cell_size(text, width)
    space = " " * (width - cell_len(text))
    return space + text if right else text + space


def zoomed(width: int, steps: int) -> int:
    """The width of a cell, `steps` larger (or smaller) than `width`: about half as much each."""
    for _ in range(abs(steps)):
        width = max(width + 1, width * 3 // 2) if steps > 0 else width * 2 // 3
    return max(1, min(width, WIDEST))


class Heatmap:
    """`matrix` laid out in `width` × `height` cells, scrolled so that `cursor` is visible.

    Args:
        plain: glyphs instead of colours.
        marker: the sign over the cursor's column where cells are too narrow for labels.
        zoom: so many steps larger (or smaller) than what fits best.

    Attributes:
        shown: how many rows and columns are drawn.
        first: the first of them.
        numbered: whether the cells show their numbers: all that are in sight do, or none, since a
            blank beside numbers would be read as nothing.
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
        zoom: int = 0,
    ) -> None:
        self.matrix, self.width, self.plain, self.marker = matrix, width, plain, marker
        rows, columns = matrix.values.shape
        self.cursor = (min(cursor[0], rows - 1), min(cursor[1], columns - 1))
        names = matrix.rows or (str(max(rows - 1, 0)),)
        self.label_width = min(max(map(cell_len, names), default=1), max(4, width // 4), 14)
        space = max(width - self.label_width - 1, 1)
        self.lines = max(height - 1, 1)
        self.cell_width, self.cell_height = self._cells(space, zoom)
        self.shown = (
            min(rows, max(self.lines // self.cell_height, 1)),
            min(columns, max(space // self.cell_width, 1)),
        )
        self.first = (
            scrolled(offset[0], self.cursor[0], self.shown[0], rows),
            scrolled(offset[1], self.cursor[1], self.shown[1], columns),
        )
        top, left = self.first
        part = matrix.values[top : top + self.shown[0], left : left + self.shown[1]]
        #: The numbers that are drawn.
        self.part: np.ndarray = np.asarray(part, dtype=np.float64)
        #: Their levels on the scale.
        self.levels = matrix.scale.levels(self.part)
        if matrix.count is not None:
            place = np.arange(rows * columns).reshape(rows, columns)
            place = place[top : top + self.shown[0], left : left + self.shown[1]]
            self.levels[place >= matrix.count] = ABSENT
        self._texts = self._numbers() if self.cell_width >= NUMBERED else None
        self.numbered = self._texts is not None

    def _numbers(self) -> list[list[str]] | None:
        """The number of each cell, "" for one that is next to nothing; None if one has no room."""
        width, probability = self.cell_width, self.matrix.scale.probability
        least = FAINT if width < DETAILED else FAINTER
        texts: list[list[str]] = []
        for levels, values in zip(self.levels.tolist(), self.part.tolist(), strict=True):
            texts.append(row := [])
            for level, value in zip(levels, values, strict=True):
                written = level >= 0 and (value >= least or not probability)
                row.append(cell_number(value, width - 1) if written else "")
                if written and not row[-1]:
                    return None
        return texts

    def _cells(self, space: int, zoom: int) -> tuple[int, int]:
        """Width and height of a cell: so that all fit where that is possible."""
        rows, columns = self.matrix.values.shape
        fits = space // max(columns, 1)
        named = max((cell_len(c) for c in self.matrix.columns), default=0)
        width = max(1, min(fits, max(7, min(named + 1, 9)))) if fits >= 2 else 1
        height = 2 if rows * 2 <= self.lines and width >= NUMBERED else 1
        if zoom:
            width = min(zoomed(width, zoom), max(space, 1))
            height = max(height, width // 4) if zoom > 0 else min(height, max(1, width // 4))
            height = min(height, self.lines)
        return width, height

    @property
    def height(self) -> int:
        """Lines it takes: the column labels and the rows."""
        return 1 + self.shown[0] * self.cell_height

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
                style = HERE if column == here else LABEL
                # One blank, so that neighbouring labels stay apart.
                name = _fit(self.matrix.column(column), width - 1)
                out.append(Segment(" " + name, style))
            return out
        # Too narrow for labels: name the column under the cursor only.
        name = f"{self.marker} {self.matrix.column(here)}"
        at = self.label_width + 1 + (here - left) * width
        place = max(0, min(at, self.width - cell_len(name)))
        if at + cell_len(name) > self.width:
            name = f"{self.matrix.column(here)} {self.marker}"
            place = max(0, at - cell_len(name) + 1)
        return [Segment(" " * place), Segment(name, HERE)]

    def _row(self, row: int, part: int) -> list[Segment]:
        number = self.first[0] + row
        here = number == self.cursor[0]
        label = self.matrix.row(number) if part == 0 else ""
        label = _fit(label, self.label_width, right=True) + " "
        out = [Segment(label, HERE if here else LABEL)]
        at = self.cursor[1] - self.first[1] if here else -1
        if self._texts is not None and part == 0:
            return out + self._written(self._texts[row], row, at)
        levels = self.levels[row]
        ends = [*(np.flatnonzero(levels[1:] != levels[:-1]) + 1).tolist(), len(levels)]
        start = 0
        for end in ends:
            level = int(levels[start])
            if start <= at < end:
                out += self._run(level, at - start)
                out += self._run(level, 1, cursor=True)
                out += self._run(level, end - at - 1)
            else:
                out += self._run(level, end - start)
            start = end
        return out

    def _run(self, level: int, count: int, *, cursor: bool = False) -> list[Segment]:
        """`count` neighbours of one level, without numbers."""
        if not count:
            return []
        scale, width = self.matrix.scale, self.cell_width
        text = glyph_of(scale, level, width, self.plain) * count
        style = style_of(scale, level, self.plain)
        if cursor:
            style = CURSOR_PLAIN if self.plain else CURSOR_STYLE
        return [Segment(text, style)]

    def _written(self, texts: list[str], row: int, at: int) -> list[Segment]:
        """A row of cells with their numbers."""
        scale, width = self.matrix.scale, self.cell_width
        out = []
        for place, (level, text) in enumerate(zip(self.levels[row].tolist(), texts, strict=True)):
            text = text.center(width) if text else glyph_of(scale, level, width, self.plain)
            style = style_of(scale, level, self.plain)
            if place == at:
                style = CURSOR_PLAIN if self.plain else CURSOR_STYLE
            out.append(Segment(text, style))
        return out

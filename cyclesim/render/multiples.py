"""Many matrices of one shape side by side, small, on one scale: all heads of an attention layer.

A cell is as large as lets all of them fit; where even the smallest do not, there are pages. The
smallest is half a line high: two rows share a line of half blocks. Without colour a row is a line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

from cyclesim.render.heatmap import scrolled
from cyclesim.render.ink import (
    CURSOR_PLAIN,
    CURSOR_STYLE,
    HERE,
    LABEL,
    PLAIN,
    glyph_of,
    halves,
    style_of,
)
from cyclesim.render.scale import Scale

__all__ = ["Multiples"]

#: Width of a cell, and whether two rows share a line; the largest first.
_SIZES = ((6, False), (4, False), (3, False), (2, False), (1, True))
_SIZES_PLAIN = ((6, False), (4, False), (3, False), (2, False), (1, False))
#: Blank cells between two tiles, and blank lines.
_GAP, _AIR = 2, 1


@dataclass(frozen=True, slots=True)
class _Layout:
    """How the tiles lie: cell width, half lines, tiles in a row, rows of tiles, rows, columns."""

    width: int
    half: bool
    across: int
    down: int
    shown: tuple[int, int]

    @property
    def lines(self) -> int:
        """Lines of one tile, without its title."""
        return -(-self.shown[0] // 2) if self.half else self.shown[0]


class Multiples:
    """`values[tile, row, column]` in `width` × `height` cells.

    Args:
        titles: one for each tile.
        chosen: the tile whose page is shown, and whose title is bright.
        cursor: the cell that is marked in each tile.

    Attributes:
        first: the first row and column that are drawn in each tile.
        shown: how many.
        page: the tiles that are drawn.
    """

    def __init__(
        self,
        values: np.ndarray,
        titles: Sequence[str],
        scale: Scale,
        width: int,
        height: int,
        chosen: int,
        cursor: tuple[int, int],
        *,
        offset: tuple[int, int] = (0, 0),
        plain: bool = False,
    ) -> None:
        self.scale, self.titles, self.plain = scale, titles, plain
        self.chosen, self.cursor = chosen, cursor
        count, rows, columns = values.shape
        self._lay = lay = _layout(count, rows, columns, width, height, plain)
        self.shown = lay.shown
        self.first = (
            scrolled(offset[0], cursor[0], lay.shown[0], rows),
            scrolled(offset[1], cursor[1], lay.shown[1], columns),
        )
        start = chosen // (lay.across * lay.down) * lay.across * lay.down
        self.page = range(start, min(start + lay.across * lay.down, count))
        top, left = self.first
        part = values[start : self.page.stop, top : top + lay.shown[0], left : left + lay.shown[1]]
        #: The numbers that are drawn.
        self.part: np.ndarray = part
        #: Their levels on the scale.
        self.levels = scale.levels(part)

    @property
    def height(self) -> int:
        """Lines it takes."""
        tiles = -(-len(self.page) // self._lay.across)
        return tiles * (self._lay.lines + 1 + _AIR) - _AIR

    def line(self, y: int) -> list[Segment]:
        """Line `y` of the page."""
        band, inner = divmod(y, self._lay.lines + 1 + _AIR)
        first = band * self._lay.across
        tiles = range(first, min(first + self._lay.across, len(self.page)))
        out: list[Segment] = []
        for tile in tiles if inner <= self._lay.lines else ():
            out.append(Segment(" " * (_GAP if out else 1)))
            out += self._title(tile) if inner == 0 else self._cells(tile, inner - 1)
        return out

    def cell_at(self, x: int, y: int) -> tuple[int, int, int] | None:
        """Tile, row and column drawn at cell `x` of line `y`, if any."""
        lay = self._lay
        band, inner = divmod(y, lay.lines + 1 + _AIR)
        place, inside = divmod(x - 1, self._wide + _GAP)
        tile = band * lay.across + place
        row, column = (inner - 1) * (2 if lay.half else 1), inside // lay.width
        if x < 1 or place >= lay.across or tile >= len(self.page) or not 1 <= inner <= lay.lines:
            return None
        if column >= lay.shown[1]:
            return None
        return self.page[tile], self.first[0] + row, self.first[1] + column

    @property
    def _wide(self) -> int:
        return self._lay.width * self._lay.shown[1]

    def _title(self, tile: int) -> list[Segment]:
        number = self.page[tile]
        text = self.titles[number]
        if cell_len(text) > self._wide:  # the number says more than the word
            text = text.rpartition(" ")[2]
        text = set_cell_size(text, self._wide)
        return [Segment(text, HERE if number == self.chosen else LABEL)]

    def _cells(self, tile: int, line: int) -> list[Segment]:
        lay = self._lay
        levels = self.levels[tile]
        at = (self.cursor[0] - self.first[0], self.cursor[1] - self.first[1])
        if not lay.half:
            return [
                self._cell(level, (line, column) == at)
                for column, level in enumerate(levels[line].tolist())
            ]
        upper = levels[2 * line].tolist()
        lower = levels[2 * line + 1].tolist() if 2 * line + 1 < lay.shown[0] else None
        out = []
        for column, level in enumerate(upper):
            over = self._style(level, (2 * line, column) == at)
            under = PLAIN
            if lower is not None:
                under = self._style(lower[column], (2 * line + 1, column) == at)
            out.append(Segment("▀", halves(over, under)))
        return out

    def _style(self, level: int, here: bool) -> Style:
        return CURSOR_STYLE if here else style_of(self.scale, level, False)

    def _cell(self, level: int, here: bool) -> Segment:
        text = glyph_of(self.scale, level, self._lay.width, self.plain)
        if here:
            return Segment(text, CURSOR_PLAIN if self.plain else CURSOR_STYLE)
        return Segment(text, style_of(self.scale, level, self.plain))


def _layout(count: int, rows: int, columns: int, width: int, height: int, plain: bool) -> _Layout:
    """The largest cells with which all tiles fit; else the smallest there are."""
    for size, half in _SIZES_PLAIN if plain else _SIZES:
        lines = -(-rows // 2) if half else rows
        across = (width - 1 + _GAP) // (columns * size + _GAP)
        down = (height + _AIR) // (lines + 1 + _AIR)
        if across and down and across * down >= count:
            return _Layout(size, half, min(across, count), down, (rows, columns))
    # They do not all fit: the smallest cells, and as much of a tile as there is room for.
    half = not plain
    lines = max(height - 1, 1)
    shown = (min(rows, lines * 2 if half else lines), min(columns, max(width - 1, 1)))
    tall = -(-shown[0] // 2) if half else shown[0]
    across = max((width - 1 + _GAP) // (shown[1] + _GAP), 1)
    down = max((height + _AIR) // (tall + 1 + _AIR), 1)
    return _Layout(1, half, min(across, count), down, shown)

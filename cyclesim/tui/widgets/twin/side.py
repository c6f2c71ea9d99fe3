"""The panes of the compare screen that show numbers: A, B, and the difference."""

from __future__ import annotations

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message

from cyclesim.language import tr
from cyclesim.render.heatmap import Heatmap, Matrix
from cyclesim.render.legend import legend
from cyclesim.tui.compare.twin import Moment, Side, SideName, Twin
from cyclesim.tui.settings.palette import ACCENT, BAD, BODY, FAINT, MUTED, STRONG
from cyclesim.tui.tensors.listing import Listing
from cyclesim.tui.widgets.tensor.table import table_lines
from cyclesim.tui.widgets.twin.panel import TwinPanel
from cyclesim.tui.words.lines import Line, wrap
from cyclesim.tui.words.text import number, shape_text

__all__ = ["CellChosen", "DeltaPane", "SidePane"]


_UNDER = Style(underline=True)


class CellChosen(Message):
    """A person pointed at a cell."""

    def __init__(self, row: int, column: int) -> None:
        super().__init__()
        self.row, self.column = row, column


class _Pane(TwinPanel):
    """A heatmap with what there is to say under it."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._plot: Heatmap | None = None
        self._offset = (0, 0)

    def _heatmap(
        self, matrix: Matrix, width: int, height: int, twin: Twin | None = None
    ) -> list[Line]:
        """The numbers as colours; the cells that differ most between the sides of `twin` marked."""
        assert self.moment is not None
        rows, columns = matrix.values.shape
        row, column = self.moment.cursor
        self._plot = plot = Heatmap(
            matrix, width - 1, max(height, 2), (min(row, rows - 1), min(column, columns - 1)),
            offset=self._offset, plain=self.plain, marker=self.glyphs.now,
        )  # fmt: skip
        self._offset = plot.first[0], plot.first[1]
        lines: list[Line] = [plot.line(0)]
        marked = None if twin is None else _most(plot, twin)
        for y in range(1, plot.height):
            line = plot.line(y)
            lines.append(line if marked is None else self._marked(line, plot, y, marked))
        return lines[:height]

    def _marked(self, line: Line, plot: Heatmap, y: int, marked: np.ndarray) -> Line:
        """One drawn line with a sign in the cells of `marked`, or a line under their numbers."""
        flags = marked[(y - 1) // plot.cell_height]
        if not flags.any():
            return line
        start, width = plot.label_width + 1, plot.cell_width
        cuts = [start + i * width for i in range(len(flags) + 1)]
        pieces = iter(Segment.divide(line, cuts))
        out: Line = list(next(pieces))
        for piece, flag in zip(pieces, flags.tolist(), strict=True):
            if flag and all(s.text.isspace() for s in piece):
                piece = [Segment(self.glyphs.differs.center(width), piece[0].style)]
            elif flag:
                piece = [Segment(s.text, (s.style or Style()) + _UNDER) for s in piece]
            out += piece
        return out

    def _legend(self, matrix: Matrix) -> Line:
        levels = () if self._plot is None else np.unique(self._plot.levels).tolist()
        found = legend(matrix.scale, plain=self.plain, present=levels)
        return [
            Segment(s.text if s.text in matrix.scale.glyphs else self.glyphs.text(s.text), s.style)
            for s in found
        ]

    def _cell(self, matrix: Matrix, before: str, exponent: int = 0) -> Line:
        """The cell under the cursor, exactly."""
        assert self._plot is not None
        row, column = self._plot.cursor
        if not matrix.holds(row, column):
            return []
        value = float(np.asarray(matrix.values[row : row + 1, column : column + 1])[0, 0])
        if matrix.count is not None:
            where = f"[{row * matrix.values.shape[1] + column}]"
        else:
            where = f"{matrix.row(row)} {self.glyphs.feeds} {matrix.column(column)}"
        shown = self.glyphs.text(number(value * 10.0**exponent, 7))
        return [Segment(f" {where}  ", BODY), Segment(f"{before}{shown}", STRONG)]

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or self._plot is None:
            return
        cell = self._plot.cell_at(offset.x, offset.y)
        if cell is not None:
            self.post_message(CellChosen(*cell))


class SidePane(_Pane):
    """The tensor of one of the runs."""

    def __init__(self, side: SideName, *, id: str) -> None:
        super().__init__(id=id)
        self.side: SideName = side

    def lines_of(self, moment: Moment, width: int, height: int) -> list[Line]:
        self._plot, twin = None, moment.twin
        side = twin.a if self.side == "A" else twin.b
        self.entitle(self._title(side, twin))
        if isinstance(side.drawn, str):
            return [[], *wrap(f" {self.glyphs.text(side.drawn)}", width - 1, MUTED)]
        if isinstance(side.drawn, Listing):
            return self._table(side.drawn, twin, width, height, moment.cursor[0])
        below = 2 if height > 5 else 1
        lines = self._heatmap(side.drawn, width, height - below, twin)
        lines.append(self._cell(side.drawn, "= "))
        if below > 1:
            lines.append([Segment(" "), *self._legend(side.drawn), *self._meaning(twin, width)])
        return [Segment.adjust_line_length(line, width, pad=False) for line in lines]

    def _meaning(self, twin: Twin, width: int) -> Line:
        """What the sign in the cells means, where there is any."""
        if not isinstance(twin.delta, Matrix) or twin.apart is None or not twin.apart.unequal:
            return []
        few = _few(twin.delta)
        said = tr("differs") if few else tr("by more than half the most")
        assert self._plot is not None
        numbered = self.plain or self._plot.numbered
        sign = Segment("12", BODY + _UNDER) if numbered else Segment(self.glyphs.differs, BAD)
        return [Segment("   "), sign, Segment(f" {said}", FAINT)]

    def _title(self, side: Side, twin: Twin) -> str:
        if side.cycle is None:
            return self.side
        number_ = f"{self.side} {side.cycle.number}"
        if side.slot is None:
            return f"{number_}  {side.cycle.step}"
        shape = f"{shape_text(side.slot.value.shape)} {side.slot.value.dtype}"
        return "  ".join(filter(None, (number_, side.slot.title, twin.where, shape)))

    def _table(
        self, table: Listing, twin: Twin, width: int, height: int, cursor: int
    ) -> list[Line]:
        """Words and whole numbers; the rows that differ have a sign."""
        cursor = max(min(cursor, len(table.rows) - 1), 0)
        lines, top = table_lines(
            table, width - 1, height, cursor, self._offset[0], focus=False, plain=self.plain
        )
        self._offset = (top, 0)
        for place in range(1, len(lines)):
            unlike = top + place - 1 in twin.rows
            sign = self.glyphs.differs if unlike else " "
            lines[place] = [Segment(sign, BAD)] + [
                Segment(s.text.replace("·", self.glyphs.dot), BAD if unlike else s.style)
                for s in lines[place]
            ]
        return [[Segment(" "), *lines[0]], *lines[1:]]


class DeltaPane(_Pane):
    """A − B, and how far apart the two are."""

    def lines_of(self, moment: Moment, width: int, height: int) -> list[Line]:
        self._plot, twin = None, moment.twin
        minus = self.glyphs.text("A − B")
        unit = (
            tr("in units of {unit}").format(unit=f"1e{twin.exponent:03d}") if twin.exponent else ""
        )
        self.entitle("  ".join(filter(None, (minus, unit, twin.where))))
        if isinstance(twin.delta, str):
            return [[], *wrap(f" {self.glyphs.text(twin.delta)}", width - 1, MUTED)]
        below = 3 if height > 6 else 1
        lines = self._heatmap(twin.delta, width, height - below)
        lines.append(self._cell(twin.delta, f"{minus} = ", twin.exponent))
        if below > 1:
            lines.append([Segment(" "), *self._legend(twin.delta)])
            lines.append([Segment(f" {_said(twin)}", ACCENT if twin.apart else MUTED)])
        return [Segment.adjust_line_length(line, width, pad=False) for line in lines]


def _said(twin: Twin) -> str:
    """How many numbers differ."""
    apart = twin.apart
    if apart is None or apart.unequal is None:
        return tr("of the part that is drawn")
    if not apart.unequal:
        return tr("every number of this tensor is the same")
    said = tr("{count} of {total} numbers of this tensor differ")
    return said.format(count=f"{apart.unequal:,}", total=f"{apart.total:,}")


def _few(delta: Matrix) -> bool:
    """Whether so few of the numbers that are drawn differ that each can have a sign."""
    values = np.asarray(delta.values[:, :])
    return bool(np.count_nonzero(values) * 4 <= values.size)


def _most(plot: Heatmap, twin: Twin) -> np.ndarray | None:
    """Which of the drawn cells are marked; None where nothing is."""
    delta = twin.delta
    if not isinstance(delta, Matrix) or twin.apart is None or not twin.apart.unequal:
        return None
    (top, left), (high, wide) = plot.first, plot.shown
    part = np.asarray(delta.values[top : top + high, left : left + wide], dtype=np.float64)
    if _few(delta):
        return part != 0  # NaN is unequal to 0 as well
    most = (twin.apart.found.max_abs or 0.0) * 10.0**-twin.exponent
    return np.isnan(part) | (np.abs(part) > most / 2)

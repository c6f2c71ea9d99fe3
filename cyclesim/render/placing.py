"""The units of a run under the roof of its machine: a table, and the picture with its legend."""

from __future__ import annotations

from collections.abc import Iterator

from rich.segment import Segment
from rich.style import Style
from rich.table import Table
from rich.text import Text

from cyclesim.language import N_, tr
from cyclesim.render.cells import Cells
from cyclesim.render.colour import UNIT_COLOURS, UNIT_LETTERS
from cyclesim.render.loglog import Line
from cyclesim.render.roofline import roofline, spots
from cyclesim.render.table import bar
from cyclesim.render.units import amount, number, size
from cyclesim.trace import Unit
from cyclesim.versus import Comparison

__all__ = ["BOUNDS", "drawn", "placing_parts"]

_DIM = Style(dim=True)
#: Which roof is above.
BOUNDS = {"memory": N_("memory"), "compute": N_("compute")}
#: So many lines has the picture at most.
_HEIGHT = 20


def placing_parts(found: Comparison, cells: Cells, width: int) -> Iterator[Text | Table]:
    """The table of the units, and where the peak is known the roofline."""
    yield _table(found, cells, width)
    said = tr("time: median of unpaused runs; bytes are logical traffic, not what a bus saw")
    yield cells.line(Text(said, _DIM))
    if found.peak is None:
        yield cells.line(Text(tr("The peak of this machine was not measured."), _DIM))
        return
    lines = roofline(spots(found), found.peak, min(width, 100), _HEIGHT, ascii=cells.ascii)
    if lines:
        yield Text()
        yield from map(drawn, lines)
        yield drawn(_legend([unit.unit for unit in found.units]))


def _table(found: Comparison, cells: Cells, width: int) -> Table:
    names = (
        tr("cycles", "column"), tr("time", "column"), tr("FLOPs", "column"),
        tr("bytes", "column"), "FLOP/byte", "FLOP/s", tr("of the roof", "column"),
    )  # fmt: skip
    table = cells.table(tr("the model's units at full speed"), tr("unit", "column"), *names)
    table.add_column(cells.say(tr("bound by", "column")), no_wrap=True)
    table.add_column("", no_wrap=True)
    longest = max((unit.ns for unit in found.units), default=0) or 1
    room = min(max(width - 88, 0), 24)
    for unit in found.units:
        work, mark = unit.work, unit.mark
        figures = ["–"] * 4 if work is None else [
            amount(work.flops), size(work.nbytes), number(work.intensity or 0.0),
            amount(work.flops / unit.ns * 1e9) if unit.ns else "–",
        ]  # fmt: skip
        share = "–" if mark is None or mark.share is None else f"{mark.share:.1%}"
        table.add_row(
            Text(unit.unit, Style(color=UNIT_COLOURS[unit.unit], bold=True)),
            f"{unit.cycles:,}",
            cells.duration(unit.ns),
            *map(cells.say, figures),
            cells.say(share),
            "" if mark is None else cells.say(tr(BOUNDS[mark.bound])),
            Text(bar(unit.ns / longest, room, cells.ascii), Style(color=UNIT_COLOURS[unit.unit])),
        )
    return table


def drawn(line: Line) -> Text:
    """A line of segments as rich text."""
    return Text.assemble(
        *((segment.text, segment.style or "") for segment in line),
        no_wrap=True,
        overflow="crop",
    )


def _legend(units: list[Unit]) -> Line:
    return [
        Segment(text, style)
        for unit in units
        for text, style in (
            (UNIT_LETTERS[unit], Style(color=UNIT_COLOURS[unit], bold=True)),
            (f" {unit}  ", _DIM),
        )
    ]

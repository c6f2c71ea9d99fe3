"""The units of a run under the roof of its machine: a table, and the picture with its legend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.segment import Segment
from rich.style import Style
from rich.table import Table
from rich.text import Text

from cyclesim.language import N_, tr, trn
from cyclesim.render.bar import bar
from cyclesim.render.cells import Cells
from cyclesim.render.colour import PHASE_LETTERS, UNIT_COLOURS, UNIT_LETTERS
from cyclesim.render.loglog import Line
from cyclesim.render.roofline import roofline, spots
from cyclesim.render.units import amount, number, size
from cyclesim.versus import Comparison, PhaseWork, UnitWork

__all__ = ["BOUNDS", "drawn", "phase_name", "placing_parts"]

_DIM = Style(dim=True)
_BOLD = Style(bold=True)
#: Which roof is above.
BOUNDS = {"memory": N_("memory"), "compute": N_("compute")}
#: So many lines has the picture at most.
_HEIGHT = 20


def placing_parts(found: Comparison, cells: Cells, width: int) -> Iterator[Text | Table]:
    """The tables of units and phases, and where the peak is known the roofline."""
    title = tr("the model's units at full speed")
    styles = {u.unit: Style(color=UNIT_COLOURS[u.unit], bold=True) for u in found.units}
    units = [(Text(u.unit, styles[u.unit]), u) for u in found.units]
    yield _table(title, tr("unit", "column"), units, cells, width)
    if found.phases:
        phases = [(Text(phase_name(p), _BOLD), p) for p in found.phases]
        yield Text()
        yield _table(
            tr("reading the prompt against writing"), tr("phase", "column"), phases, cells, width
        )
    said = tr("time: median of unpaused runs; bytes are logical traffic, not what a bus saw")
    yield cells.line(Text(said, _DIM))
    if found.peak is None:
        yield cells.line(Text(tr("The peak of this machine was not measured."), _DIM))
        return
    lines = roofline(spots(found), found.peak, min(width, 100), _HEIGHT, ascii=cells.ascii)
    if lines:
        yield Text()
        yield from map(drawn, lines)
        yield drawn(_legend(found))


def phase_name(phase: PhaseWork) -> str:
    """`decode, 5 tokens`."""
    said = trn("{phase}, {count} token", "{phase}, {count} tokens", phase.tokens)
    return said.format(phase=phase.phase, count=f"{phase.tokens:,}")


def _table(
    title: str,
    first: str,
    rows: Sequence[tuple[Text, UnitWork | PhaseWork]],
    cells: Cells,
    width: int,
) -> Table:
    names = (
        tr("cycles", "column"), tr("time", "column"), tr("FLOPs", "column"),
        tr("bytes", "column"), "FLOP/byte", "FLOP/s", tr("of the roof", "column"),
    )  # fmt: skip
    table = cells.table(title, first, *names)
    table.add_column(cells.say(tr("bound by", "column")), no_wrap=True)
    table.add_column("", no_wrap=True)
    longest = max((row.ns for _, row in rows), default=0) or 1
    room = min(max(width - 88, 0), 24)
    for name, row in rows:
        work, mark = row.work, row.mark
        figures = ["–"] * 4 if work is None else [
            amount(work.flops), size(work.nbytes), number(work.intensity or 0.0),
            amount(work.flops / row.ns * 1e9) if row.ns else "–",
        ]  # fmt: skip
        share = "–" if mark is None or mark.share is None else f"{mark.share:.1%}"
        table.add_row(
            name,
            f"{row.cycles:,}",
            cells.duration(row.ns),
            *map(cells.say, figures),
            cells.say(share),
            "" if mark is None else cells.say(tr(BOUNDS[mark.bound])),
            Text(bar(row.ns / longest, room, cells.ascii), name.style),
        )
    return table


def drawn(line: Line) -> Text:
    """A line of segments as rich text."""
    return Text.assemble(
        *((segment.text, segment.style or "") for segment in line),
        no_wrap=True,
        overflow="crop",
    )


def _legend(found: Comparison) -> Line:
    named: list[tuple[str, Style, str]] = [
        (UNIT_LETTERS[u.unit], Style(color=UNIT_COLOURS[u.unit], bold=True), u.unit)
        for u in found.units
    ]
    named += [(PHASE_LETTERS[p.phase], Style(bold=True, reverse=True), p.phase)
              for p in found.phases]  # fmt: skip
    return [
        Segment(text, style)
        for letter, colour, name in named
        for text, style in ((letter, colour), (f" {name}  ", _DIM))
    ]

"""The units of a run under the roof of its machine: a table, and the picture with its legend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.style import Style
from rich.table import Table
from rich.text import Text

from cyclesim.language import N_, tr, trn
from cyclesim.render.bar import bar
from cyclesim.render.cells import Cells
from cyclesim.render.colour import PHASE_LETTERS, UNIT_COLOURS, UNIT_LETTERS
from cyclesim.render.loglog import Line, Named, legend
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
#: Columns that can be done without, the first of them first.
_SPARE = (1, 5, 3, 4)
#: A bar at its longest, and one too short to tell anything.
_BAR, _LEAST_BAR = 24, 4


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
        yield from map(drawn, [*lines, *legend(_named(found), min(width, 100))])


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
        first, tr("cycles", "column"), tr("time", "column"), tr("FLOPs", "column"),
        tr("bytes", "column"), "FLOP/byte", "FLOP/s", tr("of the roof", "column"),
        tr("bound by", "column"),
    )  # fmt: skip
    made = [[name.plain, *_figures(row, cells)] for name, row in rows]
    # Figures are not cropped: what there is no room for is left out.
    shown = list(range(len(names)))
    sizes = [max(cell_len(cells.say(line[i])) + 1 for line in (names, *made)) for i in shown]
    for spare in _SPARE:
        if sum(sizes[i] for i in shown) > width + 1:
            shown.remove(spare)
    table = cells.table(title, first, *(names[i] for i in shown[1:-1]))
    table.add_column(cells.say(names[-1]), no_wrap=True)
    room = min(width - sum(sizes[i] for i in shown), _BAR)
    if room >= _LEAST_BAR:
        table.add_column("", no_wrap=True)
    longest = max((row.ns for _, row in rows), default=0) or 1
    for (name, row), line in zip(rows, made, strict=True):
        told: list[str | Text] = [line[i] for i in shown[1:]]
        if room >= _LEAST_BAR:
            told.append(Text(bar(row.ns / longest, room, cells.ascii), name.style))
        table.add_row(name, *told)
    return table


def _figures(row: UnitWork | PhaseWork, cells: Cells) -> list[str]:
    """Every column but the first, as it is shown."""
    work, mark = row.work, row.mark
    figures = ["–"] * 4 if work is None else [
        amount(work.flops), size(work.nbytes), number(work.intensity or 0.0),
        amount(work.flops / row.ns * 1e9) if row.ns else "–",
    ]  # fmt: skip
    share = "–" if mark is None or mark.share is None else f"{mark.share:.1%}"
    bound = "" if mark is None else tr(BOUNDS[mark.bound])
    return [
        f"{row.cycles:,}",
        cells.duration(row.ns),
        *(cells.say(figure) for figure in (*figures, share, bound)),
    ]


def drawn(line: Line) -> Text:
    """A line of segments as rich text."""
    return Text.assemble(
        *((segment.text, segment.style or "") for segment in line),
        no_wrap=True,
        overflow="crop",
    )


def _named(found: Comparison) -> Iterator[Named]:
    for of in found.units:
        yield Named(UNIT_LETTERS[of.unit], Style(color=UNIT_COLOURS[of.unit], bold=True), of.unit)
    for phase in found.phases:
        yield Named(PHASE_LETTERS[phase.phase], Style(bold=True, reverse=True), phase.phase)

"""The table of cycles that `cyclesim trace` prints.

Rows are laid out here, cell by cell, because a row must never wrap: at 80 columns names are
cropped, at 160 there is room for what each cycle read. Every colour repeats something that
is also written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.style import Style
from rich.text import Text

from cyclesim.language import N_, tr, trn
from cyclesim.render.around import header_lines, learning_lines, totals_lines
from cyclesim.render.bar import bar
from cyclesim.render.colour import UNIT_COLOURS, UNIT_LETTERS, ink_on
from cyclesim.render.learning import step_title
from cyclesim.render.result import result_lines
from cyclesim.render.summary import (
    times_of,
)
from cyclesim.render.text import ascii_safe, pad, safe_text
from cyclesim.render.units import amount, duration
from cyclesim.trace.cycle import UNITS, Cycle, Resolution, Unit
from cyclesim.trace.groups import Group
from cyclesim.trace.trace import Trace

__all__ = ["TraceTable", "trace_table"]

_DIM = Style(dim=True)
_BOLD = Style(bold=True)
#: The columns that have a title.
_TITLED = (
    N_("cycle", "column"), N_("where", "column"), N_("step", "column"), N_("cycles", "column"),
    N_("op", "column"), N_("reads", "column"), N_("writes", "column"), N_("time", "column"),
    N_("FLOPs", "column"), N_("bytes", "column"),
)  # fmt: skip
#: From this width on there is room for the cycles that each cycle read, and for the bytes.
_WIDE = 120


def trace_table(
    trace: Trace,
    resolution: Resolution = "step",
    width: int | None = None,
    only: Collection[int] | None = None,
) -> TraceTable:
    """A rich renderable: header, cycles at `resolution`, totals, verdict and result.

    Args:
        trace: a run, complete or not.
        resolution: one row for each `step` (cycle), `module` or `layer`.
        width: in terminal cells; None for the console's own.
        only: the numbers of the cycles to show, at resolution `step`; None for all.
    """
    return TraceTable(trace, resolution, width, only)


@dataclass(frozen=True)
class TraceTable:
    """See `trace_table`. In a terminal without UTF-8 it draws in ASCII."""

    trace: Trace
    resolution: Resolution = "step"
    width: int | None = None
    only: Collection[int] | None = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = min(self.width or options.max_width, options.max_width)
        ascii_only = options.ascii_only
        for line in self.lines(max(width, 40), ascii=ascii_only):
            line.no_wrap, line.overflow, line.end = True, "crop", "\n"
            yield Text(ascii_safe(line.plain, options.encoding)) if ascii_only else line

    def lines(self, width: int, *, ascii: bool = False) -> Iterator[Text]:
        """The table, one `Text` a line, each at most `width` cells."""
        yield from header_lines(self.trace, width)
        yield Text()
        yield from _rows(self.trace, self.resolution, width, ascii, self.only)
        yield Text()
        yield from learning_lines(self.trace, width)
        yield from totals_lines(self.trace, width, ascii=ascii)
        yield from result_lines(self.trace, width, ascii=ascii)


# -- rows -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """One cycle or one tick, as text."""

    number: str
    unit: Unit
    place: str
    step: str
    op: str
    shape: str
    reads: str
    ns: int
    flops: int
    traffic: int
    nop: bool
    host: bool


def _rows(
    trace: Trace,
    resolution: Resolution,
    width: int,
    ascii: bool,
    only: Collection[int] | None,
) -> Iterator[Text]:
    times, _ = times_of(trace)
    if resolution == "step":
        shown = [c for c in trace.cycles if only is None or c.number in only]
        if trace.cycles and not shown:
            yield Text(tr("no cycle is like that"), style=_DIM)
            return
        rows = [_cycle_row(c, times[c.number]) for c in shown]
    else:
        rows = [_group_row(trace, g, times) for g in trace.groups(resolution)]
    if not rows:
        yield Text(tr("no cycle has run"), style=_DIM)
        return
    # Tokenizing can take longer than the whole model; the bars compare what the model did.
    longest = max((r.ns for r in rows if not r.host), default=0) or max(r.ns for r in rows) or 1
    columns = _columns(rows, width, resolution)
    yield _title(columns, ascii)
    if width < _WIDE:  # which object's function it is, is the first thing to leave out
        rows = [replace(row, op=row.op.rpartition(".")[2]) for row in rows]
    for row in rows:
        yield _row(row, columns, longest, ascii)


def _cycle_row(cycle: Cycle, ns: int) -> _Row:
    layer = f"L{cycle.layer} " if cycle.layer is not None else ""
    return _Row(
        number=str(cycle.number),
        unit=cycle.unit,
        place=f"{layer}{cycle.unit}",
        step=safe_text(step_title(cycle), 60),
        op=safe_text(cycle.op, 60),
        shape=_shape(cycle),
        reads=", ".join(map(str, cycle.sources)),
        ns=ns,
        flops=cycle.flops,
        traffic=cycle.bytes_read + cycle.bytes_written,
        nop=cycle.nop,
        host=not cycle.stack and cycle.unit in ("input", "output"),
    )


def _group_row(trace: Trace, group: Group, times: Sequence[int]) -> _Row:
    members: list[Cycle] = trace.cycles[group.first : group.last + 1]
    sources = {s for c in members for s in c.sources if s < group.first}
    working = [c for c in members if not c.nop] or members
    first, last = (safe_text(c.step, 60) for c in (working[0], working[-1]))
    span = f"{group.first}–{group.last}" if len(members) > 1 else str(group.first)
    heaviest = max(members, key=lambda c: (c.flops, c.number))
    return _Row(
        number=span,
        # Outside the blocks the title is a unit; a block shows the one that does most of the work.
        unit=next((u for u in UNITS if u == group.title), heaviest.unit),
        place=safe_text(group.title, 60),
        step=first if len(working) == 1 else f"{first} … {last}",
        op=trn("{count} cycle", "{count} cycles", len(members)).format(count=f"{len(members):,}"),
        shape=_shape(members[-1]),
        reads=", ".join(map(str, sorted(sources))),
        ns=sum(times[group.first : group.last + 1]),
        flops=sum(c.flops for c in members),
        traffic=sum(c.bytes_read + c.bytes_written for c in members),
        nop=all(c.nop for c in members),
        host=all(not c.stack and c.unit in ("input", "output") for c in members),
    )


def _shape(cycle: Cycle) -> str:
    if not cycle.outputs:
        return ""
    more = f" +{len(cycle.outputs) - 1}" if len(cycle.outputs) > 1 else ""
    return "[" + ",".join(map(str, cycle.outputs[0].shape)) + "]" + more


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    width: int
    right: bool = False


def _columns(rows: Sequence[_Row], width: int, resolution: Resolution) -> list[_Column]:
    """Natural widths, then shrunk in the order in which a reader misses them least."""

    def natural(name: str, field: str, most: int) -> int:
        return min(
            max(cell_len(tr(name, "column")), *(cell_len(getattr(r, field)) for r in rows)), most
        )

    wide = width >= _WIDE
    grouped = resolution != "step"
    sizes = {
        "cycle": natural("cycle" if wide or grouped else "#", "number", 11),
        " ": 1,
        "where": natural("where", "place", 40 if wide else 26),
        "step": natural("step", "step", 48 if wide else 28),
        "cycles" if grouped else "op": natural("cycles", "op", 32 if wide else 16),
        "writes": natural("writes", "shape", 24 if wide else 16),
        "time": 7,
        "bar": 24 if wide else 12,
        "FLOPs": 6,
    }
    names = ["cycle", " ", "where", "step", "cycles" if grouped else "op"]
    if wide:
        sizes |= {"reads": natural("reads", "reads", 16), "bytes": 7}
        names.append("reads")
    names += ["writes", "time", "bar", "FLOPs"]
    if wide:
        names.append("bytes")

    operation = "cycles" if grouped else "op"
    least = [("bar", 4), ("step", 19), (operation, 10), ("step", 12), ("where", 12), ("writes", 9)]
    if grouped:  # the title says more than the steps in it
        least[1] = ("step", 10)
    for name, floor in least:
        excess = sum(sizes[n] for n in names) + len(names) - 1 - width
        if excess > 0:
            sizes[name] -= min(excess, max(sizes[name] - floor, 0))
    for name in ("bar", operation, "writes", "step"):  # a very narrow terminal: leave columns out
        if sum(sizes[n] for n in names) + len(names) - 1 > width:
            names.remove(name)
    right = {"cycle", "time", "FLOPs", "bytes"}
    return [_Column(name, sizes[name], name in right) for name in names]


def _title(columns: Sequence[_Column], ascii: bool) -> Text:
    named = (tr(c.name, "column") if c.name in _TITLED else "" for c in columns)
    names = (
        name if cell_len(name) <= c.width else "#" for name, c in zip(named, columns, strict=True)
    )
    cells = [pad(name, c.width, right=c.right) for name, c in zip(names, columns, strict=True)]
    return Text(" ".join(cells).rstrip(), style=Style(bold=True, underline=not ascii))


def _row(row: _Row, columns: Sequence[_Column], longest: int, ascii: bool) -> Text:
    line = Text()
    base = _DIM if row.nop else Style()
    for place, column in enumerate(columns):
        if place:
            line.append(" ")
        text, style = _cell(row, column, longest, ascii)
        line.append(pad(text, column.width, right=column.right), style=base + style)
    line.rstrip()
    return line


def _cell(row: _Row, column: _Column, longest: int, ascii: bool) -> tuple[str, Style]:
    colour = UNIT_COLOURS.get(row.unit, UNIT_COLOURS["other"])
    plain = Style()
    if column.name == " ":
        # The block of colour is set on its own ground, so that it reads on light and on dark.
        return UNIT_LETTERS.get(row.unit, "?"), Style(color=ink_on(colour), bgcolor=colour)
    if column.name == "bar":
        return bar(row.ns / longest, column.width, ascii), Style(color=colour)
    if column.name == "time":
        return duration(row.ns, ascii=ascii), plain
    if column.name == "FLOPs":
        if row.nop:
            return "NOP", plain
        return (amount(row.flops) if row.flops else ("." if ascii else "·")), plain
    if column.name == "bytes":
        return amount(row.traffic, "B") if row.traffic else ("." if ascii else "·"), plain
    if column.name == "step":
        return row.step, plain if row.nop else _BOLD
    texts = {"cycle": row.number, "where": row.place, "op": row.op, "cycles": row.op,
             "writes": row.shape, "reads": row.reads}  # fmt: skip
    return texts[column.name], _DIM if column.name in ("op", "reads") else plain

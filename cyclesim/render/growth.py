"""How things grow with the length of the sequence: times, and the fitted powers of every unit."""

from __future__ import annotations

from collections.abc import Iterator

from rich.style import Style
from rich.table import Table
from rich.text import Text

from cyclesim.language import tr
from cyclesim.render.bar import bar
from cyclesim.render.cells import Cells
from cyclesim.render.colour import UNIT_COLOURS
from cyclesim.render.curves import OPENED, curve_lines
from cyclesim.render.placing import drawn
from cyclesim.render.text import safe_text
from cyclesim.versus import QUANTITIES, Fit, Quantity, Sweep, remark

__all__ = ["growth_parts"]

_DIM = Style(dim=True)
#: What is drawn; a picture is so wide at least and at most, and so high; blanks between two.
_DRAWN: tuple[Quantity, ...] = ("ns", "flops", "kept")
_LEAST, _MOST, _HEIGHT, _GAP = 44, 72, 15, 2
#: Of a step's name, beyond which it is cropped.
_NAME = 26


def growth_parts(sweep: Sweep, cells: Cells, width: int) -> Iterator[Text | Table]:
    """The table of times, what failed, and the table of powers."""
    yield _times(sweep, cells, width)
    for point in sweep.points:
        if point.failed:
            said = f"{point.length:,}: {remark(point.failed)}"
            yield cells.line(Text(safe_text(said), Style(color="yellow")))
    yield cells.line(Text(remark(sweep.note), _DIM))
    if len(sweep.measured) > 1:
        yield Text()
        yield from _pictures(sweep, cells, width)
        yield Text()
        yield _powers(sweep, cells)
        said = tr("time of the cycles in unpaused runs; logical traffic; bytes the cycles wrote")
        yield cells.line(Text(said, _DIM))


def _pictures(sweep: Sweep, cells: Cells, width: int) -> Iterator[Text | Table]:
    """The curves, as many side by side as there is room for."""
    across = min(max(width // _LEAST, 1), len(_DRAWN))
    room = min((width - _GAP * (across - 1)) // across, _MOST)
    for start in range(0, len(_DRAWN), across):
        grid = Table.grid(padding=(0, _GAP, 0, 0))
        made = [
            curve_lines(sweep, quantity, room, _HEIGHT, ascii=cells.ascii)
            for quantity in _DRAWN[start : start + across]
        ]
        grid.add_row(*(Text("\n").join(map(drawn, lines)) for lines in made))
        yield grid


def _times(sweep: Sweep, cells: Cells, width: int) -> Table:
    names = (tr("median", "column"), tr("middle half", "column"))
    table = cells.table(tr("time against length"), tr("tokens", "column"), *names, right=True)
    table.add_column("", no_wrap=True)
    longest = max((p.wall.median_ns for p in sweep.measured), default=0) or 1
    room = min(max(width - 40, 8), 40)
    for point in sweep.measured:
        table.add_row(
            f"{point.length:,}",
            cells.duration(point.wall.median_ns),
            cells.middle(point.wall),
            bar(point.wall.median_ns / longest, room, cells.ascii),
        )
    return table


def _powers(sweep: Sweep, cells: Cells) -> Table:
    names = (
        tr("time", "column"), tr("FLOPs", "column"), tr("traffic", "column"),
        tr("memory", "column"),
    )  # fmt: skip
    title = tr("grows as n to the power of (in brackets R², 1 at best)")
    table = cells.table(title, "", *names)
    wall = _power(sweep.fit_wall(), cells)
    table.add_row(cells.say(tr("forward, untraced")), wall, "", "", "")
    for unit in sweep.units:
        style = Style(color=UNIT_COLOURS[unit], bold=True)
        _add(table, Text(unit, style), [sweep.fit(q, unit) for q in QUANTITIES], cells)
        for step in sweep.steps(unit) if unit in OPENED else ():
            name = Text(cells.say(f"  {safe_text(step, _NAME)}"))
            _add(table, name, [sweep.fit(q, unit, step) for q in QUANTITIES], cells)
    return table


def _add(table: Table, name: Text, fits: list[Fit | None], cells: Cells) -> None:
    table.add_row(name, *(_power(fit, cells) for fit in fits))


def _power(fit: Fit | None, cells: Cells) -> str:
    if fit is None:
        return cells.say("–")
    power = f"{fit.exponent:.2f}".replace("-0.00", "0.00")
    return power if fit.r2 is None else f"{power} ({fit.r2:.3f})"

"""Where the time of the stepped run goes: bars that begin where the one above ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.style import Style
from rich.table import Table
from rich.text import Text

from cyclesim.language import tr
from cyclesim.render.cells import Cells
from cyclesim.versus import Item, Overhead

__all__ = ["Stair", "overhead_table", "stairs"]

_BOLD = Style(bold=True)
_GOES = Style(color="#e8703a")
_BACK = Style(color="#56b4e9")


@dataclass(frozen=True, slots=True)
class Stair:
    """One item and where its bar lies: from `start` to `end` nanoseconds, backwards if negative."""

    item: Item
    start: int
    end: int


def stairs(overhead: Overhead) -> tuple[Stair, ...]:
    """The items, each from where the one before it ended; the last ends at the stepped run."""
    found, at = [], 0
    for item in overhead.items:
        found.append(Stair(item, at, at + item.ns))
        at += item.ns
    return tuple(found)


def overhead_table(overhead: Overhead, cells: Cells, width: int) -> Table:
    """The items, their shares and bars, and their sum."""
    names = (tr("time", "column"), tr("share", "column"))
    table = cells.table(tr("where the time of the stepped run goes"), "", *names)
    table.add_column("", no_wrap=True)
    found, total = stairs(overhead), max(overhead.total_ns, 1)
    room = min(max(width - 50, 8), 48)
    ends = [0, total, *(stair.end for stair in found)]
    for stair in found:
        table.add_row(
            cells.say(tr(stair.item.name)),
            cells.duration(stair.item.ns),
            f"{stair.item.ns / total:.1%}",
            _bar(stair, ends, room, cells.ascii),
        )
    whole = Stair(Item("", total), 0, total)
    table.add_row(
        Text(tr("stepped run"), _BOLD),
        Text(cells.duration(total), _BOLD),
        f"{1:.1%}",
        _bar(whole, ends, room, cells.ascii),
    )
    return table


def _bar(stair: Stair, ends: Sequence[int], room: int, ascii: bool) -> Text:
    low, high = min(ends), max(ends)

    def at(ns: int) -> int:
        return round((ns - low) / max(high - low, 1) * room)

    left, right = sorted((at(stair.start), at(stair.end)))
    # An item below zero is time that was not spent: it goes back, in a sign of its own.
    back = stair.end < stair.start
    sign = ("<" if ascii else "░") if back else ("#" if ascii else "█")
    return Text(" " * left + sign * (right - left), _BACK if back else _GOES)

"""The overhead as stairs: each item's bar begins where the one above it ends."""

from __future__ import annotations

from cyclesim.language import tr
from cyclesim.render.overhead import Stair, stairs
from cyclesim.render.report.svg import line, nice, picture, rect, text
from cyclesim.render.units import duration
from cyclesim.versus import Item, Overhead

__all__ = ["overhead_svg"]

_WIDE, _LEFT, _RIGHT, _ROW, _TOP = 960, 170, 130, 34, 24
#: What was measured below zero is hatched: it is time that was not spent.
_HATCH = (
    '<defs><pattern id="cyclesim-back" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect width="3" height="6" fill="var(--k-variant)"/>'
    "</pattern></defs>"
)


def overhead_svg(overhead: Overhead) -> str:
    """The items from top to bottom, and the stepped run that they add up to."""
    found = stairs(overhead)
    rows = [*found, Stair(Item(tr("stepped run"), overhead.total_ns), 0, overhead.total_ns)]
    ends = [0, overhead.total_ns, *(stair.end for stair in found)]
    low, high = min(ends), max(ends)
    wide, tall = _WIDE - _LEFT - _RIGHT, _TOP + _ROW * len(rows)

    def at(ns: float) -> float:
        return _LEFT + (ns - low) / max(high - low, 1) * wide

    parts = [_HATCH]
    for ns in nice(high, 6):
        parts.append(line(at(ns), _TOP - 6, at(ns), tall, "grid"))
        parts.append(text(at(ns), _TOP - 10, duration(ns), "s mid"))
    for index, stair in enumerate(rows):
        whole = index == len(found)
        y = _TOP + index * _ROW + 5
        left, right = sorted((at(stair.start), at(stair.end)))
        fill = "var(--k-stepped)" if stair.end >= stair.start else "url(#cyclesim-back)"
        if whole:
            fill = "var(--k-baseline)"
        name, took = tr(stair.item.name), duration(stair.item.ns)
        share = stair.item.ns / max(overhead.total_ns, 1)
        parts.append(rect(left, y, max(right - left, 1.5), _ROW - 12, fill,
                          title=f"{name}: {took}, {share:.1%}"))  # fmt: skip
        if not whole:
            below = y + _ROW - 12
            parts.append(line(at(stair.end), below, at(stair.end), below + 12, "axis"))
        middle = y + (_ROW - 12) / 2 + 4
        parts.append(text(_LEFT - 12, middle, name, "end"))
        parts.append(text(right + 8, middle, f"{took} · {share:.1%}", "halo"))
    said = tr("Where the time of the stepped run goes: {items}")
    items = ", ".join(f"{tr(s.item.name)} {duration(s.item.ns)}" for s in rows)
    return picture(said.format(items=items), _WIDE, tall + 6, "".join(parts))

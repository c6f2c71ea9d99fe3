"""The cycles under the roof of the machine, and one after another in time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from cyclesim.cost.roofline import Peak
from cyclesim.language import tr
from cyclesim.render.colour import PHASE_LETTERS, UNIT_LETTERS
from cyclesim.render.report.svg import Axes, circle, line, nice, picture, rect, text
from cyclesim.render.roofline import Spot, frame, spots
from cyclesim.render.units import amount, duration, number
from cyclesim.trace import UNITS, Phase, Unit
from cyclesim.versus import Comparison, CycleWork

__all__ = ["legend", "roofline_svg", "timeline_svg"]

_WIDE = 960
#: Boxes that are closer together than this cannot be told apart.
_GAP = 0.5


def legend(units: Iterable[Unit], phases: Iterable[Phase] = ()) -> str:
    """The letters, colours and names of units and phases, as HTML."""
    named: list[tuple[str, str, str]] = [
        (f"var(--u-{unit})", UNIT_LETTERS[unit], unit) for unit in units
    ]
    named += [("var(--ink)", PHASE_LETTERS[phase], phase) for phase in phases]
    return "".join(
        f'<span class="unit" style="color:{colour}"><b>{letter}</b> {name}</span>'
        for colour, letter, name in named
    )


# -- the roofline -----------------------------------------------------------------------------


def roofline_svg(found: Comparison, peak: Peak) -> str:
    """Each cycle a small mark, each unit a large one with its letter; "" where there is none."""
    shown = spots(found)
    if not shown:
        return ""
    axes = Axes(78, 34, _WIDE - 110, 430, *frame(shown, peak))
    parts = [
        axes.grid(number, amount, tr("arithmetic intensity, FLOP/byte"), tr("FLOP/s")),
        _roof(axes, peak),
    ]
    names = {cycle.number: f"{cycle.number} · {cycle.label}" for cycle in found.cycles}
    for spot in sorted(shown, key=lambda s: (s.number is None, s.unit is None)):
        parts.append(_spot(axes, spot, names))
    said = tr("Roofline: {count} cycles and units under a roof of {flops} and {bandwidth}")
    said = said.format(
        count=len(shown),
        flops=amount(peak.flops, "FLOP/s"),
        bandwidth=amount(peak.bandwidth, "B/s"),
    )
    return picture(said, _WIDE, axes.bottom + 44, "".join(parts))


def _roof(axes: Axes, peak: Peak) -> str:
    """The slope and the flat, each with its number; the ridge between them."""
    # The slope begins where it enters the picture: at the left or at the bottom.
    start = max(axes.x[0], axes.y[0] / peak.bandwidth)
    corner = axes.px(peak.ridge), axes.py(peak.flops)
    first = axes.px(start), axes.py(peak.roof(start))
    points = f"{first[0]:.1f},{first[1]:.1f} {corner[0]:.1f},{corner[1]:.1f} " \
             f"{axes.right:.1f},{corner[1]:.1f}"  # fmt: skip
    angle = math.degrees(math.atan2(corner[1] - first[1], corner[0] - first[0]))
    middle = (first[0] + corner[0]) / 2, (first[1] + corner[1]) / 2
    turn = f' transform="rotate({angle:.1f} {middle[0]:.1f} {middle[1]:.1f})"'
    return "".join(
        (
            line(corner[0], corner[1], corner[0], axes.bottom, "axis dash"),
            f'<polyline points="{points}" class="roof"/>',
            text(middle[0], middle[1] - 8, amount(peak.bandwidth, "B/s"), "mid halo", more=turn),
            text(axes.right, corner[1] - 8, amount(peak.flops, "FLOP/s"), "end halo"),
            text(corner[0] - 8, axes.bottom - 8, tr("memory-bound"), "s end halo"),
            text(corner[0] + 8, axes.bottom - 8, tr("compute-bound"), "s halo"),
        )
    )


def _spot(axes: Axes, spot: Spot, names: dict[int, str]) -> str:
    x, y = axes.px(spot.mark.intensity), axes.py(spot.achieved)
    name: str = spot.unit or spot.phase or ""
    if spot.number is not None:
        name = names[spot.number]
    title = tr("{name}: {intensity} FLOP/byte, {rate}, {share} of the roof").format(
        name=name,
        intensity=number(spot.mark.intensity),
        rate=amount(spot.achieved, "FLOP/s"),
        share=f"{spot.mark.share or 0.0:.1%}",
    )
    fill = "var(--ink)" if spot.unit is None else f"var(--u-{spot.unit})"
    if spot.number is not None:
        return circle(x, y, 4, fill, title=title, more=' fill-opacity=".55"')
    letter = (
        UNIT_LETTERS[spot.unit] if spot.unit else PHASE_LETTERS.get(spot.phase or "forward", "")
    )
    ring = ' stroke="var(--ground)" stroke-width="2"'
    return circle(x, y, 11, fill, title=title, more=ring) + text(
        x, y + 4.3, letter, "letter", more=' pointer-events="none"'
    )


# -- the timeline -----------------------------------------------------------------------------


def timeline_svg(found: Comparison) -> str:
    """A row for each unit; each cycle a box as wide as its median time; layers as bands."""
    cycles = found.cycles
    total = sum(cycle.times.median_ns for cycle in cycles)
    if not total:
        return ""
    present = {cycle.unit for cycle in cycles}
    units = [unit for unit in UNITS if unit in present]
    left, top, row = 118, 30, 26
    wide, bottom = _WIDE - left - 16, top + row * len(units)

    def at(ns: float) -> float:
        return left + ns / total * wide

    parts = []
    for first, last, layer in _layers(cycles):
        x = at(first)
        if layer % 2 == 0:
            parts.append(rect(x, top - 4, at(last) - x, bottom - top + 4, "var(--faint)"))
        if at(last) - x > 24:
            wider = at(last) - x > 64
            said = tr("layer {number}").format(number=layer) if wider else str(layer)
            parts.append(text((x + at(last)) / 2, top - 10, said, "s mid"))
    for index, unit in enumerate(units):
        y = top + index * row
        parts.append(line(left, y + row, left + wide, y + row, "grid"))
        parts.append(text(left - 10, y + row / 2 + 4, f"{unit} {UNIT_LETTERS[unit]}", "end"))
    begin = 0
    for cycle in cycles:
        ns = cycle.times.median_ns
        x, width = at(begin), ns / total * wide
        title = f"{cycle.number} · {cycle.label}: {duration(ns)}, {ns / total:.1%}"
        y = top + units.index(cycle.unit) * row
        box = max(width - _GAP, 0.6)
        parts.append(rect(x, y + 4, box, row - 8, f"var(--u-{cycle.unit})", title=title))
        begin += ns
    for tick in nice(total, 8):
        parts.append(line(at(tick), bottom, at(tick), bottom + 5, "axis"))
        parts.append(text(at(tick), bottom + 19, duration(tick), "s mid"))
    said = tr("Timeline of {count} cycles, {time} in all").format(
        count=len(cycles), time=duration(total)
    )
    return picture(said, _WIDE, bottom + 28, "".join(parts))


def _layers(cycles: tuple[CycleWork, ...]) -> Iterator[tuple[int, int, int]]:
    """Where each layer begins and ends, in nanoseconds since the first cycle."""
    at = start = 0
    layer: int | None = None
    for cycle in cycles:
        if cycle.layer != layer:
            if layer is not None:
                yield start, at, layer
            start, layer = at, cycle.layer
        at += cycle.times.median_ns
    if layer is not None:
        yield start, at, layer

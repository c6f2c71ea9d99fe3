"""The roofline as a picture: the roofs of this machine, and each cycle as its unit's letter.

Both axes are logarithmic: to the right more arithmetic for each byte, upwards more of it a second.
"""

from __future__ import annotations

from math import ceil, floor, log10

from rich.segment import Segment
from rich.style import Style

from cyclesim.cost import Peak, place, work_of
from cyclesim.language import tr
from cyclesim.render.colour import UNIT_COLOURS, UNIT_LETTERS
from cyclesim.render.units import amount, number
from cyclesim.tui.palette import FAINT, MUTED
from cyclesim.tui.scene import Scene
from cyclesim.tui.text import fit
from cyclesim.tui.widgets.panel import Line

__all__ = ["chart"]

#: Where a cycle is, and which.
_Point = tuple[float, float, int]


def chart(scene: Scene, peak: Peak, width: int, height: int) -> list[Line]:
    """`height` lines of `width` cells; of the cycles that have run and compute something."""
    points = _points(scene, peak)
    if not points or height < 6 or width < 24:
        return []
    columns, rows = width, height - 3
    left = floor(min(log10(peak.ridge) - 1, *(x for x, _, _ in points)))
    right = ceil(max(log10(peak.ridge) + 0.5, *(x for x, _, _ in points)))
    top = log10(peak.flops)
    low = floor(min(top - 2, *(y for _, y, _ in points)))
    cells: dict[tuple[int, int], Segment] = {}

    def at(x: float, y: float) -> tuple[int, int]:
        across = round((x - left) / (right - left) * (columns - 1))
        up = round((y - low) / (top - low) * (rows - 1))
        return rows - 1 - min(max(up, 0), rows - 1), min(max(across, 0), columns - 1)

    for column in range(columns):
        x = left + (right - left) * column / (columns - 1)
        y = log10(peak.roof(10**x))
        if y >= low:
            flat = 10**x >= peak.ridge
            cells[at(x, y)[0], column] = Segment("-" if flat else "/", MUTED)
    for x, y, index in sorted(points, key=lambda point: point[2] == scene.at):
        cells[at(x, y)] = _letter(scene, index)
    title = tr("roof {flops}, ridge at {ridge} FLOP/byte")
    title = title.format(flops=amount(peak.flops, "FLOP/s"), ridge=number(peak.ridge))
    lines: list[Line] = [[Segment(fit(title, columns), MUTED)]]
    for row in range(rows):
        lines.append([cells.get((row, c), Segment(" ")) for c in range(columns)])
    ends = f"{number(10.0**left)}", f"{number(10.0**right)} FLOP/byte"
    gap = " " * max(columns - len(ends[0]) - len(ends[1]), 1)
    lines.append([Segment(fit(f"{ends[0]}{gap}{ends[1]}", columns), FAINT)])
    said = tr("letters are cycles, up from {low}")
    lines.append([Segment(fit(said.format(low=amount(10.0**low, "FLOP/s")), columns), FAINT)])
    return lines


def _points(scene: Scene, peak: Peak) -> list[_Point]:
    """Intensity and FLOP/s, as powers of ten, of each cycle that ran on the machine measured."""
    found: list[_Point] = []
    for cycle in scene.trace.cycles[: scene.executed]:
        work = work_of([cycle])
        ns = scene.full_speed(cycle.number) or cycle.self_ns
        if work is None or not work.flops or cycle.device != scene.plan.header.device:
            continue
        mark = place(work, peak, ns)
        if mark is not None and mark.achieved:
            found.append((log10(mark.intensity), log10(mark.achieved), cycle.number))
    return found


def _letter(scene: Scene, index: int) -> Segment:
    unit = scene.trace.cycles[index].unit
    if index == scene.at:
        return Segment(UNIT_LETTERS[unit], Style(reverse=True, bold=True))
    return Segment(UNIT_LETTERS[unit], Style(color=UNIT_COLOURS[unit]))

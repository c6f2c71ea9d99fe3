"""The roofline of what has run so far; the drawing itself is `cyclesim.render.roofline`."""

from __future__ import annotations

from cyclesim.cost import Peak, place, work_of
from cyclesim.render.roofline import Spot, roofline
from cyclesim.tui.scene import Scene
from cyclesim.tui.words.lines import Line

__all__ = ["chart"]


def chart(scene: Scene, peak: Peak, width: int, height: int, *, ascii: bool) -> list[Line]:
    """At most `height` lines of `width` cells; of the cycles that ran on the machine measured."""
    found: list[Spot] = []
    for cycle in scene.trace.cycles[: scene.executed]:
        work = work_of([cycle])
        if work is None or cycle.device != scene.plan.header.device:
            continue
        mark = place(work, peak, scene.full_speed(cycle.number) or cycle.self_ns)
        if mark is not None:
            found.append(Spot(mark, cycle.unit, cycle.number, cycle.number == scene.at))
    return roofline(found, peak, width, height, ascii=ascii)

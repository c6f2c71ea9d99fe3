"""The roofline as a picture: the roofs of a machine, and work under them as letters of its unit.

Both axes are logarithmic: to the right more arithmetic for each byte, upwards more of it a second.
`/` is the slope of the bandwidth, `-` the roof of the arithmetic. The app and `cyclesim compare`
share it; the report draws the same spots as SVG.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style

from cyclesim.cost.roofline import Mark, Peak
from cyclesim.language import tr
from cyclesim.render.colour import PHASE_LETTERS, UNIT_COLOURS, UNIT_LETTERS
from cyclesim.render.ink import LABEL
from cyclesim.render.loglog import Line, Paper
from cyclesim.render.text import ascii_safe, crop
from cyclesim.render.units import amount, number
from cyclesim.trace import Phase, Unit
from cyclesim.versus import Comparison

__all__ = ["Spot", "frame", "roofline", "spots"]

_ROOF = Style(color="#9fb0c0")
#: The least that a picture of it needs.
WIDTH, HEIGHT = 30, 8


@dataclass(frozen=True, slots=True)
class Spot:
    """Work under the roof.

    Attributes:
        mark: where; it has a time and arithmetic.
        unit: whose work it is; None where it is that of a whole phase.
        number: the cycle; None for the sum over the cycles of a unit or phase.
        chosen: whether it is pointed out.
        phase: `prefill` or `decode`, where it is the sum over one of them.
    """

    mark: Mark
    unit: Unit | None
    number: int | None = None
    chosen: bool = False
    phase: Phase | None = None

    @property
    def achieved(self) -> float:
        """FLOP/s."""
        return self.mark.achieved or 0.0

    @property
    def drawable(self) -> bool:
        """Whether it has a place on logarithmic axes."""
        return self.achieved > 0 and self.mark.intensity > 0


def spots(comparison: Comparison) -> list[Spot]:
    """Each cycle of the baseline, then each unit and phase: what has a place under the roof."""
    found = [
        Spot(mark, cycle.unit, cycle.number)
        for cycle in comparison.cycles
        if (mark := comparison.place(cycle)) is not None
    ]
    found += [Spot(unit.mark, unit.unit) for unit in comparison.units if unit.mark is not None]
    for phase in comparison.phases:
        if phase.mark is not None:
            found.append(Spot(phase.mark, None, phase=phase.phase))
    return [spot for spot in found if spot.drawable]


def frame(shown: Iterable[Spot], peak: Peak) -> tuple[tuple[float, float], tuple[float, float]]:
    """The ends of both axes: every spot is inside, the ridge, and some of both roofs."""
    shown = list(shown)
    xs = [spot.mark.intensity for spot in shown]
    ys = [spot.achieved for spot in shown]
    left, right = min([peak.ridge / 10, *xs]) / 1.3, max([peak.ridge * 5, *xs]) * 1.3
    low, high = min([peak.flops / 100, *ys]) / 1.5, max([peak.flops, *ys]) * 1.6
    return (left, right), (low, high)


def roofline(
    shown: Sequence[Spot], peak: Peak, width: int, height: int, *, ascii: bool = False
) -> list[Line]:
    """At most `height` lines of `width` cells; none where there is nothing to draw, or no room.

    Where there are units among the spots, those are capitals and the cycles small letters.
    """
    shown = [spot for spot in shown if spot.drawable]
    if not shown or width < WIDTH or height < HEIGHT:
        return []
    across, up = frame(shown, peak)
    paper = Paper(width, height - 2, across, up, number, _rate, ascii=ascii)
    paper.trace(peak.roof, lambda x: "-" if x >= peak.ridge else "/", _ROOF)
    small = any(spot.number is None for spot in shown)
    for spot in sorted(shown, key=lambda s: (s.chosen, s.number is None, s.unit is None)):
        paper.put(spot.mark.intensity, spot.achieved, *_letter(spot, small))
    title = tr("roof {flops}, {bandwidth}, ridge at {ridge} FLOP/byte").format(
        flops=amount(peak.flops, "FLOP/s"),
        bandwidth=amount(peak.bandwidth, "B/s"),
        ridge=number(peak.ridge),
    )
    below = tr("right: FLOP/byte, up: FLOP/s; letters are cycles")
    if small:
        below = tr("right: FLOP/byte, up: FLOP/s; small letters are cycles, capitals whole units")
    return [_said(title, width, ascii), *paper.lines(), _said(below, width, ascii)]


def _letter(spot: Spot, small: bool) -> tuple[str, Style]:
    if spot.unit is None:
        return PHASE_LETTERS.get(spot.phase or "forward", "?"), Style(bold=True, reverse=True)
    letter = UNIT_LETTERS[spot.unit]
    if spot.chosen:
        return letter, Style(reverse=True, bold=True)
    if small and spot.number is not None:
        return letter.lower(), Style(color=UNIT_COLOURS[spot.unit])
    return letter, Style(color=UNIT_COLOURS[spot.unit], bold=small)


def _rate(value: float) -> str:
    return amount(value, space="")


def _said(text: str, width: int, ascii: bool) -> Line:
    if ascii:
        return [Segment(crop(ascii_safe(text), width, ellipsis="..."), LABEL)]
    return [Segment(crop(text, width), LABEL)]

"""What the cycles of the baseline compute and move, and how long they take: for the roofline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cyclesim.cost.roofline import Mark, Peak, Work, place
from cyclesim.trace.cycle import UNITS, Phase, Unit
from cyclesim.versus.statistics import Times

__all__ = ["CycleWork", "PhaseWork", "UnitWork", "phases_of", "units_of"]


@dataclass(frozen=True, slots=True)
class CycleWork:
    """One cycle of the baseline's trace.

    Attributes:
        number, unit, step, label, layer: which cycle.
        flops, nbytes: from shapes; `nbytes` is logical traffic. `flops` is None where no rule
            counts the operation.
        times: at full speed, raw.
        phase, token: of a text that is written, what it is part of.
    """

    number: int
    unit: Unit
    step: str
    label: str
    layer: int | None
    flops: int | None
    nbytes: int
    times: Times
    phase: Phase = "forward"
    token: int | None = None

    @property
    def work(self) -> Work | None:
        """For `cost.place`."""
        return None if self.flops is None else Work(self.flops, self.nbytes)

    def to_json(self, peak: Peak | None) -> dict[str, Any]:
        """The raw list, and where the cycle stands under the roof."""
        return {
            **asdict(self),
            "times": self.times.to_json(),
            "mark": mark_json(mark_of(self.work, peak, self.times.median_ns)),
        }


@dataclass(frozen=True, slots=True)
class UnitWork:
    """All cycles of one unit together.

    Attributes:
        unit: which.
        cycles: how many they are.
        ns: the sum of their median times at full speed.
        work: the sum of their work; None where one is not counted.
        mark: where they stand under the roof together; None without a peak or a count.
    """

    unit: Unit
    cycles: int
    ns: int
    work: Work | None
    mark: Mark | None

    def to_json(self) -> dict[str, Any]:
        """For a file."""
        return {"unit": self.unit, **_together_json(self)}


@dataclass(frozen=True, slots=True)
class PhaseWork:
    """All cycles of one phase of a text that is written.

    Attributes:
        phase: `prefill` or `decode`.
        tokens: how many were written in it; the first one is written by the prefill.
        cycles, ns, work, mark: as of a `UnitWork`.
    """

    phase: Phase
    tokens: int
    cycles: int
    ns: int
    work: Work | None
    mark: Mark | None

    def to_json(self) -> dict[str, Any]:
        """For a file."""
        return {"phase": self.phase, "tokens": self.tokens, **_together_json(self)}


def _together_json(part: UnitWork | PhaseWork) -> dict[str, Any]:
    """What there is of all cycles of a unit or a phase together."""
    return {
        "cycles": part.cycles,
        "ns": part.ns,
        "flops": None if part.work is None else part.work.flops,
        "nbytes": None if part.work is None else part.work.nbytes,
        "mark": mark_json(part.mark),
    }


def phases_of(cycles: Iterable[CycleWork], peak: Peak | None) -> tuple[PhaseWork, ...]:
    """Prefill and decode, if the cycles are those of a text that is written."""
    found: dict[Phase, list[CycleWork]] = {}
    for cycle in cycles:
        if cycle.phase in ("prefill", "decode"):
            found.setdefault(cycle.phase, []).append(cycle)
    made = []
    for phase, of in found.items():
        work, ns = _sum(of), sum(c.times.median_ns for c in of)
        tokens = len({c.token for c in of if c.token is not None})
        made.append(PhaseWork(phase, tokens, len(of), ns, work, mark_of(work, peak, ns)))
    return tuple(made)


def units_of(cycles: Iterable[CycleWork], peak: Peak | None) -> tuple[UnitWork, ...]:
    """The units that `cycles` belong to, in the usual order."""
    found: dict[Unit, list[CycleWork]] = {}
    for cycle in cycles:
        found.setdefault(cycle.unit, []).append(cycle)
    made = []
    for unit in (unit for unit in UNITS if unit in found):
        work, ns = _sum(found[unit]), sum(c.times.median_ns for c in found[unit])
        made.append(UnitWork(unit, len(found[unit]), ns, work, mark_of(work, peak, ns)))
    return tuple(made)


def mark_of(work: Work | None, peak: Peak | None, ns: int) -> Mark | None:
    """Where work that took `ns` stands; None without a peak or a FLOP count."""
    return None if work is None or peak is None else place(work, peak, ns)


def mark_json(mark: Mark | None) -> dict[str, Any] | None:
    """For a file."""
    return None if mark is None else asdict(mark)


def _sum(cycles: Sequence[CycleWork]) -> Work | None:
    counts = [cycle.flops for cycle in cycles]
    known = [count for count in counts if count is not None]
    if len(known) < len(counts):
        return None
    return Work(sum(known), sum(cycle.nbytes for cycle in cycles))

"""Where each cycle stands in a timeline: on which track, from when, for how long."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cyclesim.export.words import MEDIAN, OBSERVED, full_speed, what_was_timed
from cyclesim.trace.cycle import UNITS
from cyclesim.trace.trace import Trace

__all__ = ["Process", "Wall", "processes"]

#: Process numbers, and a number larger than each of them.
_THIS, _FULL, _DATA, _COUNT = 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class Wall:
    """The wall time of the forward pass, from when its first cycle begins.

    Attributes:
        start, ns, label: when, how long, and what was measured.
        spent: the sum of the self times of its cycles.
    """

    start: int
    ns: int
    label: str
    spent: int


@dataclass(frozen=True, slots=True)
class Process:
    """One way to lay out the cycles. All lists but `names` have an entry for each cycle.

    Attributes:
        pid, name: its number and its name.
        times, time: nanoseconds, and what they are.
        starts: when each cycle begins, nanoseconds.
        tracks, names: the track of each cycle, and what each track is called.
        wall: the forward's wall time, on track 0; None where it is not known.
    """

    pid: int
    name: str
    times: Sequence[int]
    time: str
    starts: Sequence[int]
    tracks: Sequence[int]
    names: Sequence[str]
    wall: Wall | None = None

    def tid(self, track: int) -> int:
        """The thread number of a track: of this process alone, and not the process's own."""
        return (track + 1) * _COUNT + self.pid

    def unique(self, number: int) -> int:
        """A number made from `number` that no other process has."""
        return number * _COUNT + self.pid


def processes(trace: Trace) -> Iterator[Process]:
    """This run, full speed where it is known, and the data order."""
    timing = trace.timing
    observed = [c.self_ns for c in trace.cycles]
    what = what_was_timed(trace)
    run, wall = "this run", f"{what}, observed"
    if timing.stepped:
        run, wall = "this run, stepped", f"{what}, waits left out"
    # Viewers sort by name.
    name = f"1 {run}: self times end to end"
    yield _in_order(trace, _THIS, name, observed, OBSERVED, timing.traced_ns, wall)
    medians = full_speed(trace)
    if medians is not None:
        name, wall = "2 full speed: medians end to end", f"{what}, nothing watching"
        yield _in_order(trace, _FULL, name, medians, MEDIAN, timing.untraced_ns, wall)
    times = medians or observed
    starts = trace.dataflow.schedule(times)
    lanes = _lanes(starts, times)
    yield Process(
        _DATA,
        "3 data order: as early as its data allow",
        times,
        MEDIAN if medians else OBSERVED,
        starts,
        lanes,
        [f"lane {n + 1}" for n in range(max(lanes, default=-1) + 1)],
    )


def _in_order(
    trace: Trace, pid: int, name: str, times: Sequence[int], time: str, ns: int | None, label: str
) -> Process:
    """The `times` laid end to end, one track a unit; what was timed takes `ns`."""
    ran = [place for place, cycle in enumerate(trace.cycles) if cycle.stack]
    starts: list[int] = []
    wall = None
    now = 0
    for place, spent in enumerate(times):
        starts.append(now)
        now += spent
        if ns and ran and place == ran[-1]:
            begin = starts[ran[0]]
            wall = Wall(begin, ns, label, sum(times[k] for k in ran))
            now = max(now, begin + ns)
    units = [unit for unit in UNITS if any(c.unit == unit for c in trace.cycles)]
    tracks = [units.index(cycle.unit) + 1 for cycle in trace.cycles]
    return Process(
        pid,
        name,
        times,
        time,
        starts,
        tracks,
        [f"{what_was_timed(trace)}, wall time", *units],
        wall,
    )


def _lanes(starts: Sequence[int], times: Sequence[int]) -> list[int]:
    """The first lane that is free when each cycle starts."""
    lanes = [0] * len(starts)
    busy: list[tuple[int, int]] = []
    free: list[int] = []
    used = 0
    for place in sorted(range(len(starts)), key=lambda k: (starts[k], k)):
        while busy and busy[0][0] <= starts[place]:
            heapq.heappush(free, heapq.heappop(busy)[1])
        if not free:
            free.append(used)
            used += 1
        lanes[place] = heapq.heappop(free)
        heapq.heappush(busy, (starts[place] + times[place], lanes[place]))
    return lanes

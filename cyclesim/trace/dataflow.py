"""Who reads whose output: consumers, chains, the critical path, and the schedule data would allow.

Two kinds of edges hold cycles in order, and they are kept apart:

- **true dependences**: a cycle reads what another wrote. `consumers`, `upstream`, `downstream`,
  `depth`, `ilp` and `critical_path` follow these alone; they are a fact of the computation.
- **order dependences** come from memory used twice: who overwrites a tensor (`masked_fill_`,
  `x[i] = y`) must wait for the readers of the old numbers, and nobody may overtake an overwrite of
  a weight. They would vanish with a fresh buffer, as a processor's vanish with register
  renaming. `schedule` and `slack` keep them too: a schedule that breaks them computes wrong
  numbers.

A trace without in-place cycles has no order dependences, and there `schedule()` is `level`.

Which memory an in-place cycle writes is read off its target: the argument named `out`, or else its
first tensor. A NOP hands on the memory it was given, so it counts as that memory too. What is not
seen: an overwritten constant that no cycle made and no parameter names, when its numbers were not
kept. What is taken too strictly: memory is told apart by the cycle that made it, so the outputs
of one cycle, and a copy that wiring made of them (`contiguous`), count as the same memory.

Everything here is linear in cycles plus edges: cycles are numbered in the order they ran, which
is a topological order already.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.tensor import Value

__all__ = ["Dataflow"]


class Dataflow:
    """The dependency graph of the cycles of a run, numbered from 0 without gaps.

    Attributes:
        sources: for each cycle, the numbers of the cycles whose output it read.
        consumers: for each cycle, the numbers of the cycles that read its output.
        waits: for each cycle, the numbers of the cycles that it must come after although it
            reads nothing they wrote: readers of what it overwrites, overwrites of what it reads.
        level: for each cycle, the earliest tick at which its data would be ready (from 0) if
            every cycle took one tick and nothing but data held it back.
        depth: length of the longest dependency chain, in cycles.
        ilp: cycles ÷ depth (instruction-level parallelism).

    Raises:
        CyclesimError: a cycle reads from itself or from a later one.
    """

    def __init__(self, cycles: Sequence[Cycle]) -> None:
        cycles = tuple(cycles)  # a run that goes on meanwhile adds to its own list
        readers: list[list[int]] = [[] for _ in cycles]
        self.sources: list[tuple[int, ...]] = []
        self.level: list[int] = []
        for place, cycle in enumerate(cycles):
            sources = cycle.sources
            if sources and not 0 <= sources[0] <= sources[-1] < place:
                wrong = sources[0] if sources[0] < 0 else sources[-1]
                said = tr(
                    "cycle {number} reads from cycle {other}, which did not run before it; the "
                    "trace is damaged."
                )
                raise CyclesimError(said.format(number=place, other=wrong))
            for source in sources:
                readers[source].append(place)
            self.sources.append(sources)
            self.level.append(max((self.level[s] for s in sources), default=-1) + 1)
        self.consumers: list[tuple[int, ...]] = [tuple(r) for r in readers]
        self.waits = _waits(cycles)
        self.depth = max(self.level, default=-1) + 1
        self.ilp = len(self.level) / self.depth if self.depth else 0.0
        self._last = cycles[-1] if cycles else None

    def __len__(self) -> int:
        return len(self.level)

    def is_of(self, cycles: Sequence[Cycle]) -> bool:
        """Whether it still describes `cycles`: none were added, or taken back and run again."""
        return len(cycles) == len(self) and (not cycles or cycles[-1] is self._last)

    # -- who depends on whom -----------------------------------------------------------------

    def upstream(self, number: int) -> tuple[int, ...]:
        """The cycles that went, directly or not, into cycle `number`; ascending, without it."""
        return self._reach(number, self.sources)

    def downstream(self, number: int) -> tuple[int, ...]:
        """The cycles that cycle `number` went into, directly or not; ascending, without it."""
        return self._reach(number, self.consumers)

    def _reach(self, number: int, edges: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
        if not 0 <= number < len(self):
            said = tr("there is no cycle {number}: the trace has {count} cycles.")
            raise CyclesimError(said.format(number=number, count=len(self)))
        seen = {number}
        waiting = [number]
        while waiting:
            for other in edges[waiting.pop()]:
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
        seen.discard(number)
        return tuple(sorted(seen))

    # -- chains ------------------------------------------------------------------------------

    def critical_path(self, times: Sequence[int] | None = None) -> tuple[int, ...]:
        """The cycles of the longest chain of true dependences, first to last.

        Args:
            times: how long each cycle takes (`trace.cycle_ns`, `trace.timing.full_speed`); one
                tick each by default. Among equally long chains the one of earlier cycles is taken.
        """
        ends, before = self._ends(times)
        if not ends:
            return ()
        at = max(range(len(ends)), key=lambda k: (ends[k], -k))
        path = [at]
        while (earlier := before[at]) is not None:
            path.append(earlier)
            at = earlier
        return tuple(reversed(path))

    def span(self, times: Sequence[int] | None = None) -> int:
        """How long the critical path takes: `depth`, or the sum of its `times`.

        No machine, however wide, runs the computation in less; `sum(times) / span(times)` is the
        speed-up that the data would allow.
        """
        return max(self._ends(times)[0], default=0)

    def _ends(self, times: Sequence[int] | None) -> tuple[list[int], list[int | None]]:
        """When each cycle would end at the earliest, and which of its sources it waits for."""
        cost = self._cost(times)
        ends: list[int] = []
        before: list[int | None] = []
        for place, sources in enumerate(self.sources):
            last = max(sources, key=lambda s: (ends[s], -s)) if sources else None
            before.append(last)
            ends.append(cost[place] + (ends[last] if last is not None else 0))
        return ends, before

    # -- schedules ---------------------------------------------------------------------------

    def schedule(self, times: Sequence[int] | None = None) -> list[int]:
        """For each cycle, the earliest tick at which it could start: as early as data allows.

        NOPs are scheduled like the rest, because they run. Overwrites keep their place (see the
        module's documentation), so that the schedule computes the same numbers as the serial run.

        Args:
            times: how long each cycle takes; one tick each by default. With nanoseconds the
                result is in nanoseconds.
        """
        cost = self._cost(times)
        starts: list[int] = []
        for place, sources in enumerate(self.sources):
            start = 0
            for edges in (sources, self.waits[place]):
                for other in edges:
                    start = max(start, starts[other] + cost[other])
            starts.append(start)
        return starts

    def slack(self, times: Sequence[int] | None = None) -> list[int]:
        """For each cycle, by how much it could start later without making `schedule` longer."""
        cost = self._cost(times)
        starts = self.schedule(times)
        finish = max((s + c for s, c in zip(starts, cost, strict=True)), default=0)
        latest = [finish - c for c in cost]
        for place in range(len(self) - 1, -1, -1):
            for edges in (self.sources[place], self.waits[place]):
                for other in edges:
                    latest[other] = min(latest[other], latest[place] - cost[other])
        return [late - early for late, early in zip(latest, starts, strict=True)]

    def _cost(self, times: Sequence[int] | None) -> Sequence[int]:
        if times is None:
            return [1] * len(self)
        if len(times) != len(self):
            said = tr("{given} times were given for {count} cycles.")
            raise CyclesimError(said.format(given=len(times), count=len(self)))
        return times


def _waits(cycles: Sequence[Cycle]) -> list[tuple[int, ...]]:
    """The order dependences of each cycle, those that its sources imply left out."""
    if not any(cycle.inplace for cycle in cycles):
        return [()] * len(cycles)
    # A list of readers is emptied by the overwrite that waits for them: linear in all.
    readers: dict[Hashable, list[int]] = {}
    overwritten: dict[Hashable, int] = {}
    memory: list[Hashable] = []
    waits: list[tuple[int, ...]] = []
    for place, cycle in enumerate(cycles):
        target = _target(cycle)
        written = _memory(target, memory) if target is not None else None
        found: set[int] = set()
        for value in cycle.inputs:
            where = _memory(value, memory)
            if where is None:
                continue
            if where in overwritten:
                found.add(overwritten[where])
            readers.setdefault(where, []).append(place)
        if written is not None:
            found.update(readers.pop(written, ()))
            overwritten[written] = place
        waits.append(tuple(sorted(found.difference(cycle.sources, (place,)))))
        # What it wrote lies in the memory it overwrote or, doing nothing, handed on.
        handed = _memory(_first(cycle.inputs), memory) if cycle.nop else written
        memory.append(handed if handed is not None else place)
    return waits


def _target(cycle: Cycle) -> Value | None:
    if not cycle.inplace:
        return None
    named = [v for v in cycle.inputs if v.name == "out" or v.name.startswith("out[")]
    return _first(named or cycle.inputs)


def _first(values: Iterable[Value]) -> Value | None:
    return next(iter(values), None)


def _memory(value: Value | None, memory: Sequence[Hashable]) -> Hashable:
    """A key that two tensors in the same memory have in common; None where that is unknown."""
    if value is None:
        return None
    if value.source is not None:
        return memory[value.source]
    if value.parameter is not None:
        return value.parameter
    if value.data is not None:
        return ("storage", value.data.storage[0])
    return None

"""Who reads whose output: consumers, the longest dependency chain, and what could go side by side."""

from __future__ import annotations

from collections.abc import Sequence

from cyclesim.trace.cycle import Cycle

__all__ = ["Dataflow"]


class Dataflow:
    """The dependency graph of a list of cycles.

    Attributes:
        consumers: for each cycle, the numbers of the cycles that read its output.
        level: for each cycle, the earliest tick at which its data would be ready (from 0) if
            every cycle took one tick and nothing but data held it back.
        depth: length of the longest dependency chain, in cycles.
        ilp: cycles ÷ depth (instruction-level parallelism).
    """

    def __init__(self, cycles: Sequence[Cycle]) -> None:
        readers: list[list[int]] = [[] for _ in cycles]
        self.level: list[int] = []
        for cycle in cycles:
            sources = cycle.sources
            for source in sources:
                readers[source].append(cycle.number)
            self.level.append(max((self.level[s] for s in sources), default=-1) + 1)
        self.consumers: list[tuple[int, ...]] = [tuple(r) for r in readers]
        self.depth = max(self.level, default=-1) + 1
        self.ilp = len(self.level) / self.depth if self.depth else 0.0

    def __len__(self) -> int:
        return len(self.level)

"""The roofline: is a cycle bound by arithmetic or by memory, and how near does it come?

A machine computes at most `F` FLOP/s and moves at most `B` byte/s. Work of `f` FLOPs over `b` bytes
has the *arithmetic intensity* `I = f ÷ b`, and can attain at most

    roof(I) = min(F, B · I)        FLOP/s

Left of the *ridge* `F ÷ B` the slope decides (memory-bound), right of it the flat roof does
(compute-bound). So the work takes at least `max(f ÷ F, b ÷ B)`, and the share of the roof that was
achieved is that time ÷ the measured one; put this way it also holds for work without arithmetic.

Samuel Williams, Andrew Waterman, David Patterson: Roofline: an insightful visual performance model
for multicore architectures. Communications of the ACM 52(4), 2009, pp. 65–76,
https://doi.org/10.1145/1498765.1498785

What is ours: `F` and `B` are measured with torch itself (`cyclesim.engine.peak_of`), and the bytes
are the *logical traffic* of `cyclesim.cost.traffic`, not what a memory bus saw. Operands that are
still in a cache arrive faster than memory can bring them, so more than 100 % is possible.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from cyclesim.cost.flops import is_counted
from cyclesim.trace.cycle import Cycle

__all__ = ["Bound", "Mark", "Peak", "Work", "place", "work_of"]

Bound = Literal["memory", "compute"]


@dataclass(frozen=True, slots=True)
class Peak:
    """The most that a machine was seen to do.

    Attributes:
        flops: floating-point operations a second (of a large matrix product).
        bandwidth: bytes a second (of a large copy, read and written).
        device: the processor's name.
        dtype: the numbers that it computed with.
        threads: how many threads torch used; 0 on a GPU.
    """

    flops: float
    bandwidth: float
    device: str = ""
    dtype: str = ""
    threads: int = 0

    def __post_init__(self) -> None:
        for value in (self.flops, self.bandwidth):
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"a peak is a positive number, not {value}")

    @property
    def ridge(self) -> float:
        """The intensity, FLOP/byte, from which on arithmetic and not memory is the limit."""
        return self.flops / self.bandwidth

    def roof(self, intensity: float) -> float:
        """The most FLOP/s that work of this intensity can attain."""
        return min(self.flops, self.bandwidth * intensity)

    def better(self, other: Peak) -> Peak:
        """The most that was seen in either: a busy machine can only fall short of its peak."""
        flops, bandwidth = max(self.flops, other.flops), max(self.bandwidth, other.bandwidth)
        return replace(self, flops=flops, bandwidth=bandwidth)

    def as_json(self) -> dict[str, Any]:
        """For a file."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Any) -> Peak | None:
        """What `as_json` gave; None where it is anything else."""
        if not isinstance(content, Mapping):
            return None
        try:
            return cls(
                float(content["flops"]),
                float(content["bandwidth"]),
                str(content["device"]),
                str(content["dtype"]),
                int(content["threads"]),
            )
        except (KeyError, TypeError, ValueError, OverflowError):
            return None


@dataclass(frozen=True, slots=True)
class Work:
    """What a cycle, or several, compute and move.

    Attributes:
        flops: floating-point operations.
        nbytes: logical traffic.
    """

    flops: int = 0
    nbytes: int = 0

    @property
    def intensity(self) -> float | None:
        """FLOP/byte; None where nothing is moved."""
        return self.flops / self.nbytes if self.nbytes else None


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a piece of work stands under the roof.

    Attributes:
        intensity: FLOP/byte.
        bound: which of the two roofs is above it.
        roof: the most FLOP/s that it can attain.
        least_ns: the least time that it can take, nanoseconds.
        achieved: the FLOP/s that were measured; None without a time.
        share: how much of the roof that is; 1.0 is all of it. None without a time.
    """

    intensity: float
    bound: Bound
    roof: float
    least_ns: float
    achieved: float | None = None
    share: float | None = None


def work_of(cycles: Iterable[Cycle]) -> Work | None:
    """The sum over `cycles`; None where one has an operation whose FLOPs no rule counts."""
    flops = nbytes = 0
    for cycle in cycles:
        if not cycle.nop and not is_counted(cycle.op):
            return None
        flops += cycle.flops
        nbytes += cycle.bytes_read + cycle.bytes_written
    return Work(flops, nbytes)


def place(work: Work, peak: Peak, ns: float | None = None) -> Mark | None:
    """The mark of `work` that took `ns` nanoseconds; None where it moves nothing (a NOP).

    Example:
        >>> from cyclesim.cost import Peak, Work, place
        >>> mark = place(Work(flops=2_000, nbytes=4_000), Peak(100e9, 10e9), ns=800)
        >>> mark.bound, mark.intensity, mark.roof, mark.achieved, mark.share
        ('memory', 0.5, 5000000000.0, 2500000000.0, 0.5)
    """
    intensity = work.intensity
    if intensity is None:
        return None
    least = max(work.flops / peak.flops, work.nbytes / peak.bandwidth) * 1e9
    return Mark(
        intensity,
        "compute" if intensity >= peak.ridge else "memory",
        peak.roof(intensity),
        least,
        work.flops / ns * 1e9 if ns else None,
        least / ns if ns else None,
    )

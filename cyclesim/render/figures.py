"""What can be said of many numbers in a few: moments, percentiles, a histogram."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from cyclesim.render.scale import HUGE, measured

__all__ = ["PERCENTILES", "Figures", "Histogram"]

PERCENTILES = (1, 5, 25, 50, 75, 95, 99)


@dataclass(frozen=True, slots=True)
class Figures:
    """A summary of `size` numbers.

    All figures are of those that are finite and no mask; they are NaN where there is none.

    Attributes:
        nan, low, high: how many are NaN; minus infinity or the huge negative number of a mask; plus
            infinity.
        zeros: how many are exactly 0.
        std: of the numbers as they are (divided by their count, not by one less).
        norm: the L2 norm, root of the sum of squares.
        percentiles: one for each of `PERCENTILES`.
    """

    size: int
    nan: int
    low: int
    high: int
    zeros: int
    min: float
    max: float
    mean: float
    std: float
    norm: float
    percentiles: tuple[float, ...]

    @classmethod
    def of(cls, values: np.ndarray) -> Figures:
        """Summarise `values`, in double precision."""
        every = np.asarray(values, dtype=np.float64).ravel()
        numbers = measured(every)
        nan, low, high = _outside(every, numbers)
        if numbers.size == 0:
            none = (math.nan,) * len(PERCENTILES)
            return cls(every.size, nan, low, high, 0, *(math.nan,) * 5, none)
        return cls(
            every.size, nan, low, high, int(np.count_nonzero(numbers == 0)),
            float(numbers.min()), float(numbers.max()), float(numbers.mean()),
            float(numbers.std()), float(np.linalg.norm(numbers)),
            tuple(np.percentile(numbers, PERCENTILES).tolist()),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many of the numbers lie between two edges and the next.

    Attributes:
        edges: one more than there are counts, ascending; round numbers.
        counts: of `edges[i] <= x < edges[i + 1]`; the last bin has its upper edge too.
        nan, low, high: as in `Figures`: what no bin can hold.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    nan: int
    low: int
    high: int

    @classmethod
    def of(cls, values: np.ndarray, bins: int) -> Histogram:
        """Count `values` in at most `bins` bins of one round width."""
        every = np.asarray(values, dtype=np.float64).ravel()
        numbers = measured(every)
        outside = _outside(every, numbers)
        if numbers.size == 0:
            return cls((), (), *outside)
        edges = _edges(float(numbers.min()), float(numbers.max()), max(bins, 1))
        counts = np.histogram(numbers, np.array(edges))[0] if len(edges) > 2 else [numbers.size]
        return cls(edges, tuple(int(c) for c in counts), *outside)


def _outside(every: np.ndarray, numbers: np.ndarray) -> tuple[int, int, int]:
    """How many of `every` are NaN, below and above all scales."""
    if every.size == numbers.size:
        return 0, 0, 0
    nan = int(np.isnan(every).sum())
    with np.errstate(invalid="ignore"):
        low = int((every <= -HUGE).sum())
    return nan, low, every.size - numbers.size - nan - low


def _edges(low: float, high: float, bins: int) -> tuple[float, ...]:
    """Round edges around `low` to `high`, for at most `bins` bins."""
    if bins == 1 or high - low <= 1e-8 * max(abs(low), abs(high)) or high - low < 1e-300:
        return low, high
    power = 10.0 ** math.floor(math.log10((high - low) / bins))
    for factor in (1, 2, 5, 10, 20, 50, 100):
        step = factor * power
        first = math.floor(low / step)
        count = max(math.ceil(high / step) - first, 1)
        if count <= bins:
            break
    # One product for each edge: sums of a step that is not exact would drift.
    edges = [float(f"{(first + i) * step:.12g}") for i in range(count + 1)]
    edges[0], edges[-1] = min(edges[0], low), max(edges[-1], high)
    return tuple(edges)

"""How far apart two tensors are, by their numbers or by what is known of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cyclesim.trace.tensor import Stats, Value

__all__ = ["Apart", "cosine_of", "distance", "known_stats", "stats_apart"]


@dataclass(frozen=True, slots=True)
class Apart:
    """Two tensors compared.

    Attributes:
        max_abs: the largest absolute difference; NaN where only one of the two is NaN.
        dot: the dot product of the two, as long vectors.
        norms: of each with itself.
    """

    max_abs: float
    dot: float
    norms: tuple[float, float]


def distance(a: np.ndarray, b: np.ndarray) -> Apart:
    """How far apart two tensors of one shape are."""
    with np.errstate(invalid="ignore", over="ignore"):
        unequal = ~((a == b) | ((a != a) & (b != b)))
        x, y = a[unequal], b[unequal]
        if not x.size:
            worst = 0.0
        elif x.dtype.kind in "iu" and y.dtype.kind in "iu":
            # Exact: an int64 does not fit into a float64, their distance fits into a uint64.
            high, low = np.maximum(x, y), np.minimum(x, y)
            worst = float((high.astype(np.uint64) - low.astype(np.uint64)).max())
        else:
            wide = np.complex128 if "c" in x.dtype.kind + y.dtype.kind else np.float64
            worst = float(np.abs(x.astype(wide) - y.astype(wide)).max())
        flat_a, flat_b = _flat(a), _flat(b)
        dot = float(np.vdot(flat_a, flat_b).real)
        norms = float(np.vdot(flat_a, flat_a).real), float(np.vdot(flat_b, flat_b).real)
    return Apart(worst, dot, norms)


def _flat(array: np.ndarray) -> np.ndarray:
    return array.reshape(-1).astype(np.complex128 if array.dtype.kind == "c" else np.float64)


def cosine_of(found: Sequence[Apart]) -> float | None:
    """The cosine of all of them as two long vectors; None where it is undefined."""
    norms = [math.fsum(f.norms[i] for f in found) if _finite(found) else math.nan for i in (0, 1)]
    product = math.sqrt(norms[0]) * math.sqrt(norms[1])
    if not 0 < product < math.inf:
        return None
    # Rounding must not make it 1.0000000000000002, nor less than 1 where nothing differs.
    if all(f.max_abs == 0 for f in found):
        return 1.0
    return max(-1.0, min(1.0, math.fsum(f.dot for f in found) / product))


def _finite(found: Sequence[Apart]) -> bool:
    return all(math.isfinite(n) for f in found for n in (*f.norms, f.dot))


def known_stats(value: Value) -> Stats | None:
    """What is known of the numbers of a tensor, which need not have been kept."""
    return value.stats if value.kept else value._stats


def stats_apart(a: Stats | None, b: Stats | None, tolerance: float) -> bool:
    """Whether the statistics alone prove that the numbers are different."""
    if a is None or b is None:
        return False
    if (a.nan, a.inf) != (b.nan, b.inf):
        return True
    # A mean depends on the order of summing; the ends of the range do not.
    ends = ((a.min, b.min), (a.max, b.max))
    return any(x != y and not abs(x - y) <= tolerance for x, y in ends if x == x or y == y)

"""Which token of one run stands opposite which of another, and how far apart the two are there.

A changed sentence may have more or fewer tokens, and then no tensor of one run has the shape of its
counterpart. What was left alone still has: the rows of the tokens that both sentences share. The
changed words are held against each other at their first tokens.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cyclesim.robustness.perturb import Perturbation
from cyclesim.trace.tensor import Value
from cyclesim.trace.trace import Header

__all__ = ["Alignment", "Distance", "align", "distance"]

Pairs = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Alignment:
    """Positions of tokens in the old and in the new run.

    Attributes:
        old, new: how many tokens each run has.
        kept: tokens that both have, special ones included.
        changed: for each edit, the first token of what stood there and of what stands there now.
    """

    old: int
    new: int
    kept: Pairs
    changed: Pairs

    def rows(self, pairs: Pairs) -> tuple[list[int], list[int]]:
        """The positions of some pairs in each run."""
        return [one for one, _ in pairs], [other for _, other in pairs]


@dataclass(frozen=True, slots=True)
class Distance:
    """How far apart two tensors are, over some tokens.

    Attributes:
        max_abs: largest absolute difference; NaN where one side is NaN only.
        relative: norm of the difference ÷ norm of the old one; NaN for a norm of 0.
    """

    max_abs: float
    relative: float

    @property
    def same(self) -> bool:
        """Whether no number differs."""
        return self.max_abs == 0


def align(old: Header, new: Header, change: Perturbation) -> Alignment:
    """Find the tokens of `old` again in `new`."""
    places = {span: i for i, span in enumerate(new.offsets) if span is not None}
    kept: list[tuple[int, int]] = []
    for i, span in enumerate(old.offsets):
        moved = None if span is None else _moved(span, change)
        at = None if moved is None else places.get(moved)
        if at is not None and new.tokens[at] == old.tokens[i]:
            kept.append((i, at))
    specials = [[i for i, s in enumerate(h.offsets) if s is None] for h in (old, new)]
    if len(specials[0]) == len(specials[1]):
        kept += [(i, j) for i, j in zip(*specials, strict=True) if old.tokens[i] == new.tokens[j]]
    changed = []
    for edit, (start, end) in zip(change.edits, change.new_spans(), strict=True):
        one, other = _first(old, edit.start, edit.end), _first(new, start, end)
        if one is not None and other is not None:
            changed.append((one, other))
    return Alignment(len(old.tokens), len(new.tokens), tuple(sorted(kept)), tuple(changed))


def distance(a: Value, b: Value, alignment: Alignment, pairs: Pairs) -> Distance | None:
    """How far apart `a` and `b` are over the tokens in `pairs`.

    Every dimension as long as the sequence is one of tokens: of attention `[batch, head, query,
    key]` both of the last two.

    Returns:
        None where nothing can be compared: the numbers were not kept, no dimension is one of
        tokens, or the others differ.
    """
    if not (a.kept and b.kept) or not pairs or len(a.shape) != len(b.shape):
        return None
    axes = _token_axes(a.shape, alignment.old)
    if not axes or axes != _token_axes(b.shape, alignment.new):
        return None
    if any(x != y for i, (x, y) in enumerate(zip(a.shape, b.shape, strict=True)) if i not in axes):
        return None
    rows = alignment.rows(pairs)
    one, other = (_taken(v.numpy(), axes, r) for v, r in zip((a, b), rows, strict=True))
    return _between(one, other)


def _moved(span: tuple[int, int], change: Perturbation) -> tuple[int, int] | None:
    start, end = span
    if start >= end:
        return None
    first, last = change.moved(start), change.moved(end - 1)
    if first is None or last is None or last - first != end - 1 - start:
        return None
    return first, last + 1


def _first(header: Header, start: int, end: int) -> int | None:
    """The first token that has a character of `start` to `end`."""
    for i, span in enumerate(header.offsets):
        if span is not None and span[0] < end and start < span[1]:
            return i
    return None


def _token_axes(shape: Sequence[int], length: int) -> tuple[int, ...]:
    """The dimensions of tokens: as long as the sequence, and not the batch, heads or features."""
    rank = len(shape)
    if rank == 4:
        candidates: tuple[int, ...] = (2, 3) if shape[2] == shape[3] else (2,)
    elif rank in (2, 3):
        candidates = (1,)
    else:
        candidates = (0,) if rank == 1 else ()
    return tuple(axis for axis in candidates if shape[axis] == length)


def _taken(array: np.ndarray, axes: Sequence[int], rows: Sequence[int]) -> np.ndarray:
    for axis in axes:
        array = array.take(rows, axis=axis)
    return array


def _between(a: np.ndarray, b: np.ndarray) -> Distance:
    one, other = a.astype(np.float64), b.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        # Equal infinities (a mask) are no difference, nor are two NaN.
        apart = np.where((one == other) | (np.isnan(one) & np.isnan(other)), 0.0, one - other)
        norm = float(np.linalg.norm(one[np.isfinite(one)]))
        worst = float(np.abs(apart).max()) if apart.size else 0.0
        relative = float(np.linalg.norm(apart)) / norm if norm else math.nan
    return Distance(worst, 0.0 if worst == 0 else relative)

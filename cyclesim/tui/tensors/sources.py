"""Where the numbers of a picture come from: a tensor, a difference, a mean over heads.

Large tensors are read where they live and only as far as they are looked at. What is said of many
numbers (the scale, the figures) says of how many: the whole tensor where that is quick, else the
part that is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property
from typing import Any, Literal

import numpy as np

from cyclesim.language import N_
from cyclesim.render.heatmap import Grid
from cyclesim.render.scale import HUGE, Scale
from cyclesim.trace import Stats, Value
from cyclesim.tui.tensors.dimensions import Cut

__all__ = ["SCOPES", "WHOLE", "Scope", "Source", "difference", "mean", "observed"]

#: So many numbers are read at once; a larger tensor is read in parts.
WHOLE = 2_000_000
#: Of a larger tensor, so many numbers say where its outliers begin.
SAMPLE = 200_000

Read = Callable[[Any], np.ndarray]
Scope = Literal["whole", "part", "sample"]
#: Of what a scale or a figure speaks.
SCOPES: dict[Scope, str] = {
    "whole": N_("of the whole tensor"),
    "part": N_("of the part drawn"),
    "sample": N_("of a sample of the tensor"),
}


class Source:
    """Numbers of a tensor, read piece by piece.

    Args:
        shape: of the tensor.
        read: hands out a part of it as float64; the index is `...`, or a tuple with an integer or
            a slice for each dimension.
        stats: of the whole of it, where they are known without reading it here.
        probability: its rows are distributions.
        signed: the sign matters even if all numbers have the same (a difference).
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        read: Read,
        *,
        stats: Callable[[], Stats] | None = None,
        probability: bool = False,
        signed: bool = False,
    ) -> None:
        self.shape, self.read = shape, read
        self.probability, self.signed = probability, signed
        self._stats = stats

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return math.prod(self.shape)

    @cached_property
    def whole(self) -> np.ndarray | None:
        """All numbers; None where they are too many to be read at once."""
        return self.read(...) if self.size <= WHOLE else None

    @cached_property
    def scale(self) -> tuple[Scale, Scope]:
        """One scale for the whole tensor, so that two parts of it can be compared."""
        if self.whole is not None:
            return Scale.of(self.whole, probability=self.probability, signed=self.signed), "whole"
        sample = self.read(_sparse(self.shape))
        stats = self._stats() if self._stats is not None else None
        known = stats is not None and not stats.inf and max(-stats.min, stats.max) < HUGE
        found = Scale.of(sample, probability=self.probability, signed=self.signed)
        if stats is None or not known:
            # Nobody has seen them all: some may lie beyond the ends.
            return Scale(found.kind, found.low, found.high, True, found.probability), "sample"
        typical = float(np.nanquantile(np.abs(sample), 0.995))
        flags = {"probability": self.probability, "signed": self.signed}
        return Scale.between(stats.min, stats.max, typical, **flags), "whole"

    def grid(self, cut: Cut) -> Grid:
        """The matrix that `cut` takes out."""
        if cut.rows is None:
            return _wrapped(self.read(...), cut)
        if math.prod(cut.drawn_shape) > WHOLE:
            return _Part(self, cut)
        found = self.read(cut.index())
        return found.T if cut.turned else found

    def spoken_of(self, grid: Grid) -> tuple[np.ndarray, Scope]:
        """The numbers that figures are made of, and what they are: all, or those of `grid`."""
        if self.whole is not None:
            return self.whole, "whole"
        if math.prod(grid.shape) <= WHOLE:
            return np.asarray(grid[:, :]), "part"
        step = math.ceil(math.sqrt(math.prod(grid.shape) / WHOLE))
        return np.asarray(grid[::step, ::step]), "sample"


class _Part:
    """A matrix that is too large to be read at once."""

    def __init__(self, source: Source, cut: Cut) -> None:
        self._source, self._cut = source, cut
        self.shape = cut.drawn_shape

    def __getitem__(self, index: tuple[Any, Any], /) -> np.ndarray:
        rows, columns = index
        found = self._source.read(self._cut.index(rows, columns))
        return found.T if self._cut.turned and found.ndim == 2 else found


def _sparse(shape: tuple[int, ...]) -> tuple[slice, ...]:
    """An index that takes about `SAMPLE` numbers, evenly spread."""
    left, steps = list(shape), [1] * len(shape)
    while math.prod(left) > SAMPLE:
        longest = left.index(max(left))
        steps[longest] *= 2
        left[longest] = -(-shape[longest] // steps[longest])
    return tuple(slice(None, None, step) for step in steps)


def _wrapped(values: np.ndarray, cut: Cut) -> np.ndarray:
    square = np.zeros(math.prod(cut.drawn_shape))
    square[: values.size] = values.ravel()
    return square.reshape(cut.drawn_shape)


def observed(value: Value, *, probability: bool = False) -> Source:
    """The numbers of `value` itself; of complex ones the magnitudes."""

    def read(index: Any) -> np.ndarray:
        found = value.numpy(index)
        found = np.abs(found) if np.iscomplexobj(found) else found
        return np.asarray(found, dtype=np.float64)

    return Source(value.shape, read, stats=lambda: value.stats, probability=probability)


def difference(ours: Source, theirs: Source) -> Source:
    """Ours minus theirs, of one shape; equal infinities differ by nothing."""

    def read(index: Any) -> np.ndarray:
        one, other = ours.read(index), theirs.read(index)
        with np.errstate(invalid="ignore"):
            return np.where(one == other, 0.0, one - other)

    return Source(ours.shape, read, signed=True)


def mean(source: Source, dimension: int) -> Source:
    """The mean over one dimension, which is gone afterwards."""
    shape = (*source.shape[:dimension], *source.shape[dimension + 1 :])

    def read(index: Any) -> np.ndarray:
        if index is ...:
            return source.read(...).mean(axis=dimension)
        full = (*index[:dimension], slice(None), *index[dimension:])
        axis = sum(isinstance(i, slice) for i in full[:dimension])
        return np.asarray(source.read(full).mean(axis=axis))

    return Source(shape, read, probability=source.probability, signed=source.signed)

"""Which two dimensions of a tensor are drawn, and where the others stand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cyclesim.language import N_, tr

__all__ = ["ROW", "Cut", "dimension_name"]

#: A vector is wrapped into rows of this many.
ROW = 16

_NAMES = (
    N_("batch"), N_("head"), N_("query"), N_("key"), N_("token"), N_("hidden"), N_("channel"),
    N_("label"), N_("output"), N_("vocabulary"), N_("intermediate"), N_("entity"),
    N_("start/end"), N_("batch·head"), N_("query·key·value"), N_("choice"), N_("marker"),
    N_("mask"), N_("place"), N_("candidate"), N_("start"), N_("end"), N_("sentence"),
    N_("other sentence"),
)  # fmt: skip


def dimension_name(name: str) -> str:
    """The name of a dimension for people: `head`, or `dim 2` where it has none."""
    if name in _NAMES:
        return tr(name)
    kind, _, number = name.partition(" ")
    return tr("dim {number}").format(number=number) if kind == "axis" else name


@dataclass(frozen=True, slots=True)
class Cut:
    """A matrix cut out of a tensor of any rank.

    A tensor of rank 0 or 1 has no two dimensions: it is wrapped into rows of `ROW`.

    Attributes:
        shape: of the tensor.
        names: of its dimensions (see `cyclesim.explain.axes_of`).
        at: where each dimension stands; of the two that are drawn it says nothing.
        rows, columns: the dimensions that are drawn; None if the rank is below 2.
        chosen: the other dimension that is moved along, or None where there is none.
    """

    shape: tuple[int, ...]
    names: tuple[str, ...]
    at: tuple[int, ...]
    rows: int | None
    columns: int | None
    chosen: int | None

    @classmethod
    def of(
        cls,
        shape: tuple[int, ...],
        names: tuple[str, ...] = (),
        at: Mapping[str, int] | None = None,
        like: Cut | None = None,
    ) -> Cut:
        """The usual cut: the last two dimensions, the others at `at` (by name) or 0.

        Args:
            like: a cut of a tensor with the same names whose dimensions are taken over.
        """
        rank = len(shape)
        if len(names) != rank:
            names = tuple(f"axis {i}" for i in range(rank))
        wanted = at or {}
        places = tuple(
            max(min(wanted.get(n, 0), s - 1), 0) for n, s in zip(names, shape, strict=True)
        )
        if rank < 2:
            return cls(shape, names, places, None, None, None)
        if like is not None and like.names == names:
            return replace(like, shape=shape, at=places)
        return cls(shape, names, places, rank - 2, rank - 1, _liveliest(shape, rank - 2))

    @property
    def leading(self) -> tuple[int, ...]:
        """The dimensions that are not drawn, outermost first."""
        if self.rows is None:
            return ()
        return tuple(i for i in range(len(self.shape)) if i not in (self.rows, self.columns))

    @property
    def drawn_shape(self) -> tuple[int, int]:
        """Rows and columns of the matrix."""
        if self.rows is None or self.columns is None:
            count = math.prod(self.shape)
            width = min(ROW, max(count, 1))
            return max(-(-count // width), 1), width
        return self.shape[self.rows], self.shape[self.columns]

    @property
    def turned(self) -> bool:
        """Whether rows and columns are exchanged against their order in the tensor."""
        return self.rows is not None and self.columns is not None and self.rows > self.columns

    def index(self, rows: slice = slice(None), columns: slice = slice(None)) -> tuple[object, ...]:
        """Where the matrix (or the part of it) is in the tensor, for `ndarray.__getitem__`."""
        given = {self.rows: rows, self.columns: columns}
        return tuple(given.get(i, self.at[i]) for i in range(len(self.shape)))

    def cell(self, row: int, column: int) -> tuple[int, ...] | None:
        """The index of a cell of the matrix in the tensor; None if there is no such cell."""
        high, wide = self.drawn_shape
        if not (0 <= row < high and 0 <= column < wide):
            return None
        if self.rows is None:
            place = row * wide + column
            if place >= math.prod(self.shape):
                return None
            return tuple(int(i) for i in np.unravel_index(place, self.shape)) if self.shape else ()
        return tuple(
            {self.rows: row, self.columns: column}.get(i, p) for i, p in enumerate(self.at)
        )

    def within(self, place: tuple[int, int]) -> tuple[int, int]:
        """The cell at `place`, or the nearest there is."""
        rows, columns = self.drawn_shape
        row, column = max(min(place[0], rows - 1), 0), max(min(place[1], columns - 1), 0)
        if self.cell(row, column) is None:  # behind the end of a wrapped vector
            return divmod(max(math.prod(self.shape) - 1, 0), columns)
        return row, column

    def without(self, dimension: int) -> Cut:
        """The cut of a tensor that has lost `dimension`, which is not drawn."""

        def less(places: tuple[Any, ...]) -> tuple[Any, ...]:
            return (*places[:dimension], *places[dimension + 1 :])

        def moved(place: int | None) -> int | None:
            return place - 1 if place is not None and place > dimension else place

        found = replace(
            self, shape=less(self.shape), names=less(self.names), at=less(self.at),
            rows=moved(self.rows), columns=moved(self.columns), chosen=None,
        )  # fmt: skip
        return found.choosing(found.leading[-1]) if found.leading else found

    def named(self, name: str) -> int | None:
        """The dimension of that name."""
        return self.names.index(name) if name in self.names else None

    def moved(self, dimension: int, by: int) -> Cut:
        """Stand elsewhere in a dimension; past its end is its beginning."""
        size = max(self.shape[dimension], 1)
        return self.placed(dimension, (self.at[dimension] + by) % size)

    def placed(self, dimension: int, place: int) -> Cut:
        """Stand at `place` of a dimension."""
        return replace(self, at=(*self.at[:dimension], place, *self.at[dimension + 1 :]))

    def choosing(self, dimension: int) -> Cut:
        """Move along another dimension from now on, if it is not drawn."""
        return replace(self, chosen=dimension) if dimension in self.leading else self

    def drawing(self, dimension: int, *, rows: bool) -> Cut:
        """Make `dimension` the rows (or the columns); what was there takes its place."""
        if self.rows is None or dimension == (self.rows if rows else self.columns):
            return self
        if dimension == (self.columns if rows else self.rows):
            return replace(self, rows=self.columns, columns=self.rows)
        found = replace(self, rows=dimension) if rows else replace(self, columns=dimension)
        if found.chosen not in found.leading:
            found = replace(found, chosen=self.rows if rows else self.columns)
        return found


def _liveliest(shape: tuple[int, ...], count: int) -> int | None:
    """The innermost of the first `count` dimensions that one can move along."""
    if not count:
        return None
    return next((i for i in reversed(range(count)) if shape[i] > 1), count - 1)

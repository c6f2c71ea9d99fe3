"""What is looked at: whose numbers, which part of them, against what."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from cyclesim.render.figures import Figures, Histogram
from cyclesim.render.heatmap import Matrix
from cyclesim.trace import Cycle, Header, Stats
from cyclesim.tui.tensors.changes import Change, Side
from cyclesim.tui.tensors.dimensions import ROW, Cut
from cyclesim.tui.tensors.slots import Slot, is_probability, labels_of
from cyclesim.tui.tensors.sources import Scope, Source, difference, mean, observed

__all__ = ["Heads", "Sight", "source_of"]

Heads = Literal["one", "all", "mean"]


def source_of(slot: Slot, cycle: Cycle, side: Side | None, averaged: int | None) -> Source:
    """The numbers of `slot`, or their change against `side`, or their mean over a dimension."""
    found = observed(slot.value, probability=is_probability(slot, cycle))
    if side is not None and side.value is not None:
        found = difference(found, observed(side.value))
    return found if averaged is None else mean(found, averaged)


@dataclass(frozen=True, eq=False)
class Sight:
    """One look at one tensor. What is worked out of many numbers is worked out once.

    Attributes:
        source: whose numbers.
        cut: which of them; of what is left where `source` is a mean.
        matrix: the part that is drawn.
        scope: of what its scale speaks.
        side: what it is compared with, or None.
        heads: one head, all side by side, or their mean.
        head: the dimension of the heads in the tensor, or None.
        count: how many heads there are.
    """

    cycle: Cycle
    slot: Slot
    source: Source
    cut: Cut
    matrix: Matrix
    scope: Scope
    side: Side | None
    heads: Heads
    head: int | None
    count: int
    _histograms: dict[int, Histogram] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls,
        cycle: Cycle,
        slot: Slot,
        source: Source,
        cut: Cut,
        header: Header,
        side: Side | None,
        heads: Heads,
        head: int | None,
    ) -> Sight:
        """Read what `cut` takes out of `source`, and name its rows and columns.

        Raises:
            CyclesimError: the numbers cannot be read.
        """
        scale, scope = source.scale
        vector = cut.rows is None
        rows, columns = cut.drawn_shape
        matrix = Matrix(
            source.grid(cut),
            tuple(str(r * ROW) for r in range(rows)) if vector
            else labels_of(cut, cut.rows, cycle, header),
            tuple(f"+{c}" for c in range(columns)) if vector
            else labels_of(cut, cut.columns, cycle, header),
            scale,
            source.size if vector else None,
        )  # fmt: skip
        count = 0 if head is None else slot.value.shape[head]
        return cls(cycle, slot, source, cut, matrix, scope, side, heads, head, count)

    @property
    def probability(self) -> bool:
        """Whether the numbers are probabilities, whose sums say something."""
        return self.matrix.scale.probability

    @cached_property
    def grids(self) -> np.ndarray:
        """The drawn matrix of every head: `[head, row, column]`."""
        assert self.head is not None
        cuts = (self.cut.placed(self.head, place) for place in range(self.count))
        return np.stack([np.asarray(self.source.grid(cut)[:, :]) for cut in cuts])

    @cached_property
    def spoken(self) -> tuple[np.ndarray, Scope]:
        """The numbers that figures are made of, and what they are."""
        return self.source.spoken_of(self.matrix.values)

    @cached_property
    def stats(self) -> Stats:
        """Extremes and mean: of the whole tensor, or of what was worked out of it."""
        if self.side is None and self.heads != "mean":
            return self.slot.value.stats
        return Stats.of(self.spoken[0])

    @cached_property
    def change(self) -> Change:
        """How large the difference is."""
        return Change.of(self.spoken[0])

    @cached_property
    def figures(self) -> Figures:
        """Moments and percentiles."""
        return Figures.of(self.spoken[0])

    def histogram(self, bins: int) -> Histogram:
        """Counts in at most `bins` bins."""
        if bins not in self._histograms:
            self._histograms[bins] = Histogram.of(self.spoken[0], bins)
        return self._histograms[bins]

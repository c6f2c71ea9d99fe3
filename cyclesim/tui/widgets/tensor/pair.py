"""Data and gradient side by side: two heatmaps of one shape, with one cursor."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from rich.segment import Segment

from cyclesim.render.heatmap import Heatmap, Matrix

__all__ = ["HeatmapPair"]

#: Columns between the two.
GAP = 2


class HeatmapPair:
    """Draws like one heatmap.

    Args:
        draw: lays out a matrix in so many columns.
        data, gradient: the two matrices.
        width: columns for both.
        own: whether what is looked at is the gradient: its levels and its place count.
    """

    def __init__(
        self,
        draw: Callable[[Matrix, int], Heatmap],
        data: Matrix,
        gradient: Matrix,
        width: int,
        own: bool,
    ) -> None:
        self._half = (width - GAP) // 2
        self._both = draw(data, self._half), draw(gradient, self._half)
        self.own = self._both[own]
        self.height = max(plot.height for plot in self._both)
        self.first, self.shown = self.own.first, self.own.shown
        self.matrix: Matrix = self.own.matrix
        self.cell_width, self.cell_height = self.own.cell_width, self.own.cell_height

    @property
    def levels(self) -> np.ndarray:
        """The colours that are in the picture of what is looked at."""
        return self.own.levels

    @property
    def half(self) -> int:
        """Where the second one begins."""
        return self._half + GAP

    def line(self, y: int) -> list[Segment]:
        """One line of both."""
        out: list[Segment] = []
        for plot in self._both:
            line = plot.line(y) if y < plot.height else []
            out += Segment.adjust_line_length(line, self.half if not out else self._half)
        return out

    def cell_at(self, x: int, y: int) -> tuple[int, ...] | None:
        """Row and column of the cell at this place of either."""
        second = x >= self.half
        return self._both[second].cell_at(x - self.half if second else x, y)

"""The attention of all heads of a layer as one picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from cyclesim.export.png import png
from cyclesim.render.scale import Scale
from cyclesim.render.units import number
from cyclesim.trace.tensor import Value

__all__ = ["MOST_CELLS", "Picture", "attention_map"]

#: Larger maps are left out: they would show nothing, and take a gigabyte to do it.
MOST_CELLS = 1 << 24
#: About how many pixels the side of one head has.
_SIDE = 160
_NAN, _GAP = "#c4352b", "#8a8f98"


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG, its size in pixels, and the sentence that says what is on it."""

    content: bytes
    width: int
    height: int
    about: str


def attention_map(probabilities: Value) -> Picture | None:
    """Every head of the first sequence, side by side on one scale; None where that is too large."""
    _, heads, queries, keys = probabilities.shape
    if heads * queries * keys > MOST_CELLS:
        return None
    numbers = np.asarray(probabilities.numpy((0,)), np.float64)
    scale = Scale.of(numbers, probability=True)
    colours = [*scale.colours, _NAN, _GAP]
    levels = scale.levels(numbers)
    odd = levels < 0  # NaN, and what is no probability at all
    levels[odd] = len(scale.colours)
    columns = math.ceil(math.sqrt(heads * queries / keys))
    lines = math.ceil(heads / columns)
    grid = np.full((lines * (queries + 1) - 1, columns * (keys + 1) - 1), len(colours) - 1)
    for head in range(heads):
        top, left = head // columns * (queries + 1), head % columns * (keys + 1)
        grid[top : top + queries, left : left + keys] = levels[head]
    size = max(1, _SIDE // max(queries, keys))
    pixels = grid.repeat(size, 0).repeat(size, 1)
    missing = " Red is NaN or infinite." if odd.any() else ""
    about = (
        f"{probabilities.kind}: {heads} heads of the first sequence, left to right and top to "
        f"bottom; lines are queries, columns are keys. Dark is {number(scale.low)}, bright is "
        f"{number(scale.high)}.{missing}"
    )
    height, width = pixels.shape
    return Picture(png(pixels, colours), width, height, about)

"""The scales of heatmaps: from numbers to levels, their colours and their glyphs.

Every scale is safe for the common kinds of colour blindness (cividis; blue to orange), grows in
brightness with what it shows, and is short: with 15 or 16 levels a screen repaints from a table of
ready styles. Each level has a glyph too, for terminals without colour.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cyclesim.render.colour import blend

__all__ = [
    "BLOCKED",
    "DIVERGING",
    "HUGE",
    "INFINITE",
    "MISSING",
    "RAMP",
    "SEQUENTIAL",
    "SIGNED_RAMP",
    "Scale",
    "measured",
]


def _ramp(anchors: tuple[str, ...], levels: int) -> tuple[str, ...]:
    places = np.linspace(0, len(anchors) - 1, levels)
    found = []
    for place in places:
        left = min(int(place), len(anchors) - 2)
        found.append(blend(anchors[left], anchors[left + 1], float(place - left)))
    return tuple(found)


#: Cividis: dark blue is low, yellow is high.
SEQUENTIAL = _ramp(
    ("#0a2450", "#1c3a70", "#3b496c", "#575d6d", "#757575", "#94907a", "#b5a86f", "#d6c35f",
     "#fde838"),
    16,
)  # fmt: skip
#: Blue is below zero, orange is above; zero is nearly the ground itself.
DIVERGING = _ramp(
    ("#8cc8ff", "#4f9bdc", "#2c6aa0", "#1f4262", "#1c242d", "#5c3b1c", "#9a5c1c", "#dc8a2c",
     "#ffc27a"),
    15,
)  # fmt: skip
#: The same levels as glyphs: more ink is more. Below zero they are letters and strokes of their
#: own, so that the sign is seen without colour.
RAMP = " .,:;-~=+*coO#%@"
SIGNED_RAMP = "MNwv=~' .:+*%#@"

#: Levels of cells that have no place on the scale.
MISSING = -1  # NaN
BLOCKED = -2  # minus infinity, or the huge negative number that masks use in its place
INFINITE = -3  # plus infinity, or as good as that
#: Beyond this a number is a mask, not a measurement.
HUGE = 1e30
#: Ends of the scale for probabilities: the first that the largest one does not pass.
_SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 1.0)
#: With fewer numbers than this, none is an outlier.
_MANY = 200


@dataclass(frozen=True, slots=True)
class Scale:
    """From numbers to levels, and what to write beside the colours.

    Attributes:
        kind: `sequential` from `low` to `high`, or `diverging` and symmetric around zero.
        low, high: the numbers at the ends.
        clipped: some numbers may lie beyond the ends; the legend says so.
        probability: the numbers are probabilities.
        constant: all numbers are this one, or None.
    """

    kind: Literal["sequential", "diverging"]
    low: float
    high: float
    clipped: bool = False
    probability: bool = False
    constant: float | None = None

    @classmethod
    def of(cls, values: np.ndarray, *, probability: bool = False, signed: bool = False) -> Scale:
        """The scale for `values`; what has no place on a scale (NaN, Inf, masks) is left out."""
        numbers = measured(values)
        if numbers.size == 0:
            return cls("sequential", 0.0, 1.0, probability=probability)
        low, high = float(numbers.min()), float(numbers.max())
        typical = math.inf
        if numbers.size > _MANY and (signed or low < 0 < high):
            typical = float(np.quantile(np.abs(numbers), 0.995))
        return cls.between(low, high, typical, probability=probability, signed=signed)

    @classmethod
    def between(
        cls,
        low: float,
        high: float,
        typical: float = math.inf,
        *,
        probability: bool = False,
        signed: bool = False,
    ) -> Scale:
        """The scale for numbers from `low` to `high`.

        Probabilities go from 0 to 1, or to a smaller round number where none comes near 1; numbers
        of both signs are symmetric around 0. A few outliers would leave everything else in one
        colour, so the ends are `typical` where the extreme is more than twice that, and `clipped`
        says so.

        Args:
            typical: size that nearly all of the numbers stay below.
            signed: the sign matters even if all have the same (a difference).
        """
        if probability and low >= 0 and high <= 1.001:  # else somebody has edited them
            top = next((s for s in _SHARES if high <= s), 1.0)
            return cls("sequential", 0.0, top, probability=True)
        if low == high and not (signed and low):
            return cls("sequential", min(low, 0.0), max(high, 0.0) if low else 1.0, constant=low)
        if signed or low < 0 < high:
            extreme = max(abs(low), abs(high))
            clip = extreme > 2 * typical > 0
            end = typical if clip else extreme
            return cls("diverging", -end, end, clip)
        return cls("sequential", low, high)

    @property
    def colours(self) -> tuple[str, ...]:
        """Background colours of the levels, lowest first."""
        return SEQUENTIAL if self.kind == "sequential" else DIVERGING

    @property
    def glyphs(self) -> str:
        """One glyph per level, for when there is no colour."""
        return RAMP if self.kind == "sequential" else SIGNED_RAMP

    def levels(self, values: np.ndarray) -> np.ndarray:
        """The level of each number; `MISSING`, `BLOCKED` or `INFINITE` where it has none."""
        numbers = np.asarray(values, dtype=np.float64)
        count = len(self.colours)
        span = (self.high - self.low) or 1.0
        with np.errstate(invalid="ignore", over="ignore"):
            place = np.clip((numbers - self.low) / span, 0.0, 1.0) * (count - 1)
            found = np.rint(np.nan_to_num(place)).astype(np.int64)
            found[np.isnan(numbers)] = MISSING
            found[numbers <= -HUGE] = BLOCKED
            found[numbers >= HUGE] = INFINITE
        return found


def measured(values: np.ndarray) -> np.ndarray:
    """The numbers of `values` that have a place on a scale: no NaN, Inf or mask."""
    numbers = np.asarray(values, dtype=np.float64).ravel()
    with np.errstate(invalid="ignore"):
        kept = np.abs(numbers) < HUGE
    return numbers if kept.all() else numbers[kept]

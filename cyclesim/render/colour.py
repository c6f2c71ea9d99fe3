"""Colours that mean something: functional units, labels, and the scales of heatmaps.

Every scale is safe for the common kinds of colour blindness (cividis; blue to orange), grows in
brightness with what it shows, and is short: with 15 or 16 levels a screen repaints from a table of
ready styles. Colour is never alone: each unit has a letter and each level a glyph, for terminals
without colour (`NO_COLOR`) and for `--ascii`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from rich.style import Style

from cyclesim.trace import Unit

__all__ = [
    "BACKGROUND",
    "BLOCKED",
    "DIVERGING",
    "HUGE",
    "MISSING",
    "RAMP",
    "SEQUENTIAL",
    "SIGNED_RAMP",
    "UNIT_COLOURS",
    "UNIT_LETTERS",
    "Scale",
    "blend",
    "ink_on",
    "label_colour",
    "unit_style",
]

#: What colours are mixed with to look dim.
BACKGROUND = "#10151c"

#: Okabe and Ito's palette, set on a dark ground.
UNIT_COLOURS: Mapping[Unit, str] = {
    "input": "#a3b4c2",
    "embedding": "#56b4e9",
    "attention": "#e69f00",
    "residual": "#7f8c9a",
    "layernorm": "#cc79a7",
    "ffn": "#1fb58a",
    "pooler": "#b8a25a",
    "classifier": "#f0e442",
    "output": "#e8703a",
    "other": "#8a7f9e",
}

#: One letter per unit, for when there is no colour.
UNIT_LETTERS: Mapping[Unit, str] = {
    "input": "I",
    "embedding": "E",
    "attention": "A",
    "residual": "R",
    "layernorm": "N",
    "ffn": "F",
    "pooler": "P",
    "classifier": "C",
    "output": "O",
    "other": "?",
}

_LABEL_COLOURS = ("#56b4e9", "#f0e442", "#1fb58a", "#cc79a7", "#e69f00", "#e8703a", "#b8a25a")


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


@lru_cache(maxsize=512)
def blend(colour: str, other: str, share: float) -> str:
    """`colour` with a `share` (0 to 1) of `other` mixed in; `#rrggbb` in and out."""
    mixed = (round(a + (b - a) * share) for a, b in zip(_rgb(colour), _rgb(other), strict=True))
    return "#{:02x}{:02x}{:02x}".format(*mixed)


@lru_cache(maxsize=256)
def ink_on(colour: str) -> str:
    """Black or white, whichever reads better on `colour`."""
    red, green, blue = _rgb(colour)
    return "#0b0e12" if 0.299 * red + 0.587 * green + 0.114 * blue > 125 else "#f2f5f8"


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
#: The same levels as glyphs.
RAMP = " .,:;-~=+*oxX#%@"
SIGNED_RAMP = "@#%=-:. .:-=%#@"

#: Levels of cells that have no place on the scale.
MISSING = -1  # NaN
BLOCKED = -2  # minus infinity, or the huge negative number that masks use in its place
#: Beyond this a number is a mask, not a measurement.
HUGE = 1e30


@dataclass(frozen=True, slots=True)
class Scale:
    """From numbers to levels, and what to write beside the colours.

    Attributes:
        kind: `sequential` from `low` to `high`, or `diverging` and symmetric around zero.
        low, high: the numbers at the ends.
        clipped: some numbers lie beyond the ends; the legend says so.
        probability: the numbers are probabilities.
    """

    kind: Literal["sequential", "diverging"]
    low: float
    high: float
    clipped: bool = False
    probability: bool = False

    @classmethod
    def of(cls, values: np.ndarray, *, probability: bool = False) -> Scale:
        """The scale for `values`: 0 to 1 for probabilities, symmetric where signs differ.

        A few outliers would leave everything else in one colour, so the ends are the 99.5 %
        quantile where the extreme is more than twice that, and `clipped` says so.
        """
        if probability:
            return cls("sequential", 0.0, 1.0, probability=True)
        numbers = np.asarray(values, dtype=np.float64).ravel()
        numbers = numbers[np.isfinite(numbers) & (np.abs(numbers) < HUGE)]
        if numbers.size == 0:
            return cls("sequential", 0.0, 1.0)
        low, high = float(numbers.min()), float(numbers.max())
        if low < 0 < high:
            size = np.abs(numbers)
            end, extreme = float(np.quantile(size, 0.995)), float(size.max())
            clip = numbers.size > 200 and extreme > 2 * end > 0
            end = end if clip else extreme
            return cls("diverging", -end, end, clip)
        if low == high:
            return cls("sequential", min(low, 0.0), max(high, 0.0) or 1.0)
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
        """The level of each number, `MISSING` for NaN and `BLOCKED` for masked places."""
        numbers = np.asarray(values, dtype=np.float64)
        count = len(self.colours)
        span = (self.high - self.low) or 1.0
        with np.errstate(invalid="ignore", over="ignore"):
            place = np.clip((numbers - self.low) / span, 0.0, 1.0) * (count - 1)
            found = np.rint(np.nan_to_num(place)).astype(np.int64)
            found[np.isnan(numbers)] = MISSING
            found[numbers <= -HUGE] = BLOCKED
        return found


@lru_cache(maxsize=64)
def unit_style(unit: Unit, share: float = 0.0, *, bold: bool = False) -> Style:
    """Text in the colour of `unit`, dimmed by `share`."""
    return Style(color=blend(UNIT_COLOURS[unit], BACKGROUND, share), bold=bold)


def label_colour(label: str, labels: tuple[str, ...]) -> str:
    """The colour of `label` among `labels` (`O`, the label for nothing, has none of its own)."""
    names = [name for name in labels if name != "O"]
    if label not in names:
        return "#8b98a5"
    return _LABEL_COLOURS[names.index(label) % len(_LABEL_COLOURS)]

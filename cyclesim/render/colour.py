"""Colours that mean something: functional units and labels. Those of numbers are in `scale`.

Colour is never alone: each unit has a letter, for terminals without colour (`NO_COLOR`) and for
`--ascii`. The app paints its first screen with this, so it does without NumPy.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.style import Style

if TYPE_CHECKING:
    from cyclesim.trace import Phase, Unit

__all__ = [
    "BACKGROUND",
    "PHASE_LETTERS",
    "UNIT_COLOURS",
    "UNIT_LETTERS",
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
    "loss": "#f2758c",
    "optimizer": "#a98bf0",
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
    "loss": "L",
    "optimizer": "U",
    "output": "O",
    "other": "?",
}

#: How the phases of a text that is written are marked in a picture.
PHASE_LETTERS: Mapping[Phase, str] = {"prefill": "1", "decode": "2"}

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

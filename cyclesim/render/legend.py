"""The legend of a heatmap: its colours with the numbers they stand for."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from rich.segment import Segment

from cyclesim.language import tr
from cyclesim.render.ink import LABEL, glyph_of, style_of
from cyclesim.render.scale import BLOCKED, INFINITE, MISSING, Scale

__all__ = ["legend", "scale_number"]


def scale_number(value: float) -> str:
    """A number at an end of a scale."""
    whole = value == int(value) and abs(value) < 1e6
    return str(int(value)) if whole else f"{value:.3g}"


def legend(scale: Scale, *, plain: bool = False, present: Iterable[int] = ()) -> list[Segment]:
    """The colours with the numbers at their ends and at zero.

    Args:
        plain: glyphs instead of colours.
        present: the levels that are drawn; those without a place on the scale (NaN, masked,
            infinite) stand beside it.
    """
    bar: list[Segment] = []
    if scale.constant is not None:
        level = int(scale.levels(np.array([scale.constant]))[0])
        words = tr("every number is {value}").format(value=f"{scale.constant:.7g}")
        bar = [_swatch(scale, level, 2, plain), Segment(" " + words, LABEL)]
    else:
        low, high = scale_number(scale.low), scale_number(scale.high)
        if scale.clipped:
            low, high = f"≤{low}", f"≥{high}"
        bar = [Segment(f"{low} ", LABEL), *_colours(scale, plain), Segment(f" {high}", LABEL)]
    seen = set(present)
    for level, words in ((MISSING, "NaN"), (BLOCKED, tr("-inf or mask")), (INFINITE, "+inf")):
        if level in seen:
            bar += [Segment("  "), _swatch(scale, level, 1, plain), Segment(f" {words}", LABEL)]
    return bar


def _colours(scale: Scale, plain: bool) -> list[Segment]:
    count = len(scale.colours)
    if plain:
        return [Segment(scale.glyphs)]
    # The number 0 stands on the very colour of zero.
    zero = count // 2 if scale.kind == "diverging" else -1
    return [
        Segment("0" if level == zero else " ", style_of(scale, level, plain))
        for level in range(count)
    ]


def _swatch(scale: Scale, level: int, width: int, plain: bool) -> Segment:
    return Segment(glyph_of(scale, level, width, plain), style_of(scale, level, plain))

"""An attention map: one box for each pair of tokens, with its number behind the pointer."""

from __future__ import annotations

import numpy as np
from rich.cells import cell_len

from cyclesim.language import tr
from cyclesim.render.legend import scale_number
from cyclesim.render.report.svg import picture, rect, text
from cyclesim.render.scale import Scale
from cyclesim.render.text import crop
from cyclesim.versus import AttentionMap

__all__ = ["heat_svg", "heat_words"]

#: Cells of a name beside a row or above a column, and pixels that each takes.
_NAME, _LETTER = 12, 7.2
#: Sides of a box, and how wide the boxes are together at most.
_LEAST, _MOST, _WIDE = 7.0, 26.0, 400.0


def heat_words(found: AttentionMap) -> str:
    """What it is a picture of."""
    said = tr("cycle {number}, head {head} of {heads} (the sharpest), {kind}")
    words = said.format(number=found.cycle, head=found.head, heads=found.heads, kind=tr(found.kind))
    if found.layer is not None:
        words = tr("layer {number}").format(number=found.layer) + ", " + words
    if found.whole != (len(found.rows), len(found.columns)):
        whole = f"{found.whole[0]:,} × {found.whole[1]:,}"
        part = f"{len(found.rows):,} × {len(found.columns):,}"
        words += "; " + tr("{part} of {whole} tokens").format(part=part, whole=whole)
    return words


def heat_svg(found: AttentionMap) -> str:
    """Queries from top to bottom, keys from left to right."""
    values = np.asarray(found.values, dtype=np.float64)
    scale = Scale.of(values, probability=True)
    levels = scale.levels(values)
    side = min(max(_WIDE / max(values.shape), _LEAST), _MOST)
    longest = max(map(cell_len, (*found.rows, *found.columns)))
    left = top = min(longest, _NAME) * _LETTER + 14
    parts = []
    for i, row in enumerate(found.rows):
        y = top + i * side
        if side >= 9 or i % 2 == 0:
            parts.append(text(left - 6, y + side / 2 + 4, crop(row, _NAME), "end s"))
        for j, column in enumerate(found.columns):
            x, value, level = left + j * side, float(values[i, j]), int(levels[i, j])
            fill = scale.colours[level] if level >= 0 else "var(--bad)"
            title = f"{row} → {column}: {value:.4g}"
            parts.append(rect(x, y, side - 0.5, side - 0.5, fill, title=title))
    for j, column in enumerate(found.columns):
        if side >= 9 or j % 2 == 0:
            x = left + j * side + side / 2 + 4
            turn = f' transform="rotate(-90 {x:.1f} {top - 6:.1f})"'
            parts.append(text(x, top - 6, crop(column, _NAME), "s", more=turn))
    wide = left + len(found.columns) * side
    below = top + len(found.rows) * side + 14
    parts.append(_legend(scale, left, below))
    return picture(heat_words(found), max(wide, left + 220) + 4, below + 22, "".join(parts))


def _legend(scale: Scale, left: float, top: float) -> str:
    """The colours, with the numbers at their ends."""
    step = 8.0
    low, high = scale_number(scale.low), scale_number(scale.high)
    start = left + len(low) * _LETTER + 6
    boxes = "".join(
        rect(start + i * step, top, step, 12, colour) for i, colour in enumerate(scale.colours)
    )
    end = start + len(scale.colours) * step + 6
    return text(left, top + 10, low, "s") + boxes + text(end, top + 10, high, "s")

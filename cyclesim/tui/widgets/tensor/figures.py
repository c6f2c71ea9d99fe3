"""The same numbers as a histogram or as figures."""

from __future__ import annotations

import numpy as np
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from cyclesim.language import tr
from cyclesim.render.figures import PERCENTILES, Figures, Histogram
from cyclesim.render.ink import style_of
from cyclesim.render.legend import scale_number
from cyclesim.render.scale import Scale
from cyclesim.tui.settings.palette import BODY, FAINT, MUTED
from cyclesim.tui.words.glyphs import Glyphs
from cyclesim.tui.words.lines import Line, wrap
from cyclesim.tui.words.text import fit, number

__all__ = ["figures_lines", "histogram_lines"]


def histogram_lines(
    found: Histogram, scale: Scale, scope: str, width: int, glyphs: Glyphs, plain: bool
) -> list[Line]:
    """One line for each bin: its edges, a bar in the colours of the heatmap, its count."""
    total = sum(found.counts)
    said = tr("Histogram {scope}: {count} numbers").format(scope=scope, count=f"{total:,}")
    lines: list[Line] = [[], *wrap(f" {said}", width, BODY, limit=2)]
    edges = [scale_number(e) for e in found.edges]
    wide = max(map(cell_len, edges), default=1)
    most = max(found.counts, default=0)
    counted = len(f"{most:,}")
    room = max(width - 2 * wide - counted - 8, 4)
    middles = [(a + b) / 2 for a, b in zip(found.edges, found.edges[1:], strict=False)]
    levels = scale.levels(np.array(middles)).tolist()
    for place, count in enumerate(found.counts):
        cells = round(count / most * room) if most else 0
        style = Style(reverse=True) if plain else style_of(scale, levels[place], False)
        bar = Segment("#" * cells if plain else " " * cells, None if plain else style)
        # Too few for a cell, but not none.
        rest = Segment(fit(glyphs.dot if count and not cells else "", room - cells), MUTED)
        span = f" {fit(edges[place], wide, right=True)} .. {fit(edges[place + 1], wide)} "
        label = Segment(span, MUTED)
        lines.append([label, bar, rest, Segment(f" {count:>{counted},}", BODY)])
    lines += [[], *_outside(found, width)]
    if most:
        text = tr("The longest bar is {count} numbers; each bin holds its lower edge.")
        lines += wrap(" " + text.format(count=f"{most:,}"), width, FAINT)
    return [[Segment(glyphs.text(s.text), s.style) for s in line] for line in lines]


def _outside(found: Histogram | Figures, width: int) -> list[Line]:
    """What no bin can hold, counted."""
    parts = []
    if found.nan:
        parts.append(f"NaN {found.nan:,}")
    if found.low:
        parts.append(tr("-inf or mask {count}").format(count=f"{found.low:,}"))
    if found.high:
        parts.append(f"+inf {found.high:,}")
    return wrap(" " + tr("Left out: {what}.").format(what=", ".join(parts)), width) if parts else []


def figures_lines(found: Figures, scope: str, width: int, glyphs: Glyphs) -> list[Line]:
    """Moments and percentiles, in one column or two."""
    said = tr("Figures {scope}: {count} numbers").format(scope=scope, count=f"{found.size:,}")
    moments = [
        (tr("min"), number(found.min, 6)),
        (tr("max"), number(found.max, 6)),
        (tr("mean"), number(found.mean, 6)),
        (tr("std"), number(found.std, 6)),
        (tr("L2 norm"), number(found.norm, 6)),
    ]
    size = max(found.size, 1)
    counts = [
        (tr("zeros"), f"{found.zeros:,} ({found.zeros / size:.1%})"),
        ("NaN", f"{found.nan:,}"),
        (tr("-inf or mask"), f"{found.low:,}"),
        ("+inf", f"{found.high:,}"),
    ]
    ranks = [
        (tr("median") if p == 50 else tr("percentile {percent}").format(percent=p), number(v, 6))
        for p, v in zip(PERCENTILES, found.percentiles, strict=True)
    ]
    left, right = _column(moments + counts), _column(ranks)
    lines: list[Line] = [[], *wrap(f" {said}", width, BODY, limit=2), []]
    across = _wide(left) + _wide(right) + 4
    if across <= width:
        blank: Line = [Segment(" " * _wide(left))]
        for place in range(max(len(left), len(right))):
            line = [*left[place]] if place < len(left) else [*blank]
            if place < len(right):
                line += [Segment("   "), *right[place]]
            lines.append(line)
    else:
        lines += [*left, [], *right]
    if found.nan or found.low or found.high:
        text = tr("Only finite numbers that are no mask are in the figures.")
        lines += [[], *wrap(" " + text, width, FAINT)]
    return [[Segment(glyphs.text(s.text), s.style) for s in line] for line in lines]


def _column(rows: list[tuple[str, str]]) -> list[Line]:
    names = max(cell_len(name) for name, _ in rows)
    values = max(cell_len(value) for _, value in rows)
    return [
        [Segment(f" {fit(name, names)}  ", MUTED), Segment(fit(value, values, right=True), BODY)]
        for name, value in rows
    ]


def _wide(column: list[Line]) -> int:
    return max(sum(cell_len(s.text) for s in line) for line in column)

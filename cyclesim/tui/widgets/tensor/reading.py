"""The lines under the numbers: the cell under the cursor, sums, extremes, and the legend."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from rich.cells import cell_len
from rich.segment import Segment

from cyclesim.language import tr
from cyclesim.render.ink import NAN
from cyclesim.render.legend import legend
from cyclesim.trace import Stats
from cyclesim.tui.settings.palette import BODY, FAINT, MUTED, STRONG
from cyclesim.tui.tensors.dimensions import dimension_name
from cyclesim.tui.tensors.sources import SCOPES
from cyclesim.tui.widgets.tensor.sight import Sight
from cyclesim.tui.words.glyphs import Glyphs
from cyclesim.tui.words.lines import Line, line_width
from cyclesim.tui.words.text import number, shape_text

__all__ = ["below", "stats_line"]

#: Where the panel is at least this wide, two short lines share one.
WIDE = 76


def below(
    sight: Sight,
    cursor: tuple[int, int],
    levels: Iterable[int],
    width: int,
    room: int,
    glyphs: Glyphs,
    plain: bool,
    heads: np.ndarray | None = None,
    hint: str = "",
) -> list[Line]:
    """At most `room` lines about the cell at `cursor` and about all of them.

    Args:
        levels: the levels that are drawn, for the legend.
        heads: the value of this cell in every head, where all are drawn.
        hint: what moves the cursor, if that is to be said.
    """
    cell = _cell(sight, cursor, glyphs)
    if hint and line_width(cell) + cell_len(hint) + 4 <= width:
        cell.append(Segment(f" ({hint}) ", FAINT))
    more = []
    if heads is not None:
        more = _in_heads(heads, sight.probability, width, glyphs)
    elif sight.probability:
        more = _sums(sight, cursor)
    said, scope = _legend(sight, levels, width, glyphs, plain)
    told = _about(sight, glyphs)
    if width >= WIDE:
        joined = line_width(cell) + line_width(more) < width
        rows = [[*cell, *more]] if joined else [cell, more]
        both = [*told, Segment("  "), *said]
        rows += [both] if line_width(both) <= width else [said, told]
        return [row for row in (*rows, scope) if row][:room]
    # What must give way where there is no room stands last in `wanted`.
    wanted = [row for row in (cell, said, more, told, scope) if row][:room]
    return [row for row in (cell, more, told, said, scope) if row in wanted]


def _cell(sight: Sight, cursor: tuple[int, int], glyphs: Glyphs) -> Line:
    """The cell under the cursor, exactly."""
    matrix, (row, column) = sight.matrix, cursor
    value = float(matrix.values[row, column])
    style = NAN if np.isnan(value) else STRONG
    text = glyphs.text(number(value, 7))
    return [Segment(f" {_where(sight, row, column, glyphs)} ", BODY), Segment(f"= {text}", style)]


def _where(sight: Sight, row: int, column: int, glyphs: Glyphs) -> str:
    matrix, cut = sight.matrix, sight.cut
    if cut.rows is None or cut.columns is None:
        return shape_text(cut.cell(row, column) or ())
    if matrix.rows and matrix.columns:
        return f"{matrix.row(row)} {glyphs.feeds} {matrix.column(column)}"
    names = (
        (matrix.row(row), matrix.rows, cut.names[cut.rows]),
        (matrix.column(column), matrix.columns, cut.names[cut.columns]),
    )
    return ", ".join(
        label if known else f"{glyphs.text(dimension_name(axis))} {label}"
        for label, known, axis in names
    )


def _sums(sight: Sight, cursor: tuple[int, int]) -> Line:
    """What the row and the column of the cursor add up to."""
    values = sight.matrix.values
    out: Line = []
    for words, numbers in (
        (tr("row sum"), values[cursor[0], :]),
        (tr("column sum"), values[:, cursor[1]]),
    ):
        out += [Segment(f" {words} ", MUTED), Segment(f"{float(np.nansum(numbers)):.4f} ", BODY)]
    return out


def _in_heads(heads: np.ndarray, probability: bool, width: int, glyphs: Glyphs) -> Line:
    """The same cell in every head, as many as fit."""
    out: Line = [Segment(" " + tr("in head") + " ", MUTED)]
    for place, value in enumerate(heads.tolist()):
        text = f"{value:.2f}" if probability else glyphs.text(number(value, 2))
        part = [Segment(f"{place}:", FAINT), Segment(f"{text} ", BODY)]
        if line_width(out) + line_width(part) > width:
            out[-1] = Segment(glyphs.ellipsis, FAINT)
            break
        out += part
    return out


def _legend(
    sight: Sight, levels: Iterable[int], width: int, glyphs: Glyphs, plain: bool
) -> tuple[Line, Line]:
    """The colours with their numbers; and what they are the scale of, where that takes a line."""
    scale = sight.matrix.scale
    out: Line = [Segment(" "), *legend(scale, plain=plain, present=levels)]
    out = [s if s.text in scale.glyphs else Segment(glyphs.text(s.text), s.style) for s in out]
    said = tr("scale {of_what}")
    if scale.clipped:
        said = tr("scale {of_what}; the ends hold what lies beyond")
    words = said.format(of_what=tr(SCOPES[sight.scope]))
    if line_width(out) + cell_len(words) + 2 <= width:
        return [*out, Segment(f"  {words}", MUTED)], []
    return out, [Segment(f" {words}", MUTED)]


def _about(sight: Sight, glyphs: Glyphs) -> Line:
    """Extremes of the tensor, or how large the change is."""
    if sight.side is None:
        return stats_line(sight.stats, glyphs)
    change, scope = sight.change, sight.spoken[1]
    words = tr("changed by up to {largest}; {share} of cells")
    said = words.format(largest=number(change.largest, 3), share=f"{change.share:.1%}")
    if not change.share:
        said = tr("no cell changed")
    if scope != "whole":
        said += " " + tr(SCOPES[scope])
    return [Segment(" " + glyphs.text(said), BODY)]


def stats_line(stats: Stats, glyphs: Glyphs) -> Line:
    """Minimum, maximum, mean; and how many are no numbers."""
    out: Line = []
    for name, value in ((tr("min"), stats.min), (tr("max"), stats.max), (tr("mean"), stats.mean)):
        out += [Segment(f" {name} ", FAINT), Segment(glyphs.text(number(value, 3)), MUTED)]
    out += [Segment(" NaN ", FAINT), Segment(f"{stats.nan}", NAN if stats.nan else MUTED)]
    if stats.inf:
        out += [Segment(" inf ", FAINT), Segment(f"{stats.inf}", MUTED)]
    return out

"""How far apart the two sides of a twin are: the difference, and how many numbers it is of."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from cyclesim.language import tr
from cyclesim.render.heatmap import Matrix
from cyclesim.trace import Value
from cyclesim.trace.diff import compare_cycles
from cyclesim.tui.compare.alignment import Column, Comparison
from cyclesim.tui.compare.twin import Apart, Side, Twin
from cyclesim.tui.tensors.dimensions import Cut
from cyclesim.tui.tensors.listing import Listing
from cyclesim.tui.tensors.sources import Source, difference
from cyclesim.tui.words.text import shape_text

__all__ = ["compared"]

#: Differences below this are shown in units of a power of ten.
SMALL = 0.1


def compared(twin: Twin, found: Comparison) -> Twin:
    """`twin` with the difference of its sides, or the reason why there is none."""
    a, b = twin.a, twin.b
    if isinstance(a.drawn, Listing) and isinstance(b.drawn, Listing):
        return _listings(twin, a.drawn, b.drawn)
    if a.slot is None or b.slot is None or a.source is None or b.source is None:
        absent = b if a.slot is not None and a.source is not None else a
        said = absent.drawn if isinstance(absent.drawn, str) else ""
        return replace(twin, delta=said or tr("There is nothing to compare it with."))
    if a.source.shape != b.source.shape:
        return replace(twin, delta=_unlike(a.slot.value, b.slot.value, found))
    assert a.cut is not None and isinstance(a.drawn, Matrix)
    delta, exponent = _delta(difference(a.source, b.source), a.cut, a.drawn)
    return replace(twin, delta=delta, exponent=exponent, apart=_apart(twin.column, a, b))


def _delta(source: Source, cut: Cut, like: Matrix) -> tuple[Matrix, int]:
    """The difference, and its unit: `0.00` in a cell would not tell 4e-07 from nothing."""
    grid, scale = source.grid(cut), source.scale[0]
    most = max(abs(scale.low), abs(scale.high))
    exponent = math.floor(math.log10(most)) if 0 < most < SMALL else 0
    if exponent and isinstance(grid, np.ndarray):
        grid = grid * 10.0**-exponent
        low, high = scale.low * 10.0**-exponent, scale.high * 10.0**-exponent
        scale = replace(scale, low=low, high=high)
    else:
        exponent = 0
    return replace(like, values=grid, scale=scale), exponent


def _apart(column: Column, a: Side, b: Side) -> Apart | None:
    assert a.slot is not None and b.slot is not None and a.source is not None
    assert a.cycle is not None and b.cycle is not None and b.source is not None
    if a.source.whole is None or b.source.whole is None:
        known = column.found is not None and a.slot.output and len(a.cycle.outputs) == 1
        return Apart(column.found, None, a.source.size) if known and column.found else None
    one, other = a.source.whole, b.source.whole
    unequal = int(np.count_nonzero(~((one == other) | ((one != one) & (other != other)))))
    ours = replace(a.cycle, outputs=(a.slot.value,))
    theirs = replace(b.cycle, outputs=(b.slot.value,))
    return Apart(compare_cycles(ours, theirs), unequal, a.source.size)


def _unlike(a: Value, b: Value, found: Comparison) -> str:
    """Why two tensors of different shapes have no difference."""
    tokens = [len(t.header.tokens) for t in (found.ours, found.theirs)]
    if tokens[0] != tokens[1] and tokens[0] in a.shape and tokens[1] in b.shape:
        said = tr("They cannot be compared cell by cell: {a} tokens against {b}.")
        return said.format(a=tokens[0], b=tokens[1])
    said = tr("They cannot be compared cell by cell: {a} against {b}.")
    return said.format(a=shape_text(a.shape), b=shape_text(b.shape))


def _listings(twin: Twin, a: Listing, b: Listing) -> Twin:
    """Which rows of two tables differ."""
    common = min(len(a.rows), len(b.rows))
    unlike = frozenset(
        i for i in range(max(len(a.rows), len(b.rows))) if i >= common or a.rows[i] != b.rows[i]
    )
    if not unlike:
        said = tr("Both tables are the same: {count} rows.").format(count=len(a.rows))
    elif len(a.rows) != len(b.rows):
        said = tr("{a} rows against {b}, {same} of them the same.")
        same = sum(i not in unlike for i in range(common))
        said = said.format(a=len(a.rows), b=len(b.rows), same=same)
    else:
        said = tr("{count} of {total} rows differ.").format(count=len(unlike), total=len(a.rows))
    return replace(twin, delta=said, rows=unlike)

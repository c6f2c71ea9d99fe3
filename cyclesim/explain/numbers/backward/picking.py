"""Gradients that go back to where their numbers were taken from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cyclesim.explain.numbers.backward.reading import (
    ALL,
    arrived,
    forward_of,
    gathered,
    needed,
    part_of,
    summed,
    symbol_of,
)
from cyclesim.explain.numbers.cell import Cell, Found, Rule

__all__ = ["PICKING"]


def _embedding(cell: Cell) -> Found:
    if cell.argument("scale_grad_by_freq") or cell.has("offsets"):
        raise ValueError("scaled")
    row, column = cell.where
    ids = cell.read(needed(cell, "input"), ...).reshape(-1)
    g = cell.read(arrived(cell), ..., column).reshape(-1)
    if len(ids) != len(g):
        raise ValueError("another shape")
    chosen = g[ids == row]
    if row == cell.argument("padding_idx", -1) or not len(chosen):
        return Found("0", 0.0, 0.0, "∂L/∂W")
    return summed(chosen, "∂L/∂W")


def _side_by_side(cell: Cell) -> Found:
    """Of a part of what was put side by side: its own stretch of the gradient."""
    parts = forward_of(cell).inputs
    axis, place = int(cell.argument("dim", 0)) % len(cell.where), part_of(cell)
    before = sum(v.shape[axis] for v in parts[:place] if len(v.shape) == len(cell.where))
    where = list(cell.where)
    where[axis] += before
    return _taken(cell, where)


def _stacked(cell: Cell) -> Found:
    axis = int(cell.argument("dim", 0)) % (len(cell.where) + 1)
    return _taken(cell, [*cell.where[:axis], part_of(cell), *cell.where[axis:]])


def _taken(cell: Cell, where: Sequence[int]) -> Found:
    value = float(cell.read(arrived(cell), *where))
    return Found(f"g[{', '.join(map(str, where))}]", value, 0.0, symbol_of(cell))


def _padded(cell: Cell) -> Found:
    """The padding has a gradient too, which goes nowhere."""
    if cell.argument("mode", "constant") != "constant":
        raise ValueError("numbers of its own were put there")
    pad = tuple(cell.argument("pad", ()))
    where = list(cell.where)
    for place, left in enumerate(pad[::2]):
        where[-1 - place] += int(left)
    if any(not 0 <= i < n for i, n in zip(where, arrived(cell).shape, strict=True)):
        return Found("0", 0.0, 0.0, symbol_of(cell))  # it was cut off
    return _taken(cell, where)


def _repeated(cell: Cell) -> Found:
    """The sum over the copies."""
    wrote, shape = cell.cycle.outputs[cell.output].shape, arrived(cell).shape
    lead = len(shape) - len(wrote)
    copies = [slice(at, None, size) for at, size in zip(cell.where, wrote, strict=True)]
    return summed(cell.read(arrived(cell), *[ALL] * lead, *copies), symbol_of(cell))


def _expanded(cell: Cell) -> Found:
    """The sum over the places that a number was shown at."""
    g = cell.read(arrived(cell), *[ALL] * len(arrived(cell).shape))
    return gathered(cell, g, symbol_of(cell))


def _gather(cell: Cell) -> Found:
    """The sum over the places that took this number."""
    axis = int(cell.argument("dim", 0)) % len(cell.where)
    place = (*cell.where[:axis], ALL, *cell.where[axis + 1 :])
    index = needed(cell, "index")
    if any(
        at >= n for i, (at, n) in enumerate(zip(cell.where, index.shape, strict=True)) if i != axis
    ):
        return Found("0", 0.0, 0.0, symbol_of(cell))  # fmt: skip
    took = cell.read(index, *place) == cell.where[axis]
    return _of_places(cell, cell.read(arrived(cell), *place)[took])


def _index_select(cell: Cell) -> Found:
    axis = int(cell.argument("dim", 0)) % len(cell.where)
    place = (*cell.where[:axis], ALL, *cell.where[axis + 1 :])
    took = cell.read(needed(cell, "index"), ...).reshape(-1) == cell.where[axis]
    return _of_places(cell, cell.read(arrived(cell), *place)[took])


def _of_places(cell: Cell, numbers: np.ndarray) -> Found:
    if not numbers.size:
        return Found("0", 0.0, 0.0, symbol_of(cell))
    return summed(numbers, symbol_of(cell))


def _getitem(cell: Cell) -> Found:
    """Of what tensors of indices were used on: the sum over the places that took this number."""
    indices = [v for v in cell.cycle.inputs if v.name.startswith("idx")]
    if not indices:
        raise LookupError("idx")
    given: list[np.ndarray] = []
    for value in indices:
        read = cell.read(value, *[ALL] * len(value.shape))
        given += np.nonzero(read) if value.dtype == "bool" else [read]
    grid = np.broadcast_arrays(*given)
    first = _first_axis(cell, len(grid), grid[0].shape)
    took = np.ones(grid[0].shape, dtype=bool)
    for axis, chosen in enumerate(grid, first):
        size = cell.cycle.outputs[cell.output].shape[axis]
        took &= np.where(chosen < 0, chosen + size, chosen) == cell.where[axis]
    before, after = cell.where[:first], cell.where[first + len(grid) :]
    g = cell.read(arrived(cell), *before, *[ALL] * took.ndim, *after)
    return _of_places(cell, g[took])


def _first_axis(cell: Cell, count: int, taken: tuple[int, ...]) -> int:
    """Which axis the indices begin at: the only one that gives the shape that was written."""
    shape, wrote = cell.cycle.outputs[cell.output].shape, arrived(cell).shape
    fits = [
        axis
        for axis in range(len(shape) - count + 1)
        if shape[:axis] + taken + shape[axis + count :] == wrote
    ]
    if len(fits) != 1:
        raise ValueError("other axes were sliced, or several would fit")
    return fits[0]


PICKING: dict[str, dict[str, Rule]] = {
    "embedding": {"grad weight": _embedding},
    "cat": {"grad tensors": _side_by_side},
    "stack": {"grad tensors": _stacked},
    "pad": {"grad input": _padded},
    "repeat": dict.fromkeys(("grad self", "grad input"), _repeated),
    **dict.fromkeys(
        ("expand", "expand_as", "broadcast_to"),
        dict.fromkeys(("grad self", "grad input"), _expanded),
    ),
    "gather": {"grad input": _gather},
    "index_select": {"grad input": _index_select},
    "getitem": dict.fromkeys(("grad self", "grad input"), _getitem),
}

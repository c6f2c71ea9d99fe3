"""Rules for cells that were copied from somewhere: tables, parts put together, indices."""

from __future__ import annotations

import numpy as np

from cyclesim.explain.numbers.cell import Cell, Found, Rule, number
from cyclesim.language import tr

__all__ = ["PICKING"]


def _embedding(cell: Cell) -> Found:
    row = int(cell.meets(cell.at("input", 0), cell.where[:-1]))
    column = cell.where[-1]
    value = float(cell.read(cell.at("weight", 1), row, column))
    text = tr("row {row}, column {column} of the table").format(row=f"{row:,}", column=column)
    return Found(text, value, 0.0, "e")


def _cat(cell: Cell) -> Found:
    dim, inputs = int(cell.argument("dim", 0)), cell.cycle.inputs
    rank = len(cell.where)
    axis, left = dim % rank, cell.where[dim % rank]
    for place, value in enumerate(inputs):
        size = value.shape[axis] if len(value.shape) == rank else 0  # torch skips an empty one
        if left < size:
            found = float(cell.read(value, *cell.where[:axis], left, *cell.where[axis + 1 :]))
            text = tr("number {place} of part {part}, {value}")
            text = text.format(place=left, part=place + 1, value=number(found))
            return Found(text, found, 0.0)
        left -= size
    raise LookupError(left)


def _gather(cell: Cell) -> Found:
    index = cell.cycle.inputs[1]
    axis = int(cell.argument("dim", 0)) % len(cell.where)
    chosen = int(cell.meets(index))
    return _picked(cell, (*cell.where[:axis], chosen, *cell.where[axis + 1 :]))


def _index_select(cell: Cell) -> Found:
    axis = int(cell.argument("dim", 0)) % len(cell.where)
    chosen = int(cell.read(cell.cycle.inputs[1], cell.where[axis]))
    return _picked(cell, (*cell.where[:axis], chosen, *cell.where[axis + 1 :]))


def _getitem(cell: Cell) -> Found:
    value, *indices = cell.cycle.inputs
    if len(indices) != len(value.shape) or cell.cycle.arguments:
        raise ValueError("not one index for each axis")
    if any(index.dtype == "bool" for index in indices):
        raise ValueError("a mask")
    return _picked(cell, tuple(int(cell.meets(index)) for index in indices))


def _repeat(cell: Cell) -> Found:
    shape = cell.cycle.inputs[0].shape
    inner = cell.where[len(cell.where) - len(shape) :]
    return _picked(cell, tuple(i % n for i, n in zip(inner, shape, strict=True)))


def _written_out(cell: Cell) -> Found:
    """The same numbers in the same order, under another shape."""
    flat = np.ravel_multi_index(cell.where, cell.cycle.outputs[0].shape)
    place = np.unravel_index(int(flat), cell.cycle.inputs[0].shape)
    return _picked(cell, tuple(int(i) for i in place))


def _picked(cell: Cell, place: tuple[int, ...]) -> Found:
    value = float(cell.read(cell.cycle.inputs[0], *place))
    return Found(f"x[{', '.join(map(str, place))}]", value, 0.0)


PICKING: dict[str, Rule] = {
    "embedding": _embedding,
    "cat": _cat,
    "gather": _gather,
    "index_select": _index_select,
    "getitem": _getitem,
    "repeat": _repeat,
    **dict.fromkeys(("contiguous", "flatten", "reshape", "reshape_as"), _written_out),
}

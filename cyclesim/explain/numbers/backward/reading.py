"""What rules for gradients read: the gradient that arrived, and what was kept of the forward."""

from __future__ import annotations

from typing import Any

import numpy as np

from cyclesim.explain.numbers.cell import SHOWN, Cell, Found, factor, number, terms
from cyclesim.explain.shapes import operand
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.tensor import Value

__all__ = [
    "ALL",
    "SYMBOLS",
    "arrived",
    "arrived_here",
    "bias",
    "forward_of",
    "gathered",
    "needed",
    "part_of",
    "summed",
    "symbol_of",
]

ALL = slice(None)
#: What a gradient is called, by the step that it leaves.
SYMBOLS = {"scores": "∂L/∂q", "context": "∂L/∂p", "softmax": "∂L/∂s", "scale": "∂L/∂s"}


def needed(cell: Cell, name: str) -> Value:
    found = operand(cell.cycle, name)
    if found is None:
        raise LookupError(name)
    return found


def arrived(cell: Cell) -> Value:
    """The gradient that arrived."""
    return needed(cell, "grad output")


def arrived_here(cell: Cell) -> float:
    """The number of it at this cell, of a gradient that has its shape."""
    g = arrived(cell)
    if g.shape != cell.cycle.outputs[cell.output].shape:
        raise ValueError("summed over what was broadcast")
    return float(cell.read(g, *cell.where))


def summed(numbers: np.ndarray, symbol: str) -> Found:
    flat = numbers.reshape(-1)
    text = terms([factor(x) for x in flat[:SHOWN]], len(flat))
    return Found(text, float(flat.sum()), float(abs(flat).sum()), symbol)


def gathered(cell: Cell, numbers: np.ndarray, symbol: str) -> Found:
    """Of numbers of the shape of g: the one at this cell, or the sum over what was broadcast."""
    shape, wrote = arrived(cell).shape, cell.cycle.outputs[cell.output].shape
    lead = len(shape) - len(wrote)
    place: list[Any] = [ALL] * lead
    for at, size, full in zip(cell.where, wrote, shape[lead:], strict=True):
        place.append(ALL if size == 1 and full > 1 else at)
    found = np.asarray(numbers[tuple(place)])
    if not found.shape:
        return Found(number(float(found)), float(found), abs(float(found)), symbol)
    return summed(found, symbol)


def symbol_of(cell: Cell) -> str:
    return SYMBOLS.get(cell.cycle.step, "∂L/∂x")


def bias(cell: Cell) -> Found:
    """Of what was added to every place: the sum of the gradient over the places."""
    return summed(cell.read(arrived(cell), ..., cell.where[-1]), "∂L/∂b")


def forward_of(cell: Cell) -> Cycle:
    """The cycle that this one is the derivative of."""
    if cell.trace is None or cell.cycle.forward is None:
        raise LookupError("forward")
    return cell.trace.cycles[cell.cycle.forward]


def part_of(cell: Cell) -> int:
    """Which of several operands the gradient is of: 2 for `grad tensors[2]`."""
    return int(cell.cycle.outputs[cell.output].name.partition("[")[2].rstrip("]"))

"""Rules for cells that depend on a whole row of what was read: softmax, norms, sums, maxima."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from cyclesim.explain.numbers.cell import SHOWN, Cell, Found, Rule, factor, number, terms
from cyclesim.explain.numbers.elements import ELEMENTS
from cyclesim.explain.shapes import operand
from cyclesim.language import tr

__all__ = ["ROWS"]

ALL = slice(None)


def _row(cell: Cell) -> tuple[np.ndarray, int]:
    """The row of the input through this cell, along `dim`, and where the cell is in it."""
    axis = int(cell.argument("dim", -1)) % len(cell.where)
    place = (*cell.where[:axis], ALL, *cell.where[axis + 1 :])
    return cell.read(cell.cycle.inputs[0], *place), cell.where[axis]


def _softmax(cell: Cell) -> Found:
    row, here = _row(cell)
    powers = np.exp(row - row.max())
    below = terms([f"e^{factor(x)}" for x in row[:SHOWN]], len(row))
    text = f"e^{factor(row[here])} / ({below})"
    return Found(text, float(powers[here] / powers.sum()), 0.0, "p")


def _log_softmax(cell: Cell) -> Found:
    row, here = _row(cell)
    total = float(row.max() + np.log(np.exp(row - row.max()).sum()))
    below = terms([f"e^{factor(x)}" for x in row[:SHOWN]], len(row))
    text = f"{number(row[here])} − ln({below})"
    return Found(text, float(row[here] - total), abs(row[here]) + abs(total), "ln p")


def _over_the_last(cell: Cell) -> np.ndarray:
    """The vector that a norm over the last axis reads for this cell."""
    shape: Any = cell.argument("normalized_shape", ())
    if isinstance(shape, (tuple, list)) and len(shape) > 1:
        raise ValueError("normalises over several axes")
    return cell.read(cell.at("input", 0), *cell.where[:-1], ALL)


def _layer_norm(cell: Cell) -> Found:
    row, here = _over_the_last(cell), cell.where[-1]
    mean = float(row.mean())
    spread = math.sqrt(float(row.var()) + float(cell.argument("eps", 1e-5)))
    return _normed(cell, float(row[here]), mean, spread, (here,), float(abs(row).max()))


def _normed(
    cell: Cell, x: float, mean: float, spread: float, at: tuple[int, ...], largest: float
) -> Found:
    """`(x − mean) / spread · weight + bias`."""
    value, size = (x - mean) / spread, (largest + abs(mean)) / spread
    text = f"({number(x)} − {factor(mean)}) / {number(spread)}"
    weight, bias = operand(cell.cycle, "weight"), operand(cell.cycle, "bias")
    if weight is not None:
        gamma = cell.meets(weight, at)
        value, size, text = value * gamma, size * abs(gamma), f"{text} · {factor(gamma)}"
    if bias is not None:
        beta = cell.meets(bias, at)
        value, size, text = value + beta, size + abs(beta), f"{text} + {factor(beta)}"
    return Found(text, value, size)


def _batch_norm(cell: Cell) -> Found:
    if cell.argument("training"):
        raise ValueError("of the whole batch")
    at = (cell.where[1],)
    x = cell.meets(cell.at("input", 0))
    mean = cell.meets(cell.at("running_mean", 1), at)
    variance = cell.meets(cell.at("running_var", 2), at)
    spread = math.sqrt(variance + float(cell.argument("eps", 1e-5)))
    return _normed(cell, x, mean, spread, at, abs(x))


def _rms_norm(cell: Cell) -> Found:
    row, here = _over_the_last(cell), cell.where[-1]
    eps = cell.argument("eps")
    if eps is None:
        eps = np.finfo("float32").eps
    root = math.sqrt(float((row * row).mean()) + float(eps))
    value, text = row[here] / root, f"{number(row[here])} / {number(root)}"
    weight = operand(cell.cycle, "weight")
    if weight is not None:
        gamma = cell.meets(weight, (here,))
        value, text = value * gamma, f"{text} · {factor(gamma)}"
    return Found(text, float(value), abs(float(value)))


def _reduced(cell: Cell) -> np.ndarray:
    """Every number that went into this cell, in order."""
    value = cell.at("input", 0)
    rank = len(value.shape)
    dims: Any = cell.argument("dim")
    dims = range(rank) if dims is None else dims if isinstance(dims, (tuple, list)) else (dims,)
    gone = {int(d) % rank for d in dims}
    left = iter(cell.where)
    if len(cell.where) == rank:  # keepdim: what was summed is an axis of one
        place = [ALL if i in gone else at for i, at in enumerate(cell.where)]
    else:
        place = [ALL if i in gone else next(left) for i in range(rank)]
    return cell.read(value, *place).reshape(-1)


def _sum(cell: Cell) -> Found:
    every = _reduced(cell)
    text = terms([factor(x) for x in every[:SHOWN]], len(every))
    return Found(text, float(every.sum()), float(abs(every).sum()))


def _mean(cell: Cell) -> Found:
    found, count = _sum(cell), len(_reduced(cell))
    text = f"({found.text}) / {count:,}"
    return Found(text, found.value / count, found.size / count)


def _cumsum(cell: Cell) -> Found:
    row, here = _row(cell)
    until = row[: here + 1]
    text = terms([factor(x) for x in until[:SHOWN]], len(until))
    return Found(text, float(until.sum()), float(abs(until).sum()))


def _extreme(name: str) -> Rule:
    """The largest or smallest of a row, or the larger or smaller of two numbers."""

    def rule(cell: Cell) -> Found:
        if len(cell.cycle.inputs) == 2:
            return ELEMENTS[f"{name}imum"](cell)
        every = _reduced(cell)
        return Found(_listed(name, every), float(getattr(every, name)()), 0.0)

    return rule


def _argmax(cell: Cell) -> Found:
    value = cell.cycle.inputs[0]
    rank, dim = len(value.shape), cell.argument("dim", cell.argument("argument 1"))
    if dim is None or len(cell.where) >= rank:
        raise ValueError("over everything, or an axis of one is kept")
    # A single text is read as such, although it is a batch of one.
    place: list[Any] = [0] * (rank - 1 - len(cell.where)) + list(cell.where)
    place.insert(int(dim) % rank, ALL)
    row = cell.read(value, *place)
    return Found(_listed("argmax", row), float(row.argmax()), 0.0, cell.symbol)


def _listed(name: str, row: np.ndarray) -> str:
    """`max(0.1, 0.2, 0.3, … 6 more)`; all of a short row."""
    most = SHOWN + 3
    shown = [number(x) for x in row[: most if len(row) <= most else SHOWN]]
    more = len(row) - len(shown)
    left = tr("{count} more").format(count=f"{more:,}")
    return f"{name}({', '.join(shown)}{f', … {left}' if more else ''})"


ROWS: dict[str, Rule] = {
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "layer_norm": _layer_norm,
    "batch_norm": _batch_norm,
    "rms_norm": _rms_norm,
    "sum": _sum,
    "mean": _mean,
    "cumsum": _cumsum,
    "max": _extreme("max"),
    "min": _extreme("min"),
    "argmax": _argmax,
}

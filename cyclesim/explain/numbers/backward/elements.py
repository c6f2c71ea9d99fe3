"""Gradients that need one number of each operand, or a share of one."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from cyclesim.explain.numbers.backward.reading import (
    ALL,
    arrived,
    arrived_here,
    gathered,
    needed,
    symbol_of,
)
from cyclesim.explain.numbers.cell import Cell, Found, Rule, factor, number
from cyclesim.explain.shapes import operand, scalar_operand

__all__ = ["ELEMENTS"]


def _slope(name: str, form: str, slope: Callable[[float], float]) -> Rule:
    """`g · f'(x)`, where f' is worked out of what was kept under `name`."""

    def rule(cell: Cell) -> Found:
        g, x = arrived_here(cell), float(cell.read(needed(cell, name), *cell.where))
        text = f"{number(g)} · {form.format(factor(x))}"
        return Found(text, g * slope(x), abs(g) * max(1.0, abs(slope(x))), symbol_of(cell))

    return rule


def _gelu(cell: Cell) -> Found:
    g, x = arrived_here(cell), float(cell.read(needed(cell, "input"), *cell.where))
    if cell.argument("approximate", "none") == "tanh":
        k = math.sqrt(2 / math.pi)
        t = math.tanh(k * (x + 0.044715 * x**3))
        slope = (1 + t) / 2 + x / 2 * (1 - t * t) * k * (1 + 3 * 0.044715 * x * x)
        text = f"{number(g)} · y'({number(x)}) = {number(g)} · {factor(slope)}"
        return Found(text, g * slope, abs(g) * (1 + abs(x)), "∂L/∂x")
    above = 0.5 * (1 + math.erf(x / math.sqrt(2)))
    density = math.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    text = f"{number(g)} · ({number(above)} + {factor(x)}·{number(density)})"
    return Found(text, g * (above + x * density), abs(g) * (1 + abs(x)), "∂L/∂x")


def _relu(cell: Cell) -> Found:
    g, kept = arrived_here(cell), operand(cell.cycle, "output") or needed(cell, "input")
    passes = float(cell.read(kept, *cell.where)) > 0
    return Found(number(g) if passes else "0", g if passes else 0.0, abs(g), "∂L/∂x")


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _pow(cell: Cell) -> Found:
    n = scalar_operand(cell.cycle)
    if n is None:
        raise ValueError("another operand")
    g, x = arrived_here(cell), float(cell.read(needed(cell, "input"), *cell.where))
    text = f"{number(g)} · {number(n)}·{factor(x)}^{number(n - 1)}"
    return Found(text, g * n * x ** (n - 1), 0.0, "∂L/∂x")


def _passed(sign: float = 1.0) -> Rule:
    """The gradient as it came, summed where the operand was broadcast."""

    def rule(cell: Cell) -> Found:
        if cell.argument("alpha", 1) != 1:
            raise ValueError("scaled")
        g = sign * cell.read(arrived(cell), *[ALL] * len(arrived(cell).shape))
        return gathered(cell, g, symbol_of(cell))

    return rule


def _spread(cell: Cell) -> Found:
    """Of a mean: the share of each number that it was over."""
    wrote, g = cell.cycle.outputs[cell.output].shape, arrived(cell)
    count = math.prod(wrote) // max(math.prod(g.shape), 1)
    share = _one_for_many(cell)
    return Found(f"{number(share)} / {count:,}", share / count, abs(share / count), "∂L/∂x")


def _one_for_many(cell: Cell) -> float:
    """The number of g that this cell was summed into."""
    g = arrived(cell)
    if len(g.shape) == len(cell.where):
        place = tuple(0 if n == 1 else i for i, n in zip(cell.where, g.shape, strict=True))
        return float(cell.read(g, *place))
    if g.shape:
        raise ValueError("an axis is gone")
    return float(cell.read(g))


def _total(cell: Cell) -> Found:
    share = _one_for_many(cell)
    return Found(number(share), share, abs(share), "∂L/∂x")


def _times(other: str) -> Rule:
    """The gradient times the other factor: a tensor, or a plain number."""

    def rule(cell: Cell) -> Found:
        shape, value = arrived(cell).shape, operand(cell.cycle, other)
        g = cell.read(arrived(cell), *[ALL] * len(shape))
        if value is None:
            scalar = scalar_operand(cell.cycle)
            if scalar is None:
                raise ValueError("no other factor")
            x = arrived_here(cell)
            return Found(f"{number(x)} × {factor(scalar)}", x * scalar, 0.0, symbol_of(cell))
        y = cell.read(value, *[ALL] * len(value.shape))
        if cell.cycle.outputs[cell.output].shape == shape:
            x, there = arrived_here(cell), cell.meets(value)
            return Found(f"{number(x)} × {factor(there)}", x * there, 0.0, symbol_of(cell))
        return gathered(cell, g * y, symbol_of(cell))

    return rule


def _divided(cell: Cell) -> Found:
    x, value = arrived_here(cell), operand(cell.cycle, "other")
    below = scalar_operand(cell.cycle) if value is None else cell.meets(value)
    if not below:
        raise ValueError("no divisor")
    return Found(f"{number(x)} ÷ {factor(below)}", x / below, 0.0, symbol_of(cell))


def _divisor(cell: Cell) -> Found:
    """`−g·x / y²`, summed where the divisor was broadcast."""
    x, y = needed(cell, "input"), needed(cell, "other")
    g = cell.read(arrived(cell), *[ALL] * len(arrived(cell).shape))
    above, below = (cell.read(v, *[ALL] * len(v.shape)) for v in (x, y))
    if cell.cycle.outputs[cell.output].shape != arrived(cell).shape:
        return gathered(cell, -g * above / below**2, symbol_of(cell))
    one, up, down = arrived_here(cell), cell.meets(x), cell.meets(y)
    text = f"−{factor(one)}·{factor(up)} ÷ {factor(down)}²"
    return Found(text, -one * up / down**2, 0.0, symbol_of(cell))


def _dropout(cell: Cell) -> Found:
    if not cell.has("mask"):
        raise LookupError("mask")
    x, mask = arrived_here(cell), float(cell.read(needed(cell, "mask"), *cell.where))
    if needed(cell, "mask").dtype == "bool":
        mask /= 1 - float(cell.argument("p", 0.5))
    return Found(f"{number(x)} × {factor(mask)}", x * mask, 0.0, "∂L/∂x")


def _chosen(first: bool) -> Rule:
    """Of the two that `where` chose from: the gradient where this one was taken."""

    def rule(cell: Cell) -> Found:
        return _through(cell, "condition", first)

    return rule


def _unmasked(cell: Cell) -> Found:
    return _through(cell, "mask", False)


def _through(cell: Cell, name: str, passes: bool) -> Found:
    """The gradient where a mask has the value `passes`, 0 elsewhere."""
    g, mask = arrived(cell), needed(cell, name)
    whole = cell.read(g, *[ALL] * len(g.shape))
    let = (cell.read(mask, *[ALL] * len(mask.shape)) != 0) == passes
    return gathered(cell, np.where(let, whole, 0.0), symbol_of(cell))


ELEMENTS: dict[str, dict[str, Rule]] = {
    "gelu": {"grad input": _gelu},
    "relu": {"grad input": _relu},
    "tanh": {"grad input": _slope("output", "(1 − {0}²)", lambda y: 1 - y * y)},
    "sigmoid": {"grad input": _slope("output", "{0}·(1 − {0})", lambda y: y * (1 - y))},
    "silu": {
        "grad input": _slope(
            "input",
            "(σ + x·σ·(1 − σ)), x = {0}",
            lambda x: _sigmoid(x) * (1 + x * (1 - _sigmoid(x))),
        )
    },
    "rsqrt": {"grad input": _slope("output", "(−{0}³/2)", lambda y: -(y**3) / 2)},
    "exp": {"grad input": _slope("output", "{0}", lambda y: y)},
    "pow": {"grad input": _pow},
    "add": {"grad input": _passed(), "grad other": _passed()},
    "sub": {"grad input": _passed(), "grad other": _passed(-1.0)},
    "mul": {"grad input": _times("other"), "grad other": _times("input")},
    "div": {"grad input": _divided, "grad other": _divisor},
    "mean": {"grad input": _spread},
    "sum": {"grad input": _total},
    "dropout": {"grad input": _dropout},
    **{name: {"grad input": _passed()} for name in ("to", "clone", "contiguous", "float")},
    "where": {"grad x": _chosen(True), "grad y": _chosen(False)},
    "masked_fill": {"grad input": _unmasked},
}

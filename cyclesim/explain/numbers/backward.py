"""Rules for the cells of gradients: the chain rule with the real numbers of one cell.

Each rule is of one operand of one function, and reads the gradient that arrived, called g, and what
backward kept of the forward.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from cyclesim.cost.learning import forward_op
from cyclesim.explain.numbers.cell import SHOWN, Cell, Found, Rule, dot, factor, number, terms
from cyclesim.explain.shapes import operand, scalar_operand
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.tensor import Value

__all__ = ["gradient_rule"]

ALL = slice(None)


def gradient_rule(cycle: Cycle, name: str) -> Rule | None:
    """The rule for the gradient called `name` that `cycle` wrote; None if there is none."""
    op = forward_op(cycle.op)
    return _RULES.get(op or "", {}).get(name)


# -- what they read ----------------------------------------------------------------------------


def _operand(cell: Cell, name: str) -> Value:
    found = operand(cell.cycle, name)
    if found is None:
        raise LookupError(name)
    return found


def _g(cell: Cell) -> Value:
    """The gradient that arrived."""
    return _operand(cell, "grad output")


def _here(cell: Cell) -> float:
    """The number of it at this cell, of a gradient that has its shape."""
    g = _g(cell)
    if g.shape != cell.cycle.outputs[cell.output].shape:
        raise ValueError("summed over what was broadcast")
    return float(cell.read(g, *cell.where))


def _sum(numbers: np.ndarray, symbol: str) -> Found:
    flat = numbers.reshape(-1)
    text = terms([factor(x) for x in flat[:SHOWN]], len(flat))
    return Found(text, float(flat.sum()), float(abs(flat).sum()), symbol)


def _gathered(cell: Cell, numbers: np.ndarray, symbol: str) -> Found:
    """Of numbers of the shape of g: the one at this cell, or the sum over what was broadcast."""
    shape, wrote = _g(cell).shape, cell.cycle.outputs[cell.output].shape
    lead = len(shape) - len(wrote)
    place: list[Any] = [ALL] * lead
    for at, size, full in zip(cell.where, wrote, shape[lead:], strict=True):
        place.append(ALL if size == 1 and full > 1 else at)
    found = np.asarray(numbers[tuple(place)])
    if not found.shape:
        return Found(number(float(found)), float(found), abs(float(found)), symbol)
    return _sum(found, symbol)


# -- products ----------------------------------------------------------------------------------


def _linear_input(cell: Cell) -> Found:
    g = cell.read(_g(cell), *cell.where[:-1], ALL)
    return dot(g, cell.read(_operand(cell, "weight"), ALL, cell.where[-1]), "∂L/∂x")


def _over_places(cell: Cell, one: Value, at: int, other: Value, there: int) -> Found:
    left = cell.read(one, ..., at).reshape(-1)
    return dot(left, cell.read(other, ..., there).reshape(-1), "∂L/∂W")


def _linear_weight(cell: Cell) -> Found:
    out, into = cell.where
    return _over_places(cell, _g(cell), out, _operand(cell, "input"), into)


def _bias(cell: Cell) -> Found:
    return _sum(cell.read(_g(cell), ..., cell.where[-1]), "∂L/∂b")


def _plain(cell: Cell) -> None:
    if {k for k in ("alpha", "beta") if cell.argument(k, 1) != 1}:
        raise ValueError("scaled")


def _addmm_read(cell: Cell) -> Found:
    _plain(cell)
    row, into = cell.where
    g = cell.read(_g(cell), row, ALL)
    return dot(g, cell.read(_operand(cell, "mat2"), into, ALL), "∂L/∂x")


def _addmm_weight(cell: Cell) -> Found:
    _plain(cell)
    into, out = cell.where
    return _over_places(cell, _operand(cell, "mat1"), into, _g(cell), out)


def _addmm_bias(cell: Cell) -> Found:
    _plain(cell)
    return _bias(cell)


def _left(second: str) -> Rule:
    """`G Bᵀ`: of the left operand of a matrix product."""

    def rule(cell: Cell) -> Found:
        other = _same_batch(cell, second)
        *batch, row, inner = cell.where
        g = cell.read(_g(cell), *batch, row, ALL)
        return dot(g, cell.read(other, *batch, inner, ALL), _SYMBOLS.get(cell.cycle.step, "∂L/∂A"))

    return rule


def _right(cell: Cell) -> Found:
    """`Aᵀ G`: of the right operand."""
    first = _same_batch(cell, "input")
    *batch, inner, column = cell.where
    left = cell.read(first, *batch, ALL, inner)
    symbol = {"scores": "∂L/∂k", "context": "∂L/∂v"}.get(cell.cycle.step, "∂L/∂B")
    return dot(left, cell.read(_g(cell), *batch, ALL, column), symbol)


_SYMBOLS = {"scores": "∂L/∂q", "context": "∂L/∂p", "softmax": "∂L/∂s", "scale": "∂L/∂s"}


def _same_batch(cell: Cell, name: str) -> Value:
    found = _operand(cell, name)
    wrote = cell.cycle.outputs[cell.output]
    if found.shape[:-2] != _g(cell).shape[:-2] or wrote.shape[:-2] != found.shape[:-2]:
        raise ValueError("broadcast")
    return found


# -- rows --------------------------------------------------------------------------------------


def _row(cell: Cell, value: Value) -> tuple[np.ndarray, int]:
    axis = int(cell.argument("dim", -1)) % len(cell.where)
    place = (*cell.where[:axis], ALL, *cell.where[axis + 1 :])
    return cell.read(value, *place), cell.where[axis]


def _softmax(cell: Cell) -> Found:
    p, here = _row(cell, _operand(cell, "output"))
    g, _ = _row(cell, _g(cell))
    mean = float(p @ g)
    text = f"{number(p[here])} · ({number(g[here])} − {factor(mean)})"
    size = p[here] * (abs(g[here]) + float(abs(p) @ abs(g)))
    symbol = _SYMBOLS.get(cell.cycle.step, "∂L/∂z")
    return Found(text, float(p[here] * (g[here] - mean)), float(size), symbol)


def _log_softmax(cell: Cell) -> Found:
    logs, here = _row(cell, _operand(cell, "output"))
    g, _ = _row(cell, _g(cell))
    p, total = math.exp(logs[here]), float(g.sum())
    text = f"{number(g[here])} − {number(p)} · {factor(total)}"
    size = abs(g[here]) + p * float(abs(g).sum())
    return Found(text, float(g[here] - p * total), size, "∂L/∂z")


def _layer_norm_input(cell: Cell) -> Found:
    here = cell.where[-1]
    g = cell.read(_g(cell), *cell.where[:-1], ALL)
    weight = operand(cell.cycle, "weight")
    h = g if weight is None else g * cell.read(weight, ALL)
    n, rstd = _normalised(cell, cell.where[:-1])
    along, across = float(h.mean()), float((h * n).mean())
    text = (
        f"({number(h[here])} − {factor(along)} − {factor(float(n[here]))}·{factor(across)})"
        f" · {number(rstd)}"
    )
    value = (h[here] - along - n[here] * across) * rstd
    size = (abs(h[here]) + abs(along) + float(abs(n).max() * abs(h * n).mean())) * rstd
    return Found(text, float(value), float(size), "∂L/∂x")


def _normalised(cell: Cell, place: tuple[Any, ...]) -> tuple[np.ndarray, Any]:
    """x̂ at `place`, and 1/√(σ² + ε) there."""
    shape: Any = cell.argument("normalized_shape", ())
    if isinstance(shape, (tuple, list)) and len(shape) > 1:
        raise ValueError("normalises over several axes")
    x = cell.read(_operand(cell, "input"), *place, ALL)
    mean = cell.read(_operand(cell, "mean"), *place, 0)
    rstd = cell.read(_operand(cell, "rstd"), *place, 0)
    spread = np.asarray(rstd)[..., None]
    return (x - np.asarray(mean)[..., None]) * spread, rstd if np.shape(rstd) else float(rstd)


def _layer_norm_weight(cell: Cell) -> Found:
    (here,) = cell.where
    n, _ = _normalised(cell, (ALL,) * (len(_g(cell).shape) - 1))
    found = dot(cell.read(_g(cell), ..., here).reshape(-1), n[..., here].reshape(-1))
    return found._replace(symbol="∂L/∂γ")


def _layer_norm_bias(cell: Cell) -> Found:
    return _bias(cell)._replace(symbol="∂L/∂β")


def _cross_entropy(cell: Cell) -> Found:
    usual = ("label_smoothing", 0.0), ("reduction", "mean")
    if any(cell.argument(name, value) != value for name, value in usual):
        raise ValueError("another loss")
    row, column = cell.where
    label = int(cell.read(_operand(cell, "target"), row))
    if label == int(cell.argument("ignore_index", -100)):
        return Found("0", 0.0, 0.0, "∂L/∂z")
    total = next(v for v in cell.cycle.inputs if v.name.endswith("total_weight"))
    count = float(cell.read(total))
    p = math.exp(float(cell.read(_operand(cell, "log_probabilities"), row, column)))
    g = float(cell.read(_g(cell)))
    right = column == label
    text = f"({number(p)}{' − 1' if right else ''}) / {number(count)}"
    if g != 1:
        text += f" · {factor(g)}"
    return Found(text, (p - right) / count * g, (p + right) / count * abs(g), "∂L/∂z")


# -- one number of each ------------------------------------------------------------------------


def _slope(name: str, form: str, slope: Callable[[float], float]) -> Rule:
    """`g · f'(x)`, where f' is worked out of what was kept under `name`."""

    def rule(cell: Cell) -> Found:
        g, x = _here(cell), float(cell.read(_operand(cell, name), *cell.where))
        text = f"{number(g)} · {form.format(factor(x))}"
        return Found(text, g * slope(x), abs(g) * max(1.0, abs(slope(x))), _symbol(cell))

    return rule


def _symbol(cell: Cell) -> str:
    return _SYMBOLS.get(cell.cycle.step, "∂L/∂x")


def _gelu(cell: Cell) -> Found:
    g, x = _here(cell), float(cell.read(_operand(cell, "input"), *cell.where))
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
    g, kept = _here(cell), operand(cell.cycle, "output") or _operand(cell, "input")
    passes = float(cell.read(kept, *cell.where)) > 0
    return Found(number(g) if passes else "0", g if passes else 0.0, abs(g), "∂L/∂x")


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _pow(cell: Cell) -> Found:
    n = scalar_operand(cell.cycle)
    if n is None:
        raise ValueError("another operand")
    g, x = _here(cell), float(cell.read(_operand(cell, "input"), *cell.where))
    text = f"{number(g)} · {number(n)}·{factor(x)}^{number(n - 1)}"
    return Found(text, g * n * x ** (n - 1), 0.0, "∂L/∂x")


def _passed(sign: float = 1.0) -> Rule:
    """The gradient as it came, summed where the operand was broadcast."""

    def rule(cell: Cell) -> Found:
        if cell.argument("alpha", 1) != 1:
            raise ValueError("scaled")
        g = sign * cell.read(_g(cell), *[ALL] * len(_g(cell).shape))
        return _gathered(cell, g, _symbol(cell))

    return rule


def _spread(cell: Cell) -> Found:
    """Of a mean: the share of each number that it was over."""
    wrote, g = cell.cycle.outputs[cell.output].shape, _g(cell)
    count = math.prod(wrote) // max(math.prod(g.shape), 1)
    share = _one_for_many(cell)
    return Found(f"{number(share)} / {count:,}", share / count, abs(share / count), "∂L/∂x")


def _one_for_many(cell: Cell) -> float:
    """The number of g that this cell was summed into."""
    g = _g(cell)
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
        shape, value = _g(cell).shape, operand(cell.cycle, other)
        g = cell.read(_g(cell), *[ALL] * len(shape))
        if value is None:
            scalar = scalar_operand(cell.cycle)
            if scalar is None:
                raise ValueError("no other factor")
            x = _here(cell)
            return Found(f"{number(x)} × {factor(scalar)}", x * scalar, 0.0, _symbol(cell))
        y = cell.read(value, *[ALL] * len(value.shape))
        if cell.cycle.outputs[cell.output].shape == shape:
            x, there = _here(cell), cell.meets(value)
            return Found(f"{number(x)} × {factor(there)}", x * there, 0.0, _symbol(cell))
        return _gathered(cell, g * y, _symbol(cell))

    return rule


def _divided(cell: Cell) -> Found:
    x, value = _here(cell), operand(cell.cycle, "other")
    below = scalar_operand(cell.cycle) if value is None else cell.meets(value)
    if not below:
        raise ValueError("no divisor")
    return Found(f"{number(x)} ÷ {factor(below)}", x / below, 0.0, _symbol(cell))


def _dropout(cell: Cell) -> Found:
    if not cell.has("mask"):
        raise LookupError("mask")
    x, mask = _here(cell), float(cell.read(_operand(cell, "mask"), *cell.where))
    if _operand(cell, "mask").dtype == "bool":
        mask /= 1 - float(cell.argument("p", 0.5))
    return Found(f"{number(x)} × {factor(mask)}", x * mask, 0.0, "∂L/∂x")


def _embedding(cell: Cell) -> Found:
    if cell.argument("scale_grad_by_freq") or cell.has("offsets"):
        raise ValueError("scaled")
    row, column = cell.where
    ids = cell.read(_operand(cell, "input"), ...).reshape(-1)
    g = cell.read(_g(cell), ..., column).reshape(-1)
    if len(ids) != len(g):
        raise ValueError("another shape")
    chosen = g[ids == row]
    if row == cell.argument("padding_idx", -1) or not len(chosen):
        return Found("0", 0.0, 0.0, "∂L/∂W")
    return _sum(chosen, "∂L/∂W")


_RULES: dict[str, dict[str, Rule]] = {
    "linear": {"grad input": _linear_input, "grad weight": _linear_weight, "grad bias": _bias},
    "addmm": {"grad mat1": _addmm_read, "grad mat2": _addmm_weight, "grad input": _addmm_bias},
    "matmul": {"grad input": _left("other"), "grad other": _right},
    "bmm": {"grad input": _left("mat2"), "grad mat2": _right},
    "softmax": {"grad input": _softmax},
    "log_softmax": {"grad input": _log_softmax},
    "layer_norm": {
        "grad input": _layer_norm_input,
        "grad weight": _layer_norm_weight,
        "grad bias": _layer_norm_bias,
    },
    "cross_entropy": {"grad input": _cross_entropy},
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
    "div": {"grad input": _divided},
    "mean": {"grad input": _spread},
    "sum": {"grad input": _total},
    "dropout": {"grad input": _dropout},
    "embedding": {"grad weight": _embedding},
    **{name: {"grad input": _passed()} for name in ("to", "clone", "contiguous", "float")},
}

"""Gradients of what works on whole rows: softmax, norms, the loss."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from cyclesim.explain.numbers.backward.reading import (
    ALL,
    SYMBOLS,
    arrived,
    bias,
    needed,
)
from cyclesim.explain.numbers.cell import Cell, Found, Rule, dot, factor, number
from cyclesim.explain.shapes import operand
from cyclesim.trace.tensor import Value

__all__ = ["ROWS"]


def _row(cell: Cell, value: Value) -> tuple[np.ndarray, int]:
    axis = int(cell.argument("dim", -1)) % len(cell.where)
    place = (*cell.where[:axis], ALL, *cell.where[axis + 1 :])
    return cell.read(value, *place), cell.where[axis]


def _softmax(cell: Cell) -> Found:
    p, here = _row(cell, needed(cell, "output"))
    g, _ = _row(cell, arrived(cell))
    mean = float(p @ g)
    text = f"{number(p[here])} · ({number(g[here])} − {factor(mean)})"
    size = p[here] * (abs(g[here]) + float(abs(p) @ abs(g)))
    symbol = SYMBOLS.get(cell.cycle.step, "∂L/∂z")
    return Found(text, float(p[here] * (g[here] - mean)), float(size), symbol)


def _log_softmax(cell: Cell) -> Found:
    logs, here = _row(cell, needed(cell, "output"))
    g, _ = _row(cell, arrived(cell))
    p, total = math.exp(logs[here]), float(g.sum())
    text = f"{number(g[here])} − {number(p)} · {factor(total)}"
    size = abs(g[here]) + p * float(abs(g).sum())
    return Found(text, float(g[here] - p * total), size, "∂L/∂z")


def _layer_norm_input(cell: Cell) -> Found:
    here = cell.where[-1]
    g = cell.read(arrived(cell), *cell.where[:-1], ALL)
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
    x = cell.read(needed(cell, "input"), *place, ALL)
    mean = cell.read(needed(cell, "mean"), *place, 0)
    rstd = cell.read(needed(cell, "rstd"), *place, 0)
    spread = np.asarray(rstd)[..., None]
    return (x - np.asarray(mean)[..., None]) * spread, rstd if np.shape(rstd) else float(rstd)


def _layer_norm_weight(cell: Cell) -> Found:
    (here,) = cell.where
    n, _ = _normalised(cell, (ALL,) * (len(arrived(cell).shape) - 1))
    found = dot(cell.read(arrived(cell), ..., here).reshape(-1), n[..., here].reshape(-1))
    return found._replace(symbol="∂L/∂γ")


def _layer_norm_bias(cell: Cell) -> Found:
    return bias(cell)._replace(symbol="∂L/∂β")


def _cross_entropy(cell: Cell) -> Found:
    usual = ("label_smoothing", 0.0), ("reduction", "mean")
    if any(cell.argument(name, value) != value for name, value in usual):
        raise ValueError("another loss")
    row, column = cell.where
    label = int(cell.read(needed(cell, "target"), row))
    if label == int(cell.argument("ignore_index", -100)):
        return Found("0", 0.0, 0.0, "∂L/∂z")
    total = next(v for v in cell.cycle.inputs if v.name.endswith("total_weight"))
    count = float(cell.read(total))
    p = math.exp(float(cell.read(needed(cell, "log_probabilities"), row, column)))
    g = float(cell.read(arrived(cell)))
    right = column == label
    text = f"({number(p)}{' − 1' if right else ''}) / {number(count)}"
    if g != 1:
        text += f" · {factor(g)}"
    return Found(text, (p - right) / count * g, (p + right) / count * abs(g), "∂L/∂z")


ROWS: dict[str, dict[str, Rule]] = {
    "softmax": {"grad input": _softmax},
    "log_softmax": {"grad input": _log_softmax},
    "layer_norm": {
        "grad input": _layer_norm_input,
        "grad weight": _layer_norm_weight,
        "grad bias": _layer_norm_bias,
    },
    "cross_entropy": {"grad input": _cross_entropy},
}

"""Rules for sums of products: linear layers, matrix products, convolutions, attention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cyclesim.explain.numbers.cell import Cell, Found, Rule, dot, factor
from cyclesim.explain.shapes import operand
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.tensor import Value
from cyclesim.trace.trace import Trace

__all__ = ["PRODUCTS", "attention_row", "each", "linear_of_int8", "padded"]

ALL = slice(None)


def _linear(cell: Cell) -> Found:
    return _times_weight(cell, cell.read(cell.at("input", 0), *cell.where[:-1], ALL))


def _times_weight(cell: Cell, x: np.ndarray) -> Found:
    weight = cell.read(cell.at("weight", 1), cell.where[-1], ALL)
    found = dot(x, weight, cell.symbol)
    if len(cell.cycle.inputs) < 3:
        return found
    return _plus(found, cell.meets(cell.at("bias", 2), (cell.where[-1],)))


def linear_of_int8(cell: Cell) -> Found:
    """A linear layer whose input was first rounded to int8, each row with a scale of its own.

    So does torchao's dynamic quantisation, in float32: the largest number of a row is 127.5 steps.
    The weights are read as the numbers that their own int8 stand for.
    """
    x = cell.read(cell.at("input", 0), *cell.where[:-1], ALL).astype(np.float32)
    scale = max(abs(x).max() / np.float32(127.5), np.finfo(np.float32).eps)
    steps = np.clip(np.rint(x * (np.float32(1) / scale)), -128, 127)
    return _times_weight(cell, steps.astype(np.float64) * float(scale))


def _plus(found: Found, bias: float) -> Found:
    return found._replace(
        text=f"{found.text} + {factor(bias)}",
        value=found.value + bias,
        size=found.size + abs(bias),
    )


def _addmm(cell: Cell) -> Found:
    if {"alpha", "beta"} & {k for k, v in cell.cycle.arguments.items() if v not in ("1", "1.0")}:
        raise ValueError("scaled")
    one, two = ("batch1", "batch2") if cell.has("batch1") else ("mat1", "mat2")
    found = _product(cell, cell.at(one, 1), cell.at(two, 2))
    return _plus(found, cell.meets(cell.at("input", 0)))


def _matmul(cell: Cell) -> Found:
    return _product(cell, *cell.cycle.inputs[:2])


def _product(cell: Cell, a: Value, b: Value) -> Found:
    *batch, row, column = cell.where
    left = cell.read(a, *_own(a.shape[:-2], batch), row, ALL)
    right = cell.read(b, *_own(b.shape[:-2], batch), ALL, column)
    return dot(left, right, cell.symbol)


def _own(shape: Sequence[int], batch: Sequence[int]) -> list[int]:
    """Position along the batch axes of an operand that may be broadcast."""
    last = batch[len(batch) - len(shape) :]
    return [0 if size == 1 else i for size, i in zip(shape, last, strict=True)]


def _einsum(cell: Cell) -> Found:
    left, _, right = str(cell.argument("equation")).replace(" ", "").partition("->")
    named = left.split(",")
    if "." in left or not right or len(right) != len(cell.where) or len(named) > 2:
        raise ValueError("not one or two operands with named axes")
    fixed = dict(zip(right, cell.where, strict=True))
    if sorted(left) == sorted(right):  # it only turns the axes
        place = tuple(fixed[letter] for letter in left)
        turned = float(cell.read(cell.cycle.inputs[0], *place))
        return Found(f"x[{', '.join(map(str, place))}]", turned, 0.0, cell.symbol)
    summed = "".join(dict.fromkeys(x for x in left if x.isalpha() and x not in fixed))
    parts, axes = [], []
    for letters, value in zip(named, cell.cycle.inputs, strict=True):
        parts.append(cell.read(value, *(fixed.get(x, ALL) for x in letters)))
        axes.append("".join(x for x in letters if x not in fixed))
    equation = f"{','.join(axes)}->{summed}"
    # Each operand laid out over all summed axes, so that its numbers stand side by side.
    ones = [np.ones_like(part) for part in parts]
    a = np.einsum(equation, parts[0], ones[1]).reshape(-1)
    b = np.einsum(equation, ones[0], parts[1]).reshape(-1)
    return dot(a, b, cell.symbol)


def _convolution(cell: Cell) -> Found:
    source, weight = cell.at("input", 0), cell.at("weight", 1)
    batch, channel, *place = cell.where
    kernel, sizes = weight.shape[2:], source.shape[2:]
    stride, dilation = (each(cell.argument(n, 1), len(place)) for n in ("stride", "dilation"))
    padding = padded(cell.argument("padding", 0), kernel, dilation)
    reach: list[slice] = []
    inside: list[slice] = []
    for i, at in enumerate(place):
        start = at * stride[i] - padding[i]
        taps = [k for k in range(kernel[i]) if 0 <= start + k * dilation[i] < sizes[i]]
        first, last = taps[0], taps[-1]
        reach.append(
            slice(start + first * dilation[i], start + last * dilation[i] + 1, dilation[i])
        )
        inside.append(slice(first, last + 1))
    width = weight.shape[1]
    group = channel // (weight.shape[0] // int(cell.argument("groups", 1)))
    x = cell.read(source, batch, slice(group * width, (group + 1) * width), *reach)
    w = cell.read(weight, channel, ALL, *inside)
    found = dot(x.reshape(-1), w.reshape(-1))
    bias = operand(cell.cycle, "bias")
    return found if bias is None else _plus(found, cell.meets(bias, (channel,)))


def each(given: Any, count: int) -> tuple[int, ...]:
    """One number for each dimension: torch takes one for all of them too."""
    every = given if isinstance(given, (tuple, list)) else (given,)
    return tuple(int(n) for n in every) * (count if len(every) == 1 else 1)


def padded(given: Any, kernel: Sequence[int], dilation: Sequence[int]) -> tuple[int, ...]:
    if given == "same":
        return tuple(d * (k - 1) // 2 for k, d in zip(kernel, dilation, strict=True))
    return each(0 if given == "valid" else given, len(kernel))


def _attention(cell: Cell) -> Found:
    *batch, row, channel = cell.where
    weights, steep = _weights(cell, batch, row)
    values = cell.read(cell.at("value", 2), *_shared(cell, batch), ALL, channel)
    found = dot(weights, values, "c")
    return found._replace(text=f"Σ p·v = {found.text}", size=found.size * steep)


def attention_row(cycle: Cycle, trace: Trace | None, batch: Sequence[int], row: int) -> np.ndarray:
    """The probabilities of one query of a fused attention, recomputed from what the kernel read.

    Args:
        batch: place in the axes before the queries: the sequence and the head.

    Raises:
        CyclesimError: what the kernel read was not kept.
    """
    return _weights(Cell(cycle, trace, (*batch, row, 0)), batch, row)[0]


def _weights(cell: Cell, batch: Sequence[int], row: int) -> tuple[np.ndarray, float]:
    """The probabilities of one query, and by how much an error of a score is larger in them."""
    query = cell.read(cell.at("query", 0), *batch, row, ALL)
    keys = cell.read(cell.at("key", 1), *_shared(cell, batch), ALL, ALL)
    scale = cell.argument("scale")
    scores = keys @ query * (float(scale) if scale is not None else len(query) ** -0.5)
    steep = 1 + float((abs(keys) @ abs(query)).max()) * 0.1
    mask = operand(cell.cycle, "attn_mask")
    if mask is not None:
        whole = cell.read(mask, *_own(mask.shape[:-2], batch), ...)
        line = whole[row if mask.shape[-2] > 1 else 0]
        scores = np.where(line > 0, scores, -np.inf) if mask.dtype == "bool" else scores + line
    if cell.argument("is_causal"):
        scores[row + 1 :] = -np.inf
    largest = scores.max()
    powers = np.exp(scores - largest) if np.isfinite(largest) else np.zeros_like(scores)
    total = powers.sum()
    return (powers / total if total else powers), steep


def _shared(cell: Cell, batch: Sequence[int]) -> list[int]:
    """Where the keys and values of a query are: several heads may share them."""
    q, k = cell.at("query", 0), cell.at("key", 1)
    if len(batch) < 2:
        return list(batch)
    return [*batch[:-1], batch[-1] // max(1, q.shape[-3] // k.shape[-3])]


PRODUCTS: dict[str, Rule] = {
    "linear": _linear,
    **dict.fromkeys(("addmm", "baddbmm"), _addmm),
    **dict.fromkeys(("matmul", "bmm", "mm"), _matmul),
    "einsum": _einsum,
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), _convolution),
    "scaled_dot_product_attention": _attention,
}

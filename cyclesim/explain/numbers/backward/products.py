"""Gradients of products: linear layers, matrix products, sums over named axes, convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cyclesim.explain.numbers.backward.reading import (
    ALL,
    SYMBOLS,
    arrived,
    bias,
    forward_of,
    needed,
    summed,
)
from cyclesim.explain.numbers.cell import Cell, Found, Rule, dot
from cyclesim.explain.numbers.products import each, padded
from cyclesim.trace.tensor import Value

__all__ = ["PRODUCTS"]


def _linear_input(cell: Cell) -> Found:
    g = cell.read(arrived(cell), *cell.where[:-1], ALL)
    return dot(g, cell.read(needed(cell, "weight"), ALL, cell.where[-1]), "∂L/∂x")


def _over_places(cell: Cell, one: Value, at: int, other: Value, there: int) -> Found:
    left = cell.read(one, ..., at).reshape(-1)
    return dot(left, cell.read(other, ..., there).reshape(-1), "∂L/∂W")


def _linear_weight(cell: Cell) -> Found:
    out, into = cell.where
    return _over_places(cell, arrived(cell), out, needed(cell, "input"), into)


def _plain(cell: Cell) -> None:
    if {k for k in ("alpha", "beta") if cell.argument(k, 1) != 1}:
        raise ValueError("scaled")


def _addmm_read(cell: Cell) -> Found:
    _plain(cell)
    row, into = cell.where
    g = cell.read(arrived(cell), row, ALL)
    return dot(g, cell.read(needed(cell, "mat2"), into, ALL), "∂L/∂x")


def _addmm_weight(cell: Cell) -> Found:
    _plain(cell)
    into, out = cell.where
    return _over_places(cell, needed(cell, "mat1"), into, arrived(cell), out)


def _addmm_bias(cell: Cell) -> Found:
    _plain(cell)
    return bias(cell)


def _left(second: str) -> Rule:
    """`G Bᵀ`: of the left operand of a matrix product."""

    def rule(cell: Cell) -> Found:
        other = _same_batch(cell, second)
        *batch, row, inner = cell.where
        g = cell.read(arrived(cell), *batch, row, ALL)
        return dot(g, cell.read(other, *batch, inner, ALL), SYMBOLS.get(cell.cycle.step, "∂L/∂A"))

    return rule


def _right(cell: Cell) -> Found:
    """`Aᵀ G`: of the right operand."""
    first = _same_batch(cell, "input")
    *batch, inner, column = cell.where
    left = cell.read(first, *batch, ALL, inner)
    symbol = {"scores": "∂L/∂k", "context": "∂L/∂v"}.get(cell.cycle.step, "∂L/∂B")
    return dot(left, cell.read(arrived(cell), *batch, ALL, column), symbol)


def _same_batch(cell: Cell, name: str) -> Value:
    found = needed(cell, name)
    wrote = cell.cycle.outputs[cell.output]
    if found.shape[:-2] != arrived(cell).shape[:-2] or wrote.shape[:-2] != found.shape[:-2]:
        raise ValueError("broadcast")
    return found


# -- sums over named axes ----------------------------------------------------------------------


def _einsum(cell: Cell) -> Found:
    """Of one of two operands: the gradient times the other, over the axes that this one lacks."""
    equation = str(cell.argument("equation")).replace(" ", "")
    left, _, right = equation.partition("->")
    named, place = left.split(","), _operand_number(cell)
    if "." in left or not right or len(named) != 2 or any(len(set(n)) < len(n) for n in named):
        raise ValueError("not two operands with named axes")
    mine, theirs = named[place], named[1 - place]
    if not set(mine) <= set(right) | set(theirs):
        raise ValueError("an axis that is summed alone")
    other = forward_of(cell).inputs[1 - place]
    known = next((v for v in cell.cycle.inputs if v.name == other.name), other)
    fixed = dict(zip(mine, cell.where, strict=True))
    g = cell.read(arrived(cell), *(fixed.get(x, ALL) for x in right))
    y = cell.read(known, *(fixed.get(x, ALL) for x in theirs))
    rest = ["".join(x for x in letters if x not in fixed) for letters in (right, theirs)]
    axes = "".join(dict.fromkeys("".join(rest)))
    # Both laid out over all summed axes, so that their numbers stand side by side.
    spread = f"{rest[0]},{rest[1]}->{axes}"
    one = np.einsum(spread, g, np.ones_like(y)).reshape(-1)
    two = np.einsum(spread, np.ones_like(g), y).reshape(-1)
    return dot(one, two, f"∂L/∂{'AB'[place]}")


def _operand_number(cell: Cell) -> int:
    """Which operand of the forward the gradient is of, from 0."""
    name = cell.cycle.outputs[cell.output].name.removeprefix("grad ")
    return [value.name for value in forward_of(cell).inputs].index(name)


# -- convolutions ------------------------------------------------------------------------------


def _convolution_input(cell: Cell) -> Found:
    """Every output that read this number, times the weight that it was read with."""
    shape = _Convolution.of(cell)
    batch, channel, *place = cell.where
    group, within = divmod(channel, shape.width)
    outs = slice(group * shape.outs, (group + 1) * shape.outs)
    g, w = arrived(cell), needed(cell, "weight")
    left, right = [], []
    for taps in np.ndindex(*shape.kernel):
        at = shape.read_by(place, taps)
        if at is not None:
            left.append(cell.read(g, batch, outs, *at))
            right.append(cell.read(w, outs, within, *taps))
    if not left:
        return Found("0", 0.0, 0.0, "∂L/∂x")
    return dot(np.concatenate(left), np.concatenate(right), "∂L/∂x")


def _convolution_weight(cell: Cell) -> Found:
    """Every output of the channel, times the number that this weight met there."""
    shape = _Convolution.of(cell)
    out, within, *taps = cell.where
    channel = out // shape.outs * shape.width + within
    g, x = arrived(cell), needed(cell, "input")
    left, right = [], []
    for at in np.ndindex(*g.shape[2:]):
        place = shape.reads(at, taps)
        if place is not None:
            left.append(cell.read(g, ALL, out, *at))
            right.append(cell.read(x, ALL, channel, *place))
    return dot(np.concatenate(left), np.concatenate(right), "∂L/∂W")


def _convolution_bias(cell: Cell) -> Found:
    return summed(cell.read(arrived(cell), ALL, cell.where[0], ...), "∂L/∂b")


@dataclass(frozen=True)
class _Convolution:
    """How a convolution went over its input.

    Attributes:
        kernel, stride, padding, dilation: for each dimension.
        sizes, made: of the input and of the output, without batch and channels.
        width, outs: channels of the input and of the output, of one group.
    """

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    sizes: tuple[int, ...]
    made: tuple[int, ...]
    width: int
    outs: int

    @classmethod
    def of(cls, cell: Cell) -> _Convolution:
        """That of the forward of this cycle."""
        weight, source = needed(cell, "weight"), needed(cell, "input")
        kernel = weight.shape[2:]
        stride, dilation = (each(cell.argument(n, 1), len(kernel)) for n in ("stride", "dilation"))
        return cls(
            kernel, stride, padded(cell.argument("padding", 0), kernel, dilation), dilation,
            source.shape[2:], arrived(cell).shape[2:], weight.shape[1],
            weight.shape[0] // int(cell.argument("groups", 1)),
        )  # fmt: skip

    def reads(self, out: Sequence[int], taps: Sequence[int]) -> tuple[int, ...] | None:
        """Where the output at `out` read with the weight at `taps`; None in the padding."""
        found = tuple(
            o * s - p + k * d
            for o, s, p, k, d in zip(
                out, self.stride, self.padding, taps, self.dilation, strict=True
            )
        )
        inside = all(0 <= i < n for i, n in zip(found, self.sizes, strict=True))
        return found if inside else None

    def read_by(self, place: Sequence[int], taps: Sequence[int]) -> tuple[int, ...] | None:
        """The output that read `place` with the weight at `taps`; None if there is none."""
        found = []
        for axis, (at, tap) in enumerate(zip(place, taps, strict=True)):
            steps = at + self.padding[axis] - tap * self.dilation[axis]
            out, rest = divmod(steps, self.stride[axis])
            if rest or not 0 <= out < self.made[axis]:
                return None
            found.append(out)
        return tuple(found)


_CONVOLUTION: dict[str, Rule] = {
    "grad input": _convolution_input,
    "grad weight": _convolution_weight,
    "grad bias": _convolution_bias,
}

PRODUCTS: dict[str, dict[str, Rule]] = {
    "linear": {"grad input": _linear_input, "grad weight": _linear_weight, "grad bias": bias},
    "addmm": {"grad mat1": _addmm_read, "grad mat2": _addmm_weight, "grad input": _addmm_bias},
    "matmul": {"grad input": _left("other"), "grad other": _right},
    "bmm": {"grad input": _left("mat2"), "grad mat2": _right},
    "einsum": {"grad argument 1": _einsum, "grad argument 2": _einsum, "grad operands": _einsum},
    "conv1d": _CONVOLUTION,
    "conv2d": _CONVOLUTION,
    "conv3d": _CONVOLUTION,
}

"""Floating-point operations of one cycle, counted from shapes.

The convention, which every table and lesson of cyclesim uses:

========================================  =====================================================
linear, matmul, bmm, addmm, einsum        2·M·N·K: a multiply and an add for each term of each
                                          output. Adding the bias is *not* counted: it is the
                                          start value of the sum (so does `FlopCounterMode`)
scaled_dot_product_attention              2·B·H·Sq·Sk·(d + dv): its two matrix products; the
                                          scale, mask and softmax inside are not counted
convolution                               2 · outputs · (input channels ÷ groups) · kernel
lstm, gru, rnn                            2 · tokens · weights: the matrix products of the gates
add, mul, tanh, comparisons, masks …      1 for each output element
sum, mean, max, argmax …                  1 for each input element
softmax 5 · layer_norm 8 · gelu 8         for each element (the full list: `tables.py`)
embedding, gather, cat, casts, NOPs       0: they move numbers and compute none
========================================  =====================================================

What follows the forward in a training step has its own table, in `learning`.

The two families are reported apart (`flops_kind`), because matrix products run on other hardware
at another speed. An operation that no rule knows counts 0 and says so: `is_counted` is False.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from math import prod
from typing import Literal

from cyclesim.cost.einsum import einsum_flops
from cyclesim.cost.learning import forward_op, gradient_flops, gradient_kind, update_flops
from cyclesim.cost.names import canonical
from cyclesim.cost.tables import FREE, PER_INPUT, PER_OUTPUT
from cyclesim.trace.tensor import Value

__all__ = ["FlopsKind", "count_flops", "flops_kind", "is_counted"]

#: `none`: known to compute nothing. `unknown`: no rule, so the 0 it counts means nothing.
FlopsKind = Literal["matmul", "elementwise", "none", "unknown"]

_Values = Sequence[Value]
_Rule = Callable[[_Values, _Values, Mapping[str, str]], int]


def count_flops(
    op: str,
    inputs: Sequence[Value],
    outputs: Sequence[Value],
    arguments: Mapping[str, str] | None = None,
) -> int:
    """FLOPs of one call of `op`, by the convention of this module.

    Args:
        op: a torch function's name (`linear`, `add_`, `__rmul__`) or a host function's.
        inputs: the tensors read, named after the function's arguments.
        outputs: the tensors written.
        arguments: the other arguments, as text.

    Returns:
        The count; 0 where no rule covers the operation or its shapes. Never raises.
    """
    rule = _rule(op)
    if rule is None:
        return 0
    try:
        return rule(inputs, outputs, arguments or {})
    except (LookupError, ValueError, TypeError):
        return 0


@cache
def _rule(op: str) -> _Rule | None:
    """How `op` is counted; None where it computes nothing, or nobody knows."""
    name = canonical(op)
    if (forward := forward_op(op)) is not None:
        return partial(gradient_flops, forward)
    if op.endswith(".step"):
        return partial(_step, op.removesuffix(".step"))
    if name in _MATMULS:
        return _MATMULS[name]
    if name in PER_OUTPUT:
        return partial(_per_output, name, PER_OUTPUT[name])
    if name in PER_INPUT:
        return partial(_per_input, name, PER_INPUT[name])
    return None


def _step(optimizer: str, inputs: _Values, outputs: _Values, arguments: Mapping[str, str]) -> int:
    return update_flops(optimizer, inputs, arguments) or 0


def _per_output(
    name: str, each: int, inputs: _Values, outputs: _Values, arguments: Mapping[str, str]
) -> int:
    written = outputs if name.startswith("foreach") else outputs[:1]
    return each * sum([prod(v.shape) for v in written])


def _per_input(
    name: str, each: int, inputs: _Values, outputs: _Values, arguments: Mapping[str, str]
) -> int:
    # `max(a, b)` of two tensors compares element by element.
    read = outputs if len(inputs) > 1 and name in ("max", "min") else inputs
    if name == "foreach_norm":
        return each * sum(prod(v.shape) for v in inputs)
    return each * (prod(read[0].shape) if read else 0)


def flops_kind(op: str) -> FlopsKind:
    """Which family the FLOPs of `op` belong to: the two are never added without saying so."""
    name = canonical(op)
    if (forward := forward_op(op)) is not None:
        return gradient_kind(forward)
    if op.endswith(".step"):
        known = update_flops(op.removesuffix(".step"), (), {}) is not None
        # A schedule computes one number, on Python's side.
        return "elementwise" if known else "none" if op.endswith("LR.step") else "unknown"
    if name in _MATMULS:
        return "matmul"
    if name in PER_OUTPUT or name in PER_INPUT:
        return "elementwise"
    if name in FREE or op.startswith("tokenizer."):
        return "none"
    return "unknown"


def is_counted(op: str) -> bool:
    """Whether a rule covers `op`. Where False, its 0 means "not known", not "nothing to do"."""
    return flops_kind(op) != "unknown"


def _pick(values: _Values, name: str, place: int) -> Value:
    """The input called `name`, else the one at `place`: not every function names its operands."""
    if place < len(values) and values[place].name == name:  # where it usually is
        return values[place]
    return next((v for v in values if v.name == name), None) or values[place]


def _linear(inputs: _Values, outputs: _Values, arguments: Mapping[str, str]) -> int:
    # [..., in] · [out, in]ᵀ → [..., out]
    return 2 * prod(_pick(inputs, "input", 0).shape) * _rows(_pick(inputs, "weight", 1).shape)


def _rows(weight: tuple[int, ...]) -> int:
    return weight[0] if len(weight) > 1 else 1


def _matmul(inputs: _Values, outputs: _Values, arguments: Mapping[str, str]) -> int:
    # K is the last axis of the left operand: [..., M, K] · [..., K, N] → [..., M, N]
    return 2 * prod(outputs[0].shape) * inputs[0].shape[-1]


def _add_matmul(first: str, second: str) -> _Rule:
    """`addmm(input, mat1, mat2)` and its kin: the product is of the second and third operands."""

    def rule(inputs: _Values, outputs: _Values, arguments: Mapping[str, str]) -> int:
        left, right = _pick(inputs, first, 1).shape, _pick(inputs, second, 2).shape
        batch = left[0] if len(left) == 3 else 1
        columns = right[-1] if len(right) > 1 else 1
        return 2 * batch * left[-2] * left[-1] * columns

    return rule


def _outer(inputs: _Values, outputs: _Values, arguments: Mapping[str, str]) -> int:
    return prod(outputs[0].shape)


def _conv1d_module(inputs: _Values, outputs: _Values, arguments: Mapping[str, str]) -> int:
    weight = _pick(inputs, "weight", 1).shape
    return 2 * prod(outputs[0].shape) * prod(weight[1:])


def _conv_transpose(inputs: _Values, outputs: _Values, arguments: Mapping[str, str]) -> int:
    # Every input element is multiplied into every place of its kernel.
    return 2 * prod(_pick(inputs, "input", 0).shape) * prod(_pick(inputs, "weight", 1).shape[1:])


def _bilinear(inputs: _Values, outputs: _Values, arguments: Mapping[str, str]) -> int:
    weight = _pick(inputs, "weight", 2).shape
    rows = prod(inputs[0].shape[:-1])
    return 2 * rows * prod(weight) + 2 * rows * weight[0] * weight[2]


def _attention(inputs: _Values, outputs: _Values, arguments: Mapping[str, str]) -> int:
    query = _pick(inputs, "query", 0).shape
    key = _pick(inputs, "key", 1).shape
    value = _pick(inputs, "value", 2).shape
    # Heads are the query's: grouped-query attention repeats keys and values, and computes all.
    return 2 * prod(query[:-1]) * key[-2] * (query[-1] + value[-1])


def _multi_head(inputs: _Values, outputs: _Values, arguments: Mapping[str, str]) -> int:
    """`F.multi_head_attention_forward`, [S, B, E]: projections, attention, output projection."""
    query = _pick(inputs, "query", 0).shape
    key = _pick(inputs, "key", 1).shape
    value = _pick(inputs, "value", 2).shape
    width, batch = query[-1], query[1] if len(query) == 3 else 1
    queries, keys = query[0], key[0]
    project = batch * width * (queries * width + keys * (key[-1] + value[-1]) + queries * width)
    return 2 * project + 2 * batch * queries * keys * 2 * width


def _encoder_layer(inputs: _Values, outputs: _Values, arguments: Mapping[str, str]) -> int:
    """`torch._transformer_encoder_layer_fwd`: a whole fused block, [B, S, E]."""
    batch, length, width = inputs[0].shape
    weights = sum(prod(v.shape) for v in inputs[1:] if len(v.shape) == 2 and v.kind == "parameter")
    return 2 * batch * length * weights + 4 * batch * length * length * width


def _recurrent(inputs: _Values, outputs: _Values, arguments: Mapping[str, str]) -> int:
    # Every weight matrix (input-hidden and hidden-hidden, of each layer and direction) meets every
    # token once. The gates' own elementwise work is not counted.
    tokens = prod(inputs[0].shape[:-1])
    # torch names the operands of its overloads alike, so a weight is known by being a parameter.
    matrices = [v for v in inputs[1:] if len(v.shape) == 2]
    weights = [v for v in matrices if v.kind == "parameter"]
    if not weights:
        weights = [v for v in matrices if v.name not in ("hx", "hx[0]", "hx[1]")]
    return 2 * tokens * sum(prod(v.shape) for v in weights)


_CONVOLUTIONS = ("conv1d", "conv2d", "conv3d", "convolution", "conv_tbc")
_TRANSPOSED = ("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
_RECURRENT = "lstm gru rnn_tanh rnn_relu lstm_cell gru_cell rnn_tanh_cell rnn_relu_cell".split()

_MATMULS: dict[str, _Rule] = {
    "linear": _linear,
    "bilinear": _bilinear,
    **dict.fromkeys(("matmul", "mm", "bmm", "mv", "dot", "vdot", "inner", "chain_matmul"), _matmul),
    "addmm": _add_matmul("mat1", "mat2"),
    "addmv": _add_matmul("mat", "vec"),
    "baddbmm": _add_matmul("batch1", "batch2"),
    "addbmm": _add_matmul("batch1", "batch2"),
    "outer": _outer,
    "einsum": einsum_flops,
    "scaled_dot_product_attention": _attention,
    "multi_head_attention_forward": _multi_head,
    "_transformer_encoder_layer_fwd": _encoder_layer,
    **dict.fromkeys(_CONVOLUTIONS, _conv1d_module),
    **dict.fromkeys(_TRANSPOSED, _conv_transpose),
    **dict.fromkeys(_RECURRENT, _recurrent),
}

"""Floating-point operations of a training step after its forward: backward, clip and update.

The convention, beside that of `flops`:

========================================  =====================================================
backward of linear, matmul, addmm …       2·M·N·K for each gradient that is a product: that of
                                          the input and that of the weight, so twice the forward
                                          where both are asked for. The sum that makes the
                                          gradient of a bias is *not* counted, as adding it is not
backward of fused attention               2·B·H·Sq·Sk·(3d + 2dv): the scores again, and four
                                          products (as `FlopCounterMode` has it); 2d + 2dv where
                                          the probabilities were kept
backward of a convolution                 as its forward, for each such gradient
softmax 4 · layer_norm 10 + 2 + 1         for each element: p(g − Σgp); the input, γ and β
gelu 11 (tanh 18) · silu 6 · relu 1 …     for each element (the list: `_EACH`)
add, sub                                  0: the gradient passes; 1 for each that is summed away
embedding, gather, getitem                1 for each number that is added into the table
cross_entropy 3                           for each element: exp, minus 1, times g/N
norms of the clip                         2 for each number of each gradient
AdamW 14 · Adam 15 · SGD 2, 4 or 6        for each number of the parameter (`update_flops`)
========================================  =====================================================

Where several gradients meet, autograd adds them up between two cycles: that is counted in neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Literal

from cyclesim.cost.einsum import einsum_flops
from cyclesim.cost.names import canonical
from cyclesim.cost.tables import FREE
from cyclesim.trace.tensor import Value

__all__ = ["BACKWARD", "forward_op", "gradient_flops", "gradient_kind", "update_flops"]

#: The end of the name of a backward cycle's function.
BACKWARD = "_backward"

_Values = Sequence[Value]

#: FLOPs for each element of each gradient that is written, by the forward's function.
_EACH: dict[str, int] = {
    "mul": 1, "neg": 1, "exp": 1, "log": 1, "relu": 1, "dropout": 1, "masked_fill": 1, "where": 1,
    "clamp": 1, "clamp_min": 1, "clamp_max": 1, "maximum": 1, "minimum": 1, "max": 1, "min": 1,
    "amax": 1, "amin": 1, "mean": 1, "cumsum": 1, "leaky_relu": 1, "threshold": 1,
    "sqrt": 2, "square": 2, "abs": 2, "sin": 2, "cos": 2,
    "tanh": 3, "sigmoid": 3, "rsqrt": 3, "pow": 3, "reciprocal": 3,
    "softmax": 4, "log_softmax": 4, "erf": 4, "silu": 6, "swish": 6, "gelu": 11,
    "cross_entropy": 3, "nll_loss": 1, "mse_loss": 3, "l1_loss": 3, "smooth_l1_loss": 4,
    "binary_cross_entropy": 4, "binary_cross_entropy_with_logits": 3,
}  # fmt: skip
#: FLOPs for each element of the gradient that arrives: those of the input, the weight, the bias.
_NORMS: dict[str, tuple[int, int, int]] = {"layer_norm": (10, 2, 1), "rms_norm": (7, 2, 0)}
#: What arrives is added into what was looked up.
_ADDED = frozenset("embedding gather index_select take take_along_dim getitem".split())
#: Gradients that are products, and the axis of each that the product sums or spans beside those of
#: the gradient that arrives.
_PRODUCTS: dict[str, dict[str, int]] = {
    "linear": {"grad input": -1, "grad weight": -1},
    "matmul": {"grad input": -1, "grad other": -2},
    "bmm": {"grad input": -1, "grad mat2": -2},
    "mm": {"grad input": -1, "grad mat2": -2},
    "addmm": {"grad mat1": -1, "grad mat2": -2},
    "baddbmm": {"grad batch1": -1, "grad batch2": -2},
}
_CONVOLUTIONS = frozenset(("conv1d", "conv2d", "conv3d", "convolution"))
#: FLOPs for each number of a parameter; with weight decay, with momentum that is there already.
_UPDATES: dict[str, tuple[int, int, int]] = {
    "AdamW": (13, 1, 0), "Adam": (13, 2, 0), "SGD": (2, 2, 2),
}  # fmt: skip


def forward_op(op: str) -> str | None:
    """The forward's function that a backward cycle is of; None for every other cycle.

    Example: `forward_op("softmax_backward")` is `"softmax"`.
    """
    return canonical(op.removesuffix(BACKWARD)) if op.endswith(BACKWARD) else None


def gradient_flops(
    name: str, inputs: _Values, outputs: _Values, arguments: Mapping[str, str]
) -> int:
    """FLOPs of the backward of `name`.

    Raises:
        LookupError, ValueError: the shapes are not those that the rule knows.
    """
    arrived = _named(inputs, "grad output")
    if name in _PRODUCTS:
        axes = _PRODUCTS[name]
        found = [(v, axes[v.name.partition("#")[0]]) for v in outputs if _is_one(v, axes)]
        return sum(2 * prod(arrived.shape) * value.shape[axis] for value, axis in found)
    if name == "einsum":
        if len(outputs) != 2:
            raise ValueError("one operand has no gradient")
        return 2 * einsum_flops(outputs, [arrived], arguments)
    if name == "scaled_dot_product_attention":
        query, key, value = (_either(inputs, outputs, n).shape for n in ("query", "key", "value"))
        # A kernel that has kept the probabilities does not need the scores again.
        again = 0 if any(v.name == "probabilities" for v in inputs) else 1
        return 2 * prod(query[:-1]) * key[-2] * ((2 + again) * query[-1] + 2 * value[-1])
    if name in _CONVOLUTIONS:
        weight = _either(inputs, outputs, "weight")
        count = sum(v.name in ("grad input", "grad weight") for v in outputs)
        return count * 2 * prod(arrived.shape) * prod(weight.shape[1:])
    return _elementwise(name, arrived, outputs, arguments)


def _elementwise(name: str, arrived: Value, outputs: _Values, arguments: Mapping[str, str]) -> int:
    size = prod(arrived.shape)
    if name in _NORMS:
        parts = dict(zip(("grad input", "grad weight", "grad bias"), _NORMS[name], strict=True))
        return sum(parts.get(v.name, 0) * size for v in outputs)
    if name in ("add", "sub"):
        return sum(size for v in outputs if v.shape != arrived.shape)
    if name in _ADDED:
        return size
    if name == "div":  # of the divisor: −g·x / y²
        return sum((3 if v.name == "grad other" else 1) * size for v in outputs)
    if name == "mul":  # a factor that was broadcast has the sum of its products
        return sum(size * (1 if v.shape == arrived.shape else 2) for v in outputs)
    if name == "gelu" and "tanh" in arguments.get("approximate", ""):
        return 18 * size
    return _EACH[name] * sum(prod(v.shape) for v in outputs) if name in _EACH else 0


def gradient_kind(name: str) -> Literal["matmul", "elementwise", "none", "unknown"]:
    """Which family of FLOPs the backward of `name` has (see `flops.FlopsKind`)."""
    products = {*_PRODUCTS, *_CONVOLUTIONS, "einsum", "scaled_dot_product_attention"}
    if name in products:
        return "matmul"
    if name in {*_EACH, *_NORMS, *_ADDED, "add", "sub", "div"}:
        return "elementwise"
    return "none" if name in FREE or name == "sum" else "unknown"


def update_flops(kind: str, inputs: _Values, arguments: Mapping[str, str]) -> int | None:
    """FLOPs of one call of an optimizer's step; None for an optimizer that no rule knows.

    AdamW: decay 1; the first moment m + (1−β₁)(g − m) 3; the second β₂v + (1−β₂)g² 4; the
    denominator √v̂ + ε 3; the step 3. Adam adds λθ to the gradient (2) instead of the decay. SGD:
    θ − ηg 2; with decay 2 more; with a momentum buffer that is there already, 2 more.
    """
    if kind not in _UPDATES:
        return None
    base, decay, momentum = _UPDATES[kind]
    each = base
    if float(arguments.get("weight_decay", 0)):
        each += decay
    sizes = [prod(v.shape) for v in inputs if v.name.partition(" of ")[0] == "gradient"]
    if any(v.name.partition(" of ")[0] == "momentum_buffer" for v in inputs):
        each += momentum
    return each * sum(sizes)


def _is_one(value: Value, axes: Mapping[str, int]) -> bool:
    name = value.name.partition("#")[0]
    return name in axes and not name.endswith(", sum")


def _named(values: _Values, name: str) -> Value:
    found = next((v for v in values if v.name == name), None)
    if found is None:
        raise LookupError(name)
    return found


def _either(inputs: _Values, outputs: _Values, name: str) -> Value:
    """An operand of the forward, or its gradient, which has its shape."""
    for value in (*inputs, *outputs):
        if value.name in (name, f"grad {name}"):
            return value
    raise LookupError(name)

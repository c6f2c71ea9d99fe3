"""The rest of a block: the feed-forward network, its gate, activations, residual connections."""

from __future__ import annotations

from cyclesim.engine.building.naming.place import Place
from cyclesim.engine.building.naming.seen import Name, Seen, plain
from cyclesim.engine.building.naming.words import (
    ACTIVATIONS,
    ADDS,
    DROPOUTS,
    FFN_IN,
    FFN_OUT,
    FUSED_GATES,
    GATES,
    LINEARS,
    MULTIPLIES,
)

__all__ = ["activation", "in_block", "in_convolution"]


def in_block(seen: Seen, place: Place, gated: bool) -> Name:
    """The name of a computation in a block, outside of its attention.

    `gated`: in the feed-forward network that it stands in, a gate has opened.
    """
    if seen.op in LINEARS:
        return _linear(place, gated)
    if seen.op in ACTIVATIONS or place.activation:
        return Name("ffn", activation(seen, place))
    if seen.op in DROPOUTS:
        return Name("attention" if seen.reads == {"attention"} else "ffn", "dropout")
    if seen.op in ADDS and seen.same_shape:
        return Name("residual", "residual")
    if seen.op in MULTIPLIES and seen.same_shape and seen.reads_step("activation"):
        return Name("ffn", "gate_product")
    return Name("ffn" if place.ffn else "other", plain(seen.op))


def in_convolution(seen: Seen, place: Place) -> Name:
    """The name of a computation in DeBERTa-v2's convolution, which is a unit of no other family."""
    if seen.op in ADDS and seen.same_shape:
        return Name("residual", "residual")
    if seen.op in ACTIVATIONS:
        return Name("other", "convolution.activation")
    if seen.op == "conv1d":
        return Name("other", "convolution")
    return Name("other", f"convolution.{plain(seen.op)}")


def _linear(place: Place, gated: bool) -> Name:
    if place.last in GATES:
        return Name("ffn", GATES[place.last])
    if place.last in FFN_IN or place.into_ffn:
        return Name("ffn", "gate_up" if place.parent in FUSED_GATES else "intermediate")
    if place.last in FFN_OUT or place.out_of_ffn:
        return Name("ffn", "down" if gated else "output.dense")
    return Name("ffn" if place.ffn else "other", place.last or "linear")


def activation(seen: Seen, place: Place) -> str:
    """The step of an activation function, or of one of the parts that it is written out in."""
    if place.leaf == "NewGELUActivation":
        return _gelu_part(seen)
    return "activation"


def _gelu_part(seen: Seen) -> str:
    """The tanh approximation of GELU (Hendrycks & Gimpel 2016, section 2), written out.

    x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))); the last product is the activation itself.
    """
    op = seen.op
    if op in {"pow", "__pow__"}:
        return "activation.cube"
    if op == "tanh":
        return "activation.tanh"
    if op in ADDS:
        plus_one = seen.reads_step("activation.tanh")
        return "activation.plus_one" if plus_one else "activation.inner"
    if op in MULTIPLIES:
        if seen.operands > 1:
            return "activation"
        if seen.reads_step("activation.cube"):
            return "activation.cube.scale"
        inner = seen.reads_step("activation.inner")
        return "activation.inner.scale" if inner else "activation.half"
    return f"activation.{plain(op)}"

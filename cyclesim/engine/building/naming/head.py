"""Heads and poolers: from hidden states to logits."""

from __future__ import annotations

from cyclesim.engine.building.naming.block import activation
from cyclesim.engine.building.naming.place import Place
from cyclesim.engine.building.naming.seen import Name, Seen, plain
from cyclesim.engine.building.naming.words import (
    ACTIVATIONS,
    ADDS,
    DIVIDES,
    DROPOUTS,
    LAST_OF_HEAD,
    LINEARS,
    MATMULS,
    SCALES,
)

__all__ = ["after_head", "dense_or_activation", "in_head"]


def in_head(seen: Seen, place: Place) -> Name:
    """The name of a computation in a module of the head."""
    if seen.op in LINEARS | MATMULS and place.last in LAST_OF_HEAD:
        return Name("classifier", "logits")
    return Name("classifier", dense_or_activation(seen, place))


def after_head(seen: Seen, place: Place) -> Name | None:
    """The name of what the model's own class does right before or after its head."""
    if not place.outer or seen.integer or not seen.file.startswith("modeling_"):
        return None
    op = seen.op
    if seen.reads_step("softcap"):
        return Name("classifier", f"softcap.{'tanh' if op == 'tanh' else 'multiply'}")
    if seen.reads_step("logits"):
        if op in ADDS:
            return Name("classifier", "logits.bias")
        if op in SCALES:
            return Name("classifier", "softcap.divide" if op in DIVIDES else "logits.scale")
        return None
    # T5 scales the states that its head reads, if the head is the table of embeddings.
    shared = op in SCALES and seen.operands == 1 and "T5" in place.leaf
    return Name("classifier", "scale") if shared else None


def dense_or_activation(seen: Seen, place: Place) -> str:
    """The step of a computation of a small network: a linear layer, or what stands around it."""
    if seen.op in LINEARS:
        return "dense"
    if seen.op in ACTIVATIONS or place.activation:
        return activation(seen, place)
    return "dropout" if seen.op in DROPOUTS else plain(seen.op)

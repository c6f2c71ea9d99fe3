"""Embeddings, and what the model's own class prepares between its modules."""

from __future__ import annotations

from cyclesim.engine.building.naming.place import Place
from cyclesim.engine.building.naming.seen import Name, Seen, plain
from cyclesim.engine.building.naming.words import (
    ADDS,
    CASTS,
    DROPOUTS,
    EMBEDDINGS,
    LINEARS,
    MULTIPLIES,
    SCALES,
)
from cyclesim.trace import Unit

__all__ = ["given", "in_embeddings", "in_model"]

#: A dropout that stands alone belongs to what it reads, if that is one of these.
_OWNERS: tuple[Unit, ...] = ("embedding", "layernorm", "attention", "ffn", "pooler", "classifier")


def given(seen: Seen) -> Name | None:
    """The name of a computation by a function that is known to prepare inputs."""
    if "position_ids" in seen.function:
        return Name("embedding", "position_ids")
    if seen.function in {"shift_tokens_right", "_shift_right"}:
        return Name("input", "decoder_input_ids")
    return None


def in_embeddings(seen: Seen, place: Place) -> Name:
    """The name of a computation in a module of embeddings."""
    op = seen.op
    if op == "embedding":
        return Name("embedding", EMBEDDINGS.get(place.last, place.last or "embedding"))
    if op in LINEARS:
        return Name("embedding", EMBEDDINGS.get(place.last, place.last))
    if op in DROPOUTS:
        return Name("embedding", "dropout")
    if op in ADDS and not seen.integer and seen.operands > 1:
        return Name("embedding", "sum")
    if op == "gather" and seen.integer:
        return Name("embedding", "token_type_ids")
    if place.last in EMBEDDINGS:
        # Gemma and BART scale what they have looked up, OPT counts positions from 2.
        if op in SCALES and not seen.integer:
            return Name("embedding", "scale")
        if op == "arange" or (op in ADDS and seen.integer):
            return Name("embedding", "position_ids")
    elif op in CASTS and seen.reads == {"input"}:
        return Name("embedding", "mask.cast")
    elif op in MULTIPLIES and seen.reads_step("mask.cast"):
        # DeBERTa sets the vectors of padding to 0.
        return Name("embedding", "mask")
    return Name("embedding", plain(op))


def in_model(seen: Seen, place: Place) -> Name | None:
    """The name of what a model's class itself computes, outside of blocks and of the head."""
    op = seen.op
    if op == "embedding":
        return Name("embedding", EMBEDDINGS.get(place.last, place.last or "embedding"))
    if op in LINEARS:
        step = EMBEDDINGS.get(place.last)
        return Name("embedding", step) if step is not None else None
    if op in ADDS and seen.operands > 1 and not seen.integer and seen.reads == {"embedding"}:
        return Name("embedding", "sum")  # GPT-2 adds up its embeddings
    if op in DROPOUTS:
        owner = next((u for u in _OWNERS if seen.reads == {u}), None)
        return Name(owner, "dropout") if owner is not None else None
    return _made(seen) if seen.file.startswith("modeling_") else None


def _made(seen: Seen) -> Name | None:
    """What Hugging Face's model classes make when they are not given it."""
    op = seen.op
    if op in SCALES and seen.operands == 1 and not seen.integer and seen.reads == {"embedding"}:
        return Name("embedding", "scale")  # Marian
    if seen.integer:
        # OPT counts the tokens of the mask.
        counts = seen.reads_step("position_ids") and seen.reads <= {"input", "embedding"}
        if counts or op in {"arange", "cumsum"}:
            return Name("embedding", "position_ids")
        if op == "zeros":
            return Name("embedding", "token_type_ids")
    if _makes_mask(seen):
        return Name("input", "attention_mask")
    # XLNet compares the segment of every token with that of every other.
    compares = op in {"__ne__", "ne"} and seen.reads == {"input"}
    if compares or seen.reads_only("embedding", "segment_matrix"):
        return Name("embedding", "segment_matrix")
    return None


def _makes_mask(seen: Seen) -> bool:
    """Whether it prepares a mask in the open: XLNet begins with 1 − mask and a diagonal."""
    if seen.op in {"ones", "ones_like", "eye"}:
        return True
    if seen.reads != {"input"}:
        return False
    return seen.op in {"rsub", "__rsub__"} or seen.reads_step("attention_mask")

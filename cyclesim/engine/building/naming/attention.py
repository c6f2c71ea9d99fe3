"""Attention: projections, scores, mask, softmax, context, and what families add to them."""

from __future__ import annotations

from collections.abc import Set

from cyclesim.engine.building.naming.place import Place
from cyclesim.engine.building.naming.positions import rotated
from cyclesim.engine.building.naming.seen import Name, Seen, plain
from cyclesim.engine.building.naming.words import (
    ADDS,
    ATTENTION_OUT,
    BARE_PROJECTIONS,
    CASTS,
    DIVIDES,
    DROPOUTS,
    FILLS,
    FUSED,
    LINEARS,
    MATMULS,
    MULTIPLIES,
    PROJECTIONS,
    QUERY_BIASES,
    SCALES,
)

__all__ = ["done", "in_attention", "in_cache"]

#: What is added to the scores that is no mask.
_BIASES = ("position_bias", "position_scores", "c2p", "p2c")
#: DeBERTa divides by √(d · number of kinds of scores): He et al. 2021, eq. 4.
_SCALE_PARTS = {"tensor": "width", "sqrt": "root", **dict.fromkeys(MULTIPLIES, "factor")}

_Steps = Set[str]


def in_attention(seen: Seen, place: Place, steps: _Steps) -> Name:
    """The name of a computation in an attention that has computed `steps`."""
    op = seen.op
    if op in FUSED:
        return Name("attention", "scaled_dot_product_attention")
    if op in LINEARS:
        return Name("attention", _linear(place, steps))
    if seen.file == "cache_utils.py":
        return in_cache(seen, steps)
    if seen.function == "repeat_kv":
        which = "value" if "repeat_kv.key" in steps else "key"
        return Name("attention", f"repeat_kv.{which}")
    if seen.function == "disentangled_attention_bias" and op not in DROPOUTS:
        return Name("attention", _disentangled(seen, steps))
    if seen.function == "scaled_size_sqrt":
        return Name("attention", f"scale.{_SCALE_PARTS.get(op, plain(op))}")
    turned = rotated(seen, steps)
    if turned is not None:
        return Name("attention", turned)
    if op in MATMULS:
        return Name("attention", _matmul(seen, steps))
    if op == "softmax":
        return Name("attention", "softmax")
    if op in DROPOUTS:
        return Name("attention", "dropout")
    if op in CASTS and seen.reads_step("softmax"):
        return Name("attention", "softmax.cast")
    if done(steps):
        # After the context, a sum of two whole states is the residual connection.
        if op in ADDS and seen.same_shape:
            return Name("residual", "residual")
        return Name("attention", plain(op))
    return Name("attention", _before_context(seen, place, steps))


def in_cache(seen: Seen, steps: _Steps) -> Name:
    """The name of a computation by the cache of keys and values, keys first."""
    if seen.op == "cat":
        return Name("attention", "value_cache" if "key_cache" in steps else "key_cache")
    if seen.op == "tensor" and seen.function == "lazy_initialization":
        which = "value" if "key_cache.empty" in steps else "key"
        return Name("attention", f"{which}_cache.empty")
    if seen.op == "tensor":
        return Name("attention", "key_value_cache.window")
    return Name("attention", f"key_value_cache.{plain(seen.op)}")


def done(steps: _Steps) -> bool:
    """Whether an attention that has computed `steps` has mixed its values."""
    return "context" in steps or "scaled_dot_product_attention" in steps


def _linear(place: Place, steps: _Steps) -> str:
    if place.last in PROJECTIONS and not done(steps):
        step = PROJECTIONS[place.last]
        # DeBERTa-v3 projects the distances with the very layers that projected the tokens.
        if step in steps and "Deberta" in place.attention:
            return f"position_{step}"
        return step
    return "output.dense" if place.last in ATTENTION_OUT else place.last or "linear"


def _matmul(seen: Seen, steps: _Steps) -> str:
    bare = next((BARE_PROJECTIONS[w] for w in seen.weights if w in BARE_PROJECTIONS), None)
    if bare is not None:
        return bare
    if seen.function == "rel_attn_core":
        special = _in_xlnet(seen)
        if special is not None:
            return special
    if "input" in seen.reads and seen.reads_step("query", "context"):
        # XLNet picks the positions that it predicts, and puts what it found back there.
        return "target_mapping"
    if "scores" not in steps:
        return "scores"
    return plain(seen.op) if done(steps) else "context"


def _in_xlnet(seen: Seen) -> str | None:
    """XLNet's scores: by content, by position and by segment (Dai et al. 2019, section 3.3)."""
    if seen.operands == 1:
        return "segment_bias.permute" if seen.reads_step("segment_bias") else "mask.permute"
    if seen.reads_step("query.position_bias"):
        return "position_scores"
    if seen.reads_step("query.segment_bias"):
        return "segment_bias.scores"
    return "segment_bias" if seen.reads_step("segment_bias.scores") else None


def _disentangled(seen: Seen, steps: _Steps) -> str:
    """DeBERTa's scores of content to position and of position to content: He et al. 2021, eq. 4."""
    op = seen.op
    if op == "repeat":
        return f"{seen.sources[0].step if seen.sources else 'position'}.repeat"
    if op in MATMULS:
        return "p2c.scores" if seen.reads_step("position_query") else "c2p.scores"
    if op in {"neg", "__neg__"}:
        return "p2c.index"
    kinds = [c.step[:3] for c in seen.sources if c.step[:3] in ("c2p", "p2c")]
    kind = "p2c" if "p2c" in kinds else "c2p" if kinds or "p2c.index" not in steps else "p2c"
    if op == "gather":
        return f"{kind}.gather"
    if op in DIVIDES:
        return f"{kind}.scale"
    if op in ADDS and not seen.integer:
        return f"{kind}.sum"
    return f"{kind}.index" if seen.integer else f"{kind}.{plain(op)}"


def _before_context(seen: Seen, place: Place, steps: _Steps) -> str:
    op = seen.op
    if op == "embedding" and place.last == "relative_attention_bias":
        return "position_bias.lookup"
    if op == "zeros" and "T5" in place.attention:
        # Cross-attention has no distances: its bias is 0 everywhere.
        return "position_bias.zeros"
    if op in ADDS:
        vector = next((QUERY_BIASES[w] for w in seen.weights if w in QUERY_BIASES), None)
        if vector is not None:
            return vector
    if _prepares_mask(seen):
        part = "scale" if op in SCALES else "cast" if op in CASTS else plain(op)
        return f"mask.{part}"
    if "softmax" not in steps and "scores" in steps:
        return _between(seen)
    if op in SCALES and seen.reads_step("scale.root"):
        return "scale"
    if op in SCALES and seen.operands == 1 and seen.reads_step("query", "rotary.query"):
        return "scale"
    return "mask" if op in FILLS else plain(op)


def _prepares_mask(seen: Seen) -> bool:
    """Whether it reads nothing but the given mask: DeBERTa and XLNet turn it round in here."""
    return bool(seen.sources) and all(
        c.unit == "input" or (c.unit == "attention" and c.step.startswith("mask."))
        for c in seen.sources
    )


def _between(seen: Seen) -> str:
    """From the scores to the softmax."""
    op = seen.op
    if op in SCALES and seen.operands == 1:
        # Gemma 2 presses scores between two bounds: c · tanh(s / c).
        if op in DIVIDES and seen.sources and seen.sources[0].step == "scale":
            return "softcap.divide"
        return "softcap.multiply" if seen.reads_step("softcap") else "scale"
    if op in SCALES and seen.reads_step("scale.root"):
        return "scale"
    if op == "tanh" and seen.reads_step("softcap"):
        return "softcap.tanh"
    if op in ADDS:
        if seen.function == "rel_attn_core" and (
            seen.operands == 1 or seen.reads_step("segment_bias")
        ):
            return "segment_bias.add"
        biased = "input" not in seen.reads and seen.reads_step(*_BIASES)
        return "position_bias.add" if biased else "mask"
    if op in FILLS or (plain(op) == "sub" and seen.reads_step("mask")):
        return "mask"
    return plain(op)

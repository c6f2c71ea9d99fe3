"""Positions: masks, rotary embeddings, relative distances. Told by the function that computes them.

A rotary embedding turns each pair of channels of a query and of a key by an angle that grows with
the position (Su et al. 2021, eq. 34): x cos θ + rotate_half(x) sin θ. The table of cosines and
sines is made once, `embedding · rotary.…`; every attention applies it.

A relative position bias (Raffel et al. 2020, section 2.1) puts the distance between query and key
into a bucket and looks up what to add to their score.
"""

from __future__ import annotations

from collections.abc import Set

from cyclesim.engine.building.naming.seen import Name, Seen, is_part, plain
from cyclesim.engine.building.naming.words import ADDS, CASTS, MATMULS, MULTIPLIES

__all__ = ["in_mask", "positions", "rotary_table", "rotated"]

_BUCKETS = {"_relative_position_bucket", "relative_position_bucket", "make_log_bucket_position"}
_DISTANCES = {"compute_bias", "compute_position_bias", "build_relative_position", "build_rpos"}
_DISTANCE_PARTS = {
    "arange": "positions", "sub": "distance", "__sub__": "distance", "__rsub__": "distance",
    "contiguous": "expand", **dict.fromkeys(ADDS, "positions"), **dict.fromkeys(CASTS, "cast"),
}  # fmt: skip
_SINUSOIDS = {"relative_positional_encoding", "positional_embedding"}
_SINUSOID_PARTS = {
    "arange": "range", "float": "range", "clamp": "range", "pow": "frequencies",
    "div": "frequencies", "__truediv__": "frequencies", "__rdiv__": "frequencies",
    "__rtruediv__": "frequencies", "reciprocal": "frequencies", "__rpow__": "frequencies",
    **dict.fromkeys((*MATMULS, *MULTIPLIES), "angles"), "cat": "concat",
}  # fmt: skip
_SHIFTS = {"rel_shift", "rel_shift_bnij"}


def in_mask(seen: Seen) -> Name:
    """The name of a computation that prepares the attention mask."""
    if seen.function == "causal_mask_function":
        return Name("input", "attention_mask.causal")
    if seen.function == "inner_mask" and plain(seen.op) in {"sub", "abs", "gt", "le"}:
        # How far apart query and key may be; the other closure of that name looks padding up.
        return Name("input", "attention_mask.sliding_window")
    return Name("input", "attention_mask")


def positions(seen: Seen) -> Name | None:
    """The name of a computation by a function that is known to work positions out."""
    function = seen.function
    if function in _BUCKETS:
        return Name("attention", "position_bias.bucket")
    if function in _DISTANCES:
        return Name("attention", f"position_bias.{_DISTANCE_PARTS.get(seen.op, plain(seen.op))}")
    if function == "create_position_bias_mask":
        op = plain(seen.op)
        part = {"arange": "positions", "where": "mask", "ge": "causal"}.get(op, op)
        return Name("attention", f"position_bias.{part}")
    if function in _SINUSOIDS:
        part = _SINUSOID_PARTS.get(seen.op, plain(seen.op))
        return Name("embedding", f"relative_positions.{part}")
    if function in _SHIFTS:
        part = "index" if seen.op == "arange" else "shift"
        return Name("attention", f"position_scores.{part}")
    return None


def rotary_table(seen: Seen) -> Name:
    """The name of a computation in the module that makes the table of cosines and sines."""
    op = seen.op
    if op in {"cos", "sin"}:
        return Name("embedding", f"rotary.{op}")
    for made in ("rotary.cos", "rotary.sin"):
        if seen.reads_step(made):
            return Name("embedding", f"{made}.{'cast' if op in CASTS else 'scale'}")
    if op in CASTS:
        return Name("embedding", "rotary.positions")
    if op in MATMULS | MULTIPLIES:
        return Name("embedding", "rotary.angles")
    if op in {"cat", "stack"}:
        return Name("embedding", "rotary.pairs")
    return Name("embedding", f"rotary.{plain(op)}")


def rotated(seen: Seen, steps: Set[str]) -> str | None:
    """The step of a computation that turns queries or keys, or None where it is something else.

    `steps` is what the same attention has computed: queries are turned before keys.
    """
    function = seen.function
    apply = "rotary" in function and "apply" in function
    half = function.startswith("rotate_")
    # Some put the channels that were turned and those that were not together outside.
    joins = seen.op in {"cat", "stack"} and seen.reads_step("rotary")
    if not (apply or half or joins):
        return None
    which = next(
        (w for w in ("query", "key") if seen.reads_step(f"rotary.{w}")),
        "key" if "rotary.query.sum" in steps else "query",
    )
    return f"rotary.{which}.{_turn(seen, half)}"


def _turn(seen: Seen, half: bool) -> str:
    op = seen.op
    if half:
        return "negate" if op in {"neg", "__neg__"} else "rotate_half"
    if op in MULTIPLIES:
        tables = [c.step for c in seen.sources if c.unit == "embedding"]
        if any(is_part(step, "rotary.sin") for step in tables):
            return "sin"
        if any(is_part(step, "rotary.cos") for step in tables):
            return "cos"
        return "sin" if any(c.step.endswith(".rotate_half") for c in seen.sources) else "cos"
    if op in ADDS:
        return "sum"
    if op in {"cat", "stack"}:
        return "concat"
    return "cast" if op in CASTS else plain(op)

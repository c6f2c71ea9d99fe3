"""Normalisations. A root mean square norm is written out in several steps, each with its name.

    square → mean → eps → rsqrt → scale → weight      y = x / √(mean(x²) + ε) · γ

(Zhang & Sennrich 2019, eq. 4.) In half precision it computes in float32 and casts up and down.
"""

from __future__ import annotations

from cyclesim.engine.building.naming.place import Place
from cyclesim.engine.building.naming.seen import Name, Seen, plain
from cyclesim.engine.building.naming.words import ADDS, CASTS, MULTIPLIES, RMS_NORMS

__all__ = ["NORMS", "in_norm"]

#: Functions that are a whole normalisation, wherever they stand.
NORMS = {"layer_norm", "rms_norm"}


def in_norm(seen: Seen, place: Place) -> Name:
    """The name of a computation of a normalisation."""
    if seen.op == "rms_norm":
        return Name("layernorm", "rms_norm")
    if seen.op == "layer_norm" or not place.leaf.endswith(RMS_NORMS):
        return Name("layernorm", "layernorm")
    return Name("layernorm", f"rms_norm.{_part(seen)}")


def _part(seen: Seen) -> str:
    op = seen.op
    if op in {"pow", "__pow__", "square"}:
        return "square"
    if op in {"mean", "rsqrt"}:
        return op
    if op in ADDS:
        # Gemma's weight is kept as its distance from 1.
        return "eps" if seen.reads_step("rms_norm.mean") else "weight.plus_one"
    if op in MULTIPLIES:
        return "scale" if seen.reads_step("rms_norm.rsqrt") else "weight"
    if op in CASTS:
        return "downcast" if seen.reads_step("rms_norm.scale", "rms_norm.weight") else "upcast"
    return plain(op)

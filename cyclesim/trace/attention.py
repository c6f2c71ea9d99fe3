"""What a fused attention kernel did not show: its scores and probabilities, recomputed beside it.

With `sdpa`, everything from scores to context is one kernel, and the attention weights never exist
in memory. They are recomputed here from the query, key, value and mask that the kernel read, in
float64, by the formula it stands for: softmax(Q·Kᵀ·scale + mask)·V (Vaswani et al. 2017, eq. 1).
Nothing of this was observed, and it says so; the difference from what the kernel did return is
part of the result.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.tensor import ArrayData, Value

__all__ = [
    "RecomputedAttention",
    "attention_probabilities",
    "head_entropies",
    "is_fused_attention",
    "recompute_attention",
]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RecomputedAttention:
    """Beside a fused attention cycle.

    Attributes:
        scores: scaled and masked, `[batch, heads, query, key]`; −∞ where masked.
        probabilities: their softmax over the keys; a row without any key is all 0.
        difference: largest absolute difference between probabilities·V and what the kernel wrote.
    """

    scores: Value
    probabilities: Value
    difference: float


def is_fused_attention(cycle: Cycle) -> bool:
    """Whether the cycle is a fused kernel whose scores can be recomputed."""
    return cycle.op == "scaled_dot_product_attention"


def recompute_attention(cycle: Cycle) -> RecomputedAttention:
    """Recompute scores and probabilities of a fused attention cycle.

    Raises:
        CyclesimError: it is no such cycle, or its inputs were not kept.

    Example:
        >>> fused = cyclesim.trace(cyclesim.load(attn="sdpa"), text)
        >>> cycle = fused.find(op="scaled_dot_product_attention")[0]
        >>> beside = cyclesim.trace.attention.recompute_attention(cycle)
        >>> beside.probabilities.kind, beside.difference < 1e-5
        ('recomputed', True)
    """
    if not is_fused_attention(cycle):
        said = tr("cycle {number} ({step}) is no fused attention.")
        raise CyclesimError(said.format(number=cycle.number, step=cycle.step))
    given = {v.name: v.numpy() for v in cycle.inputs}
    query, key, value = (np.asarray(given[n], np.float64) for n in ("query", "key", "value"))
    heads = query.shape[-3]
    if key.shape[-3] != heads:  # grouped queries: several heads share one key
        key = np.repeat(key, heads // key.shape[-3], axis=-3)
        value = np.repeat(value, heads // value.shape[-3], axis=-3)
    scale = float(cycle.arguments.get("scale", 1 / math.sqrt(query.shape[-1])))
    scores = query @ np.swapaxes(key, -1, -2) * scale
    scores = _masked(scores, given.get("attn_mask"), cycle.arguments.get("is_causal") == "True")
    probabilities = _softmax(scores)
    observed = np.asarray(cycle.outputs[0].numpy(), np.float64)
    difference = np.abs(probabilities @ value - observed)
    return RecomputedAttention(
        _value("scores", scores),
        _value("probabilities", probabilities),
        float(difference.max(initial=0.0)),
    )


def attention_probabilities(cycle: Cycle) -> Value | None:
    """`[batch, heads, query, key]`: the softmax that was observed, or what a fused kernel did
    instead, recomputed.

    None where the cycle has none, or its numbers were not kept.

    Example:
        >>> from cyclesim.trace.attention import attention_probabilities
        >>> trace = cyclesim.trace(machine, text)
        >>> [c.layer for c in trace if attention_probabilities(c) is not None]
        [0, 1, 2, 3]
    """
    if cycle.unit != "attention" or not cycle.outputs or cycle.forward is not None:
        return None  # what backward writes there are gradients
    if is_fused_attention(cycle):
        try:
            return recompute_attention(cycle).probabilities
        except (CyclesimError, LookupError, ValueError):  # not kept, or a trace made by hand
            return None
    value = cycle.outputs[0]
    shown = cycle.step == "softmax" and len(value.shape) == 4 and value.kept
    return value if shown and 0 not in value.shape and "float" in value.dtype else None


def head_entropies(probabilities: Value) -> list[float]:
    """For each head, the mean entropy of its rows, in nats: 0 looks at one token only.

    Example:
        >>> from cyclesim.trace.attention import attention_probabilities, head_entropies
        >>> softmax = trace.find("softmax")[0]
        >>> [round(x, 1) for x in head_entropies(attention_probabilities(softmax))]
        [...]
    """
    found = []
    for head in range(probabilities.shape[1]):
        p = np.asarray(probabilities.numpy((slice(None), head)), np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = np.where(p == 0, 0.0, p * np.log(p))  # 0·log 0 is 0, and a NaN stays one
        found.append(0.0 - float(terms.sum(-1).mean()))  # not the −0 of a one-hot row
    return found


def _masked(scores: Array, mask: npt.NDArray[np.generic] | None, causal: bool) -> Array:
    if causal:
        # Query i may look at keys 0 to i.
        allowed = np.tril(np.ones(scores.shape[-2:], dtype=bool))
        scores = np.where(allowed, scores, -np.inf)
    if mask is None:
        return scores
    if mask.dtype == bool:
        return np.where(mask, scores, -np.inf)
    return scores + mask.astype(np.float64)


def _softmax(scores: Array) -> Array:
    largest = scores.max(axis=-1, keepdims=True)
    shifted = np.exp(scores - np.where(np.isfinite(largest), largest, 0.0))
    total = shifted.sum(axis=-1, keepdims=True)
    result: Array = np.divide(shifted, total, out=np.zeros_like(shifted), where=total > 0)
    return result


def _value(name: str, array: Array) -> Value:
    return Value(
        name=name,
        shape=array.shape,
        dtype=str(array.dtype),
        nbytes=array.nbytes,
        kind="recomputed",
        data=ArrayData(array),
    )

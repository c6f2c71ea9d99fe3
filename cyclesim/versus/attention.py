"""One or two attention maps of the baseline's run, small enough for a report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cyclesim.errors import CyclesimError
from cyclesim.trace.attention import is_fused_attention, recompute_attention
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.tensor import Value
from cyclesim.trace.trace import Trace

__all__ = ["AttentionMap", "attention_maps"]

#: Tokens on a side, beyond which only the first are taken.
SIDE = 48


@dataclass(frozen=True, slots=True)
class AttentionMap:
    """The attention probabilities of one head, of the first sequence.

    Attributes:
        cycle, layer: where they are from.
        head, heads: which of how many: the sharpest, whose rows have the least entropy on average.
        kind: `observed`, or `recomputed` beside a fused kernel.
        rows, columns: names of the queries and the keys that are shown.
        whole: how many queries and keys there are.
        values: a line for each query, a number for each key.
    """

    cycle: int
    layer: int | None
    head: int
    heads: int
    kind: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    whole: tuple[int, int]
    values: tuple[tuple[float, ...], ...]

    def to_json(self) -> dict[str, Any]:
        """For a file."""
        return asdict(self)


def attention_maps(trace: Trace) -> tuple[AttentionMap, ...]:
    """Of the first and of the last attention layer whose numbers were kept; none where there is no
    attention."""
    cycles = [c for c in trace.cycles if _has_map(c)]
    chosen = [cycles[0], cycles[-1]] if len(cycles) > 1 else cycles
    return tuple(_maps(chosen, trace.header.tokens))


def _has_map(cycle: Cycle) -> bool:
    if cycle.unit != "attention" or not cycle.outputs or cycle.outputs[0].data is None:
        return False
    if is_fused_attention(cycle):
        return all(value.data is not None for value in cycle.inputs)
    return cycle.step == "softmax" and len(cycle.outputs[0].shape) == 4


def _maps(cycles: list[Cycle], tokens: tuple[str, ...]) -> Iterator[AttentionMap]:
    for cycle in cycles:
        try:
            value = _probabilities(cycle)
        except CyclesimError:
            continue
        every = np.asarray(value.numpy(), dtype=np.float64)[0]
        if not every.size:
            continue
        head = _sharpest(every)
        part = every[head][:SIDE, :SIDE]
        heads, queries, keys = every.shape
        yield AttentionMap(
            cycle.number,
            cycle.layer,
            head,
            heads,
            value.kind,
            _names(tokens, queries),
            _names(tokens, keys),
            (queries, keys),
            tuple(tuple(float(x) for x in row) for row in part),
        )


def _probabilities(cycle: Cycle) -> Value:
    if is_fused_attention(cycle):
        return recompute_attention(cycle).probabilities
    return cycle.outputs[0]


def _sharpest(probabilities: npt.NDArray[np.float64]) -> int:
    """The head of `[head, query, key]` with the least entropy; the first, if there is no least."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(probabilities > 0, np.log(probabilities), 0.0)
    entropy = -(probabilities * logs).sum(-1).mean(-1)
    return int(np.argmin(np.nan_to_num(entropy, nan=np.inf)))


def _names(tokens: tuple[str, ...], count: int) -> tuple[str, ...]:
    """The tokens, where each has its row; else numbers."""
    if len(tokens) == count:
        return tokens[:SIDE]
    return tuple(str(number) for number in range(min(count, SIDE)))

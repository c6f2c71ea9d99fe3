"""One or two attention maps of the baseline's run, small enough for a report."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from cyclesim.trace.attention import attention_probabilities, head_entropies
from cyclesim.trace.cycle import Cycle
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
    """Of the first and of the last attention whose numbers were kept; none where there is none."""
    header = trace.header
    cycles, tokens = list(trace.cycles), header.tokens
    if header.generated:  # a map of the prompt says more than the one row of a token
        cycles = [cycle for cycle in cycles if cycle.phase == "prefill"]
        tokens = tokens if header.target_tokens else tokens[: -header.generated]
    first = next(_maps(cycles, tokens), None)
    if first is None:
        return ()
    last = next(_maps(reversed(cycles), tokens), first)
    return (first,) if last.cycle == first.cycle else (first, last)


def _maps(cycles: Iterable[Cycle], tokens: tuple[str, ...]) -> Iterator[AttentionMap]:
    for cycle in cycles:
        value = attention_probabilities(cycle)
        if value is None:
            continue
        entropies = [math.inf if math.isnan(e) else e for e in head_entropies(value)]
        head = entropies.index(min(entropies))
        part = np.asarray(value.numpy((0, head, slice(0, SIDE), slice(0, SIDE))), np.float64)
        _, heads, queries, keys = value.shape
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


def _names(tokens: tuple[str, ...], count: int) -> tuple[str, ...]:
    """The tokens, where each has its row; else numbers."""
    if len(tokens) == count:
        return tokens[:SIDE]
    return tuple(str(number) for number in range(min(count, SIDE)))

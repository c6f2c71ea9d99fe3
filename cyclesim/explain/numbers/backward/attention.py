"""Gradients of fused attention: the probabilities are recomputed, as the kernel does it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cyclesim.explain.numbers.backward.reading import (
    ALL,
    arrived,
    forward_of,
    needed,
)
from cyclesim.explain.numbers.cell import Cell, Found, Rule, dot, number
from cyclesim.explain.numbers.products import attention_row

__all__ = ["ATTENTION"]


def _query(cell: Cell) -> Found:
    """How much each score should change, times its key."""
    *batch, row, channel = cell.where
    whole = _forward(cell)
    slopes, sizes = _slopes(cell, whole, batch, row)
    keys = cell.read(needed(cell, "key"), *_shared(cell, batch), ALL, channel)
    return _scaled(cell, dot(slopes, keys, "∂L/∂q"), float(sizes @ abs(keys)))


def _key(cell: Cell) -> Found:
    """How much its score with each query should change, times that query."""
    *batch, row, channel = cell.where
    whole = _forward(cell)
    slopes, sizes, read = [], [], []
    for heads in _readers(cell, batch):
        queries = cell.read(needed(cell, "query"), *heads, ALL, channel)
        for at in range(len(queries)):
            of_query = _slopes(cell, whole, heads, at)
            slopes.append(of_query[0][row])
            sizes.append(of_query[1][row])
        read += queries.tolist()
    found = dot(np.asarray(slopes), np.asarray(read), "∂L/∂k")
    return _scaled(cell, found, float(np.asarray(sizes) @ abs(np.asarray(read))))


def _value(cell: Cell) -> Found:
    """The gradient of each query's output, times the weight that this value had in it."""
    *batch, row, channel = cell.where
    whole = _forward(cell)
    weights, read = [], []
    for heads in _readers(cell, batch):
        g = cell.read(arrived(cell), *heads, ALL, channel)
        weights += [_row(whole, heads, at)[row] for at in range(len(g))]
        read += g.tolist()
    found = dot(np.asarray(weights), np.asarray(read), "∂L/∂v")
    return found._replace(text=f"Σ p·g = {found.text}")


def _forward(cell: Cell) -> Cell:
    """The same in the forward, whose probabilities are known without dropout only."""
    cycle = forward_of(cell)
    whole = Cell(cycle, cell.trace, cell.where)
    if whole.argument("dropout_p", 0.0):
        raise ValueError("dropout inside the kernel")
    return whole


def _row(whole: Cell, batch: Sequence[int], row: int) -> np.ndarray:
    return attention_row(whole.cycle, whole.trace, batch, row)


def _slopes(
    cell: Cell, whole: Cell, batch: Sequence[int], row: int
) -> tuple[np.ndarray, np.ndarray]:
    """∂L/∂s of one query's scores, `p (g·v − Σ p g·v)`, and how large these terms were."""
    p = _row(whole, batch, row)
    g = cell.read(arrived(cell), *batch, row, ALL)
    values = cell.read(needed(cell, "value"), *_shared(cell, batch), ALL, ALL)
    wanted = values @ g
    return p * (wanted - p @ wanted), p * (abs(wanted) + p @ abs(wanted))


def _scaled(cell: Cell, found: Found, size: float) -> Found:
    """With the factor that the scores were scaled by."""
    width, given = needed(cell, "query").shape[-1], cell.argument("scale")
    scale = width**-0.5 if given is None else float(given)
    text = f"{number(scale)} · ({found.text})"
    return found._replace(text=text, value=found.value * scale, size=size * scale)


def _heads(cell: Cell) -> int:
    """Heads of the queries that share one head of keys and values."""
    q, k = needed(cell, "query").shape, needed(cell, "key").shape
    return 1 if len(q) < 4 else max(1, q[-3] // k[-3])


def _shared(cell: Cell, batch: Sequence[int]) -> list[int]:
    """Where the keys and values of a query are."""
    if len(batch) < 2:
        return list(batch)
    return [*batch[:-1], batch[-1] // _heads(cell)]


def _readers(cell: Cell, batch: Sequence[int]) -> list[list[int]]:
    """The heads of queries that read this head of keys and values."""
    if len(batch) < 2:
        return [list(batch)]
    first = batch[-1] * _heads(cell)
    return [[*batch[:-1], first + i] for i in range(_heads(cell))]


ATTENTION: dict[str, dict[str, Rule]] = {
    "scaled_dot_product_attention": {
        "grad query": _query,
        "grad key": _key,
        "grad value": _value,
    },
}

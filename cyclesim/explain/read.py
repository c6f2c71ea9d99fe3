"""Reading single numbers of a trace: operands of one output cell, wherever they were kept."""

from __future__ import annotations

from typing import Any

import numpy as np

from cyclesim.trace.tensor import Value
from cyclesim.trace.trace import Trace

__all__ = ["Place", "broadcast", "numbers"]

#: A position in a tensor: integers and full slices.
Place = tuple[Any, ...]


def numbers(value: Value, trace: Trace | None, place: Place) -> np.ndarray:
    """`value[place]` as float64.

    An operand that wiring copied (heads put side by side) was not kept a second time: it is then
    read from the cycle that wrote it, turned back the way attention turns it.

    Raises:
        CyclesimError: the numbers are nowhere in the trace.
    """
    if value.data is not None:
        return np.asarray(value.numpy(place), dtype=np.float64)
    source = _written(value, trace)
    if source is not None and source.shape == value.shape:
        return np.asarray(source.numpy(place), dtype=np.float64)
    if source is not None and len(source.shape) == 4 and len(value.shape) in (2, 3):
        batch, heads, tokens, channels = source.shape
        width = heads * channels
        if value.shape in ((batch, tokens, width), (batch * tokens, width)):
            return np.asarray(_side_by_side(source, value.shape, place), dtype=np.float64)
    return np.asarray(value.numpy(place), dtype=np.float64)  # it says why it cannot


def _side_by_side(source: Value, shape: tuple[int, ...], place: Place) -> np.ndarray:
    """`place` of the heads of `source` put side by side; of one token, only that is read."""
    *front, last = place
    if all(isinstance(i, int) for i in front) and len(place) == len(shape):
        sequence, token = front if len(front) == 2 else divmod(front[0], source.shape[2])
        row: np.ndarray = source.numpy((sequence, slice(None), token)).reshape(-1)
        return np.asarray(row[last])
    whole: np.ndarray = source.numpy().transpose(0, 2, 1, 3).reshape(shape)
    return np.asarray(whole[place])


def broadcast(value: Value, trace: Trace | None, index: tuple[int, ...]) -> float:
    """The one number of `value` that meets output cell `index`, by broadcasting's rules."""
    rank = len(value.shape)
    own = tuple(
        0 if size == 1 else i
        for size, i in zip(value.shape, index[len(index) - rank :], strict=True)
    )
    return float(numbers(value, trace, own))


def _written(value: Value, trace: Trace | None) -> Value | None:
    """The output that `value` came from, where there is no doubt which."""
    if trace is None or value.source is None or not 0 <= value.source < len(trace):
        return None
    outputs: tuple[Value, ...] = trace.cycles[value.source].outputs
    if value.of is not None:  # one of many gradients
        named = [v for v in outputs if v.of == value.of and v.data is not None]
        return named[-1] if named else None
    alike = [v for v in outputs if v.dtype == value.dtype]
    return alike[0] if len(alike) == 1 and alike[0].data is not None else None

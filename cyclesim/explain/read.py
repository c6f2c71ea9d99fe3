"""Reading single numbers of a trace: operands of one output cell, wherever they were kept."""

from __future__ import annotations

from typing import Any

import numpy as np

from cyclesim.errors import CyclesimError
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
    if source is None:
        raise CyclesimError(f"the values of {value.name!r} were not kept.")
    if source.shape == value.shape:
        return np.asarray(source.numpy(place), dtype=np.float64)
    if len(source.shape) == 4 and len(value.shape) in (2, 3):
        batch, heads, tokens, channels = source.shape
        width = heads * channels
        if value.shape in ((batch, tokens, width), (batch * tokens, width)):
            whole = source.numpy().transpose(0, 2, 1, 3).reshape(value.shape)
            return np.asarray(whole[place], dtype=np.float64)
    raise CyclesimError(f"the values of {value.name!r} were not kept.")


def broadcast(value: Value, trace: Trace | None, index: tuple[int, ...]) -> float:
    """The one number of `value` that meets output cell `index`, by broadcasting's rules."""
    rank = len(value.shape)
    own = tuple(
        0 if size == 1 else i
        for size, i in zip(value.shape, index[len(index) - rank :], strict=True)
    )
    return float(numbers(value, trace, own))


def _written(value: Value, trace: Trace | None) -> Value | None:
    """The only output of the cycle that `value` came from."""
    if trace is None or value.source is None or not 0 <= value.source < len(trace):
        return None
    outputs: tuple[Value, ...] = trace.cycles[value.source].outputs
    return outputs[0] if len(outputs) == 1 and outputs[0].data is not None else None

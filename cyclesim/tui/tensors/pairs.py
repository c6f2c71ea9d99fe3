"""In a training step, the gradient that belongs to a tensor, and the tensor that a gradient is of.

The two have the same shape, so that they can be looked at side by side, cell by cell.
"""

from __future__ import annotations

from typing import NamedTuple

from cyclesim.trace import Cycle, Trace, Value
from cyclesim.tui.tensors.slots import Slot

__all__ = ["Pair", "pair_of"]


class Pair(NamedTuple):
    """A tensor and its gradient.

    Attributes:
        data, gradient: the two; one of them is the tensor that is looked at.
        number: the cycle that the other one is from.
    """

    data: Value
    gradient: Value
    number: int


def pair_of(slot: Slot, cycle: Cycle, trace: Trace, executed: int) -> Pair | None:
    """The tensor of `slot` with what it is the gradient of, or with its own gradient.

    Args:
        executed: how many cycles have run: a gradient that has not come yet is none.
    """
    found: Pair | None
    if cycle.forward is not None:
        found = _of_gradient(slot.value, trace.cycles[cycle.forward])
    elif cycle.phase == "update":
        found = _of_update(slot, cycle)
    else:
        found = _of_data(slot, cycle, trace, executed)
    if found is None or found.data.shape != found.gradient.shape:
        return None
    return found if found.data.kept and found.gradient.kept else None


def _of_gradient(value: Value, forward: Cycle) -> Pair | None:
    name = value.name.removeprefix("grad ").partition(",")[0]
    if name == value.name:
        return None
    if name == "output" and forward.outputs:
        return Pair(forward.outputs[0], value, forward.number)
    data = next((v for v in forward.inputs if v.name == name), None)
    return None if data is None else Pair(data, value, forward.number)


def _of_update(slot: Slot, cycle: Cycle) -> Pair | None:
    gradient = next((v for v in cycle.inputs if v.name == "gradient"), None)
    if gradient is None or slot.value.name != "value":
        return None
    return Pair(slot.value, gradient, cycle.number)


def _of_data(slot: Slot, cycle: Cycle, trace: Trace, executed: int) -> Pair | None:
    backward = next((c for c in trace.cycles[:executed] if c.forward == cycle.number), None)
    if backward is None:
        return None
    name = "output" if slot.output else slot.value.name
    named = (*backward.inputs, *backward.outputs)
    gradient = next((v for v in named if v.name == f"grad {name}"), None)
    return None if gradient is None else Pair(slot.value, gradient, backward.number)

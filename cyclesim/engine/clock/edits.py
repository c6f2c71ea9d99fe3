"""Ready-made edits of a cycle's output: `clock.edit(edits.zero_head(2))`.

An edit is a function from the tensor that a cycle wrote to the tensor that the model goes on with.
It must keep shape, type and device; `apply` checks that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.trace import Cycle, Trace

__all__ = ["Edit", "add_noise", "apply", "scale", "swap", "zero_head", "zero_position"]

#: What may be given as an edit: a function of the old tensor and its cycle, or the new numbers.
Edit = Any
_Function = Callable[[torch.Tensor, Cycle], torch.Tensor]


def zero_head(head: int) -> _Function:
    """Set one attention head to 0, in a tensor `[batch, heads, …, …]`."""

    def edit(tensor: torch.Tensor, cycle: Cycle) -> torch.Tensor:
        _need(tensor.dim() == 4, cycle, "zero_head", tr("a tensor [batch, heads, query, key]"))
        _need(
            0 <= head < tensor.shape[1], cycle, "zero_head", tr("a head {head}").format(head=head)
        )
        return _filled(tensor, (slice(None), head))

    return edit


def zero_position(position: int) -> _Function:
    """Set one token's vector (or its row of attention) to 0: the second dimension from the end."""

    def edit(tensor: torch.Tensor, cycle: Cycle) -> torch.Tensor:
        _need(tensor.dim() >= 2, cycle, "zero_position", tr("a tensor with positions"))
        length = tensor.shape[-2]
        there = tr("a position {position}").format(position=position)
        _need(0 <= position < length, cycle, "zero_position", there)
        return _filled(tensor, (..., position, slice(None)))

    return edit


def scale(factor: float) -> _Function:
    """Multiply by `factor`."""
    return lambda tensor, cycle: tensor * factor


def add_noise(std: float, seed: int = 0) -> _Function:
    """Add normal noise of standard deviation `std`, the same for the same `seed`."""

    def edit(tensor: torch.Tensor, cycle: Cycle) -> torch.Tensor:
        generator = torch.Generator().manual_seed(seed)
        noise = torch.randn(tensor.shape, generator=generator) * std
        return tensor + noise.to(device=tensor.device, dtype=tensor.dtype)

    return edit


def swap(trace: Trace, output: int = 0) -> _Function:
    """Put in what the same cycle (by path, call and step) wrote in another trace.

    `output` says which of its outputs, where it has several.
    """

    def edit(tensor: torch.Tensor, cycle: Cycle) -> torch.Tensor:
        same = trace.find(path=cycle.path, call=cycle.call, step=cycle.step, op=cycle.op)
        _need(bool(same), cycle, "swap", tr("a counterpart in the other trace"))
        there = tr("an output {output}").format(output=output)
        _need(output < len(same[0].outputs), cycle, "swap", there)
        value = same[0].outputs[output]
        mine = str(tensor.dtype).removeprefix("torch.")
        alike = tr("{dtype} numbers in the other trace").format(dtype=mine)
        _need(value.dtype == mine, cycle, "swap", alike)
        numbers = torch.from_numpy(value.numpy())
        return numbers.to(device=tensor.device, dtype=tensor.dtype)

    return edit


def apply(edit: Edit, tensor: torch.Tensor, cycle: Cycle, index: Any = None) -> torch.Tensor:
    """The tensor to go on with: `edit` applied to `tensor` (or to its slice `index`).

    Args:
        edit: a function `(tensor, cycle) -> tensor`, a tensor, an array, or a number.
        index: where to put it; None for the whole tensor.

    Raises:
        CyclesimError: shape or type do not fit.
    """
    old = tensor.detach()
    try:
        target = old if index is None else old[index]
    except (IndexError, TypeError) as error:
        said = tr("the index does not fit the output of cycle {number} {shape}: {why}.")
        said = said.format(number=cycle.number, shape=list(old.shape), why=error)
        raise CyclesimError(said) from None
    new = edit(target.clone(), cycle) if callable(edit) else edit
    new = _as_tensor(new, target, cycle)
    if tuple(new.shape) != tuple(target.shape):
        said = tr("an edit of cycle {number} must have the shape {shape}, not {given}.")
        raise CyclesimError(
            said.format(number=cycle.number, shape=list(target.shape), given=list(new.shape))
        )
    if index is None:
        return new.clone()
    whole = old.clone()
    whole[index] = new
    return whole


def _as_tensor(new: Any, target: torch.Tensor, cycle: Cycle) -> torch.Tensor:
    if isinstance(new, (bool, int, float, np.number)):
        return torch.full_like(target, new.item() if isinstance(new, np.number) else new)
    if isinstance(new, np.ndarray) and new.dtype.kind in "biufc":
        new = torch.from_numpy(np.ascontiguousarray(new)).to(target.device)
        if (
            new.dtype != target.dtype
            and new.dtype.is_floating_point == target.dtype.is_floating_point
        ):
            new = new.to(target.dtype)  # numbers from a script: float64 for float32, and bfloat16
    if not isinstance(new, torch.Tensor):
        said = tr(
            "an edit of cycle {number} must give a tensor, an array or a number, not {given}."
        )
        raise CyclesimError(said.format(number=cycle.number, given=type(new).__name__))
    if new.dtype != target.dtype:
        said = tr("an edit of cycle {number} must have the type {dtype}, not {given}.")
        raise CyclesimError(said.format(number=cycle.number, dtype=_name(target), given=_name(new)))
    if new.layout != target.layout:
        said = tr("an edit of cycle {number} must be a dense tensor.")
        raise CyclesimError(said.format(number=cycle.number))
    if new.device != target.device:
        said = tr("an edit of cycle {number} must be on {device}, not on {given}.")
        raise CyclesimError(
            said.format(number=cycle.number, device=target.device, given=new.device)
        )
    return new.detach()


def _filled(tensor: torch.Tensor, index: Any) -> torch.Tensor:
    changed = tensor.clone()
    changed[index] = 0
    return changed


def _name(tensor: torch.Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _need(condition: bool, cycle: Cycle, edit: str, what: str) -> None:
    if not condition:
        shapes = ", ".join(str(list(v.shape)) for v in cycle.outputs)
        said = tr("{edit} needs {what}, and cycle {number} ({step}) wrote {shapes}.")
        raise CyclesimError(
            said.format(edit=edit, what=what, number=cycle.number, step=cycle.step, shapes=shapes)
        )

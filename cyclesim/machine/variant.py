"""The same model in another form, beside the one there is: its weights are shared, not copied."""

from __future__ import annotations

import copy
from dataclasses import replace

from cyclesim.errors import CyclesimError
from cyclesim.machine.machine import Machine

__all__ = ["with_attention"]


def with_attention(machine: Machine, attention: str) -> Machine:
    """A machine with the same weights whose model computes attention by another implementation.

    The machine itself is left as it is, and may be in the middle of a run.

    Args:
        attention: `eager` or `sdpa`.

    Raises:
        CyclesimError: the model has no choice, or not this one.

    Example:
        >>> fused = with_attention(machine, "sdpa")
        >>> cyclesim.diff(cyclesim.trace(machine, text), cyclesim.trace(fused, text))
    """
    if not machine.attention:
        raise CyclesimError(f"{machine.name} has one attention implementation only.")
    tensors = [*machine.model.parameters(), *machine.model.buffers()]
    model = copy.deepcopy(machine.model, {id(t): t for t in tensors})
    try:
        model.set_attn_implementation(attention)
    except (AttributeError, ValueError, ImportError, NotImplementedError) as error:
        text = " ".join(str(error).split())
        raise CyclesimError(f"{machine.name} cannot use {attention} attention: {text}") from None
    made = replace(machine, model=model)
    made.name = machine.name  # a compiled model says so in its name: once is enough
    return made

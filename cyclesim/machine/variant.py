"""The same model in another form, beside the one there is: its weights are shared, not copied."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import torch

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.machine.generation import Generation
from cyclesim.machine.machine import Machine

__all__ = ["forward_only", "twin", "with_attention", "with_model", "writing"]


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
        raise CyclesimError(
            tr("{name} has one attention implementation only.").format(name=machine.name)
        )
    made = twin(machine)
    try:
        made.model.set_attn_implementation(attention)
    except (AttributeError, ValueError, ImportError, NotImplementedError) as error:
        text = " ".join(str(error).split())
        raise CyclesimError(
            tr("{name} cannot use {attention} attention: {text}").format(
                name=machine.name, attention=attention, text=text
            )
        ) from None
    return made


def twin(machine: Machine) -> Machine:
    """A machine with a model object of its own, and the very same weights and buffers."""
    tensors = [*machine.model.parameters(), *machine.model.buffers()]
    return with_model(machine, copy.deepcopy(machine.model, {id(t): t for t in tensors}))


def forward_only(machine: Machine) -> Machine:
    """The same machine, whose model runs once on the tensors it is given, and generates nothing."""
    made = replace(machine, generation=None)
    made.name = machine.name
    return made


def writing(machine: Machine, **settings: Any) -> Machine:
    """The same machine with other settings of how it generates (see `Generation`)."""
    made = replace(machine, generation=replace(machine.generation or Generation(), **settings))
    made.name = machine.name
    return made


def with_model(machine: Machine, model: torch.nn.Module) -> Machine:
    """The same machine around another model."""
    made = replace(machine, model=model)
    made.name = machine.name  # what the name says of the weights or of compiling, it says already
    return made

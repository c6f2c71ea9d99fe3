"""What the model is given: its input tensors, and the tokens that they were made of."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from cyclesim.machine.steps import HostResult, HostStep, Steps, Written
from cyclesim.trace import Prompt, TokenSequence

__all__ = ["Encoding", "copied", "given"]


@dataclass(frozen=True, slots=True)
class Encoding:
    """Texts, ready for the model.

    Attributes:
        inputs: keyword tensors of the forward call, `[batch, sequence]`.
        args: positional arguments of the forward call.
        sequences: the tokens of each row; empty for a model that is given tensors.
        prompts: what they were made of.
    """

    inputs: Mapping[str, Any]
    args: tuple[Any, ...] = ()
    sequences: tuple[TokenSequence, ...] = ()
    prompts: tuple[Prompt, ...] = ()

    @property
    def tokens(self) -> tuple[str, ...]:
        """Those of the first row, special tokens and padding included."""
        return self.sequences[0].tokens if self.sequences else ()

    @property
    def offsets(self) -> tuple[tuple[int, int] | None, ...]:
        """Character span of each of the tokens in its text; None for special tokens."""
        return self.sequences[0].offsets if self.sequences else ()

    @property
    def text(self) -> str | None:
        """What was typed; None where tensors were given."""
        return self.sequences[0].text if self.sequences else None

    def copied(self) -> Encoding:
        """The same with inputs of its own: a model may write to what it is given (a cache)."""
        return replace(self, inputs=copied(dict(self.inputs)), args=copied(self.args))


def copied(value: Any) -> Any:
    """A deep copy of a nest of inputs; what cannot be copied is handed on as it is."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone().requires_grad_(value.requires_grad)
    if isinstance(value, dict):
        return {k: copied(v) for k, v in value.items()}
    if isinstance(value, (tuple, list)) and not hasattr(value, "_fields"):
        return type(value)(copied(v) for v in value)
    try:
        return copy.deepcopy(value)
    except Exception:
        return value


def given(inputs: Any, device: torch.device) -> Steps[Encoding]:
    """Ready-made inputs as one step: a mapping of keywords, a tuple of arguments, or a tensor."""
    named: dict[str, Any] = {}
    args: tuple[Any, ...] = ()
    if isinstance(inputs, Mapping):
        named = {str(k): _to(v, device) for k, v in inputs.items()}
        items = list(named.items())
    else:
        args = tuple(_to(v, device) for v in (inputs if isinstance(inputs, tuple) else (inputs,)))
        items = [(f"input {i}" if len(args) > 1 else "input", v) for i, v in enumerate(args)]
    written = tuple(Written(k, v) for k, v in items if isinstance(v, torch.Tensor))

    yield HostStep("input", "inputs", "inputs", lambda: HostResult(written, _given_note(written)))
    return Encoding(inputs=named, args=args)


def _to(value: Any, device: torch.device) -> Any:
    return value.to(device) if isinstance(value, torch.Tensor) else value


def _given_note(written: tuple[Written, ...]) -> str:
    return ", ".join(f"{w.name} {list(w.value.shape)}" for w in written)

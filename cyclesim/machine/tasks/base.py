"""What every task has: a name, the labels of its head, and the steps from logits to an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from cyclesim.machine.inputs import Encoding
from cyclesim.machine.steps import HostResult, HostStep, ModelCall, Program, Steps, Written

if TYPE_CHECKING:
    from cyclesim.machine.machine import Machine

__all__ = ["Task"]


@dataclass(frozen=True)
class Task:
    """A model whose output is shown as it is, with no answer read out of it.

    Attributes:
        labels: the names of the head's classes.
        name: what the task is called on the command line: as pipelines of transformers are.
        auto: transformers' auto class that builds a model for the task.
        heads: endings of the model classes that have the head for it.
        generates: its answer is a text that the model writes, token by token.
    """

    labels: tuple[str, ...] = ()
    name: ClassVar[str] = "forward"
    auto: ClassVar[str] = "AutoModel"
    heads: ClassVar[tuple[str, ...]] = ()
    generates: ClassVar[bool] = False

    def program(self, machine: Machine, encoding: Encoding) -> Program[Mapping[str, Any]]:
        """What runs once the input is prepared; the generator's value is the trace's `result`."""
        outputs = yield ModelCall(encoding.inputs, encoding.args)
        return (yield from self.decode(encoding, outputs))

    def decode(self, encoding: Encoding, outputs: Any) -> Steps[Mapping[str, Any]]:
        """Yield the output steps; the generator's value is the trace's `result`."""
        return {}
        yield  # makes this a generator, as every decode is

    def _probabilities(self, logits: torch.Tensor, words: tuple[str, ...]) -> HostStep:
        def run() -> HostResult:
            wide = logits.to(torch.promote_types(logits.dtype, torch.float32))
            probabilities = torch.softmax(wide, dim=-1)
            note = f"softmax over {logits.shape[-1]} labels"
            return HostResult((Written("probabilities", probabilities, words),), note)

        arguments = (("dim", "-1"),)
        read = Written("logits", logits)
        return HostStep("output", "probabilities", "softmax", run, (read,), arguments)

    def label(self, index: int) -> str:
        """The name of class `index`; `LABEL_7` where it has none."""
        return self.labels[index] if index < len(self.labels) else f"LABEL_{index}"

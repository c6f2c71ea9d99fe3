"""A language model that goes on with a text, one token after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.machine.encoding import Encoding
from cyclesim.machine.generation import generate
from cyclesim.machine.steps import Program, Steps
from cyclesim.machine.tasks.base import Results, Task
from cyclesim.trace import Prompt

if TYPE_CHECKING:
    from cyclesim.machine.machine import Machine

__all__ = ["TextGeneration"]


@dataclass(frozen=True)
class TextGeneration(Task):
    """What comes next in the text, token by token.

    Tensors instead of a text are one plain forward, unless the machine was told how to generate.
    """

    name: ClassVar[str] = "text-generation"
    auto: ClassVar[str] = "AutoModelForCausalLM"
    heads: ClassVar[tuple[str, ...]] = ("ForCausalLM", "LMHeadModel")
    generates: ClassVar[bool] = True
    #: The end of a prompt is what is gone on with: it is never cut off unasked, nor padded.
    cuts: ClassVar[bool] = False
    padding_side: ClassVar[str] = "left"
    takes: ClassVar[tuple[str, ...]] = ()

    def preprocess(
        self, prompts: Sequence[Prompt], tokenizer: Any, device: torch.device, **how: Any
    ) -> Steps[Encoding]:
        if len(prompts) > 1:
            raise CyclesimError(
                tr("{task} writes one text at a time: run the {count} texts one by one.").format(
                    task=self.name, count=len(prompts)
                )
            )
        return (yield from super().preprocess(prompts, tokenizer, device, **how))

    def program(self, machine: Machine, encoding: Encoding) -> Program[Results]:
        if encoding.text is None and machine.generation is None:
            return (yield from super().program(machine, encoding))
        return ((yield from generate(machine, encoding)),)

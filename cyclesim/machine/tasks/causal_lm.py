"""A language model that goes on with a text, one token after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from cyclesim.machine.encoding import Encoding
from cyclesim.machine.generation import generate
from cyclesim.machine.steps import Program
from cyclesim.machine.tasks.base import Results, Task

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
    takes: ClassVar[tuple[str, ...]] = ()

    def program(self, machine: Machine, encoding: Encoding) -> Program[Results]:
        if encoding.text is None and machine.generation is None:
            return (yield from super().program(machine, encoding))
        return ((yield from generate(machine, encoding)),)

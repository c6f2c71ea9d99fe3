"""A run, described one step at a time so that a clock can run it: host steps and model calls.

A machine does not run its own steps: it *yields* them. Whoever drives the generator runs each step
or call and sends back what came of it. The recorder drives it cycle by cycle; an untraced run just
runs it. Input preprocessing and output are steps alone; a *program* also calls the model, once or,
to generate a text, once for every token.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import numpy as np
import torch

from cyclesim.trace import Phase, Unit

__all__ = [
    "HostResult",
    "HostStep",
    "ModelCall",
    "Named",
    "Program",
    "Steps",
    "Work",
    "Written",
    "drive",
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """One array or tensor that a host step wrote, or read.

    Attributes:
        words: names of its rows.
        lasting: nobody writes to its memory later, so a recording needs no copy of it (a cache).
        view_of: what a step reads may be a view of what another one wrote.
    """

    name: str
    value: np.ndarray | torch.Tensor
    words: tuple[str, ...] | None = None
    lasting: bool = False
    view_of: Written | None = None

    @property
    def tensor(self) -> torch.Tensor:
        """The value, which is a tensor."""
        assert isinstance(self.value, torch.Tensor)
        return self.value


@dataclass(frozen=True, slots=True)
class HostResult:
    """What a host step wrote, one line about it, and whether it changed nothing (`nop`)."""

    outputs: tuple[Written, ...]
    note: str = ""
    nop: bool = False


@dataclass(frozen=True, slots=True)
class HostStep:
    """One step outside the model.

    Attributes:
        unit: `input` or `output`.
        step: what it is (`tokenize`, `labels`, …).
        op: the function that does it (`tokenizer.tokenize`).
        run: does the work.
        reads: the outputs of earlier steps, or the model's output tensors, that it reads.
        arguments: its other arguments, as text.
        last: no cycle follows this one.
        phase, token: as of a cycle (see `cyclesim.trace.Cycle`).
        rewrite: makes the step's result from other numbers in place of what it wrote, for a user
            who edits them; None where they cannot be edited.
    """

    unit: Unit
    step: str
    op: str
    run: Callable[[], HostResult]
    reads: tuple[Written, ...] = ()
    arguments: tuple[tuple[str, str], ...] = ()
    last: bool = False
    phase: Phase = "forward"
    token: int | None = None
    rewrite: Callable[[tuple[Any, ...]], HostResult] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ModelCall:
    """One call of the model; what it returns is sent back to the program.

    Attributes:
        inputs, args: keyword and positional arguments.
        module: qualified name of the module that is called (the encoder alone); "" for the model.
        phase, token: what its cycles are part of (see `cyclesim.trace.Cycle`).
    """

    inputs: Mapping[str, Any] = field(default_factory=dict)
    args: tuple[Any, ...] = ()
    module: str = ""
    phase: Phase = "forward"
    token: int | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """What the positions of the run's sequences are called from here on (see `trace.Header`).

    No cycle: a program yields it when a sequence has grown, so that axes have their labels.
    """

    tokens: tuple[str, ...]
    offsets: tuple[tuple[int, int] | None, ...] = ()
    target_tokens: tuple[str, ...] = ()
    generated: int = 0


class Work(Protocol):
    """A piece of a program that is neither: a backward pass, say. Its result is sent back."""

    def run(self) -> Any:
        """Do it, with nothing watching."""


Steps = Generator[HostStep, HostResult, T]
Program = Generator[HostStep | ModelCall | Named | Work, Any, T]


def drive(
    program: Program[T] | Steps[T],
    run: Callable[[HostStep], HostResult] = lambda step: step.run(),
    call: Callable[[ModelCall], Any] | None = None,
    named: Callable[[Named], None] = lambda _: None,
    work: Callable[[Work], Any] = lambda piece: piece.run(),
) -> T:
    """Run `program` to the end and return its value.

    Args:
        run: runs a step; by default, just runs it.
        call: calls the model; not needed for mere steps.
        named: told what the positions are called.
        work: does every other piece of work; by default, just runs it.
    """
    result: Any = None
    while True:
        try:
            item = program.send(result)
        except StopIteration as done:
            return done.value
        if isinstance(item, HostStep):
            result = run(item)
        elif isinstance(item, Named):
            named(item)
            result = None
        elif isinstance(item, ModelCall):
            assert call is not None
            result = call(item)
        else:
            result = work(item)

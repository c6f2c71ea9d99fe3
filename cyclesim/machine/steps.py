"""Input preprocessing and output, described one step at a time so that a clock can run them.

A machine does not run its own steps: it *yields* them. Whoever drives the generator runs each step
and sends its result back. The recorder drives it cycle by cycle; an untraced run just runs it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch

from cyclesim.trace import Unit

__all__ = ["HostResult", "HostStep", "Steps", "Written", "drive"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """One array or tensor that a host step wrote; `words` names its rows."""

    name: str
    value: np.ndarray | torch.Tensor
    words: tuple[str, ...] | None = None


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
    """

    unit: Unit
    step: str
    op: str
    run: Callable[[], HostResult]
    reads: tuple[Written, ...] = ()
    arguments: tuple[tuple[str, str], ...] = ()
    last: bool = False


Steps = Generator[HostStep, HostResult, T]


def drive(steps: Steps[T], run: Callable[[HostStep], HostResult] | None = None) -> T:
    """Run `steps` to the end with `run` (by default, just run each) and return their value."""
    result: Any = None
    while True:
        try:
            step = steps.send(result)
        except StopIteration as done:
            return done.value
        result = run(step) if run is not None else step.run()

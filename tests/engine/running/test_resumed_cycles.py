"""Resumed from anywhere, a run has the cycles of the straight run, whatever one asks of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from cyclesim import Clock
from cyclesim.trace import Cycle, Trace, Value
from tests.engine.all_families import build, inputs
from tests.engine.training import models
from tests.machine.generation.models import PROMPT, machine


class Overwriting(nn.Module):
    """Writes over what it computed, through views too, and reads it from several sides."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5), nn.Linear(4, 4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.inner(x)
        turned = y.transpose(0, 1)
        z = turned.contiguous() + turned
        w = y.view(-1) * 3
        turned[0] = z[1] * 5
        y.add_(1)
        first, second = y.split(2, dim=1)
        first.mul_(second)
        return self.inner(y) + w.view(y.shape) + turned.T


class WrittenLater(nn.Module):
    """Writes over what it computed long ago, and what the first run has read by then."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x * 2
        z = y + 1
        w = y.T * 3
        v = y + w.T
        y.add_(z)
        return y + w.T + z + v


def family(name: str) -> Callable[[], tuple[Any, dict[str, Any]]]:
    return lambda: (build(name), {"inputs": inputs(name)})


CASES: dict[str, Callable[[], tuple[Any, dict[str, Any]]]] = {
    "bert": family("bert"),
    "t5": family("t5"),
    "bart": family("bart"),
    "generation": lambda: (
        machine("llama", max_new_tokens=3, temperature=1.5, seed=4), {"text": PROMPT},
    ),
    "training": lambda: (
        models.build("BERT").train(), {"inputs": models.inputs("BERT"), "train": True},
    ),
    "dropouts": lambda: (Overwriting().train(), {"inputs": torch.ones(3, 4)}),
    "written later": lambda: (WrittenLater(), {"inputs": torch.ones(3, 4)}),
    "overwrites": lambda: (Overwriting().eval(), {"inputs": torch.ones(3, 4)}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_every_field_is_that_of_the_straight_run(case: str) -> None:
    torch.manual_seed(3)
    model, what = CASES[case]()
    before = torch.get_rng_state()
    with Clock(model, measure=False, **what) as clock:
        seen = [[numbers(value) for value in values(cycle)] for cycle in clock]
        straight = clock.finish()
    torch.set_rng_state(before)
    with Clock(model, measure=False, **what) as clock:
        last = len(straight) - 1
        clock.step(2 * last // 3)  # the first run is left unfinished, and gone back into at the end
        for number in (last // 3, last - 1, last // 2, last // 5):
            if number < clock.executed:
                clock.rewind(number)
            clock.run_to(number + 2)
            same(clock.trace, straight, seen)
            if number != last // 2:  # from there it is rewound before it has ended
                clock.finish()
                same(clock.trace, straight, seen)
        clock.rewind(last // 4, clock.branches[0])
        same(clock.finish(), straight, seen)
        assert clock.trace.verdict.bit_identical is True
        assert clock.trace.result == straight.result
        for branch in clock.branches:  # and nothing that was left behind has changed
            same(branch.trace, straight, seen)


def same(ours: Trace, straight: Trace, seen: list[list[np.ndarray | None]]) -> None:
    """`seen` is what the tensors were when their cycle had just run."""
    assert not ours.complete or len(ours) == len(straight)
    for cycle, expected in zip(ours.cycles, straight.cycles, strict=False):
        assert told(cycle) == told(expected)
        pairs = zip(values(cycle), values(expected), seen[cycle.number], strict=True)
        for mine, its, was in pairs:
            assert replace(mine, data=None) == replace(its, data=None), cycle
            if ours.complete:
                assert (mine.data is None) == (its.data is None), (cycle, mine.name)
            now = numbers(mine)
            if now is not None and was is not None:
                assert now.tobytes() == was.tobytes(), (cycle, mine.name)


def numbers(value: Value) -> np.ndarray | None:
    return value.numpy() if value.data is not None and value.kind != "parameter" else None


def told(cycle: Cycle) -> dict[str, Any]:
    apart = {"self_ns", "inputs", "outputs"}
    return {f.name: getattr(cycle, f.name) for f in fields(cycle) if f.name not in apart}


def values(cycle: Cycle) -> tuple[Value, ...]:
    return (*cycle.inputs, *cycle.outputs)

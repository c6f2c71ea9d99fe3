"""The verdict cannot be fooled by a model that hands out memory it writes to again."""

from __future__ import annotations

import threading

import pytest
import torch
from torch import nn

import cyclesim


class Reuses(nn.Module):
    """Computes something else at each call, always into the same memory."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0
        self.register_buffer("kept", torch.zeros(3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        self.kept.copy_(x * self.calls)
        return self.kept


def test_outputs_in_the_same_memory_are_still_compared() -> None:
    verdict = cyclesim.trace(Reuses().eval(), inputs=torch.ones(3), measure=False).verdict
    assert verdict.bit_identical is False
    assert verdict.max_abs_diff == 1.0


def test_so_they_are_by_a_live_clock() -> None:
    with cyclesim.Clock(Reuses().eval(), inputs=torch.ones(3), measure=False) as clock:
        verdict = clock.finish().verdict
    assert verdict.bit_identical is False


def test_ctrl_c_while_the_thread_starts_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(thread: threading.Thread) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", interrupted)
        with (
            pytest.raises(KeyboardInterrupt),
            cyclesim.Clock(nn.Linear(3, 3), inputs=torch.ones(3)) as clock,
        ):
            clock.step()

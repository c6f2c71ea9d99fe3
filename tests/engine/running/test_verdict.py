"""The verdict cannot be fooled by a model that hands out memory it writes to again."""

from __future__ import annotations

import threading

import pytest
import torch
from torch import nn

import cyclesim
from cyclesim import Clock
from tests.engine.all_families import build


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


class WritesToItsInput(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mul_(2) + 1


def test_a_model_that_writes_to_its_input_runs_on_the_same_input_each_time() -> None:
    for run in (
        lambda x: cyclesim.trace(WritesToItsInput(), inputs=x),
        lambda x: Clock(WritesToItsInput(), inputs=x).finish(),
    ):
        data = torch.tensor([[1.0, 2.0, 3.0]])
        trace = run(data)
        assert trace.verdict.bit_identical is True
        assert trace[0].outputs[0].numpy().tolist() == [[1, 2, 3]]
        assert trace[1].outputs[0].numpy().tolist() == [[2, 4, 6]]
        assert trace[2].outputs[0].numpy().tolist() == [[3, 5, 7]]
        assert data.tolist() == [[2, 4, 6]]  # written to once, as by a plain call
        data.zero_()  # whatever the caller does next, the trace shows what was
        assert trace[0].outputs[0].numpy().tolist() == [[1, 2, 3]]


def test_a_cache_that_is_given_grows_once() -> None:
    from transformers import DynamicCache

    model = build("gpt2")
    ids = torch.arange(5, 10)[None]
    with torch.no_grad():
        cache = model(input_ids=ids[:, :4], past_key_values=DynamicCache()).past_key_values
    trace = cyclesim.trace(model, inputs={"input_ids": ids[:, 4:], "past_key_values": cache})
    assert trace.verdict.bit_identical is True
    assert cache.get_seq_length() == 5


class Counts(nn.Module):
    """Keeps a state in a buffer, in eval mode too, and returns it."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("count", torch.zeros(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.count += 1
        return x + self.count


def test_a_state_in_a_buffer_advances_once_for_each_run() -> None:
    model = Counts().eval()
    trace = cyclesim.trace(model, inputs=torch.zeros(1))
    assert trace.verdict.bit_identical is True
    assert model.count.item() == 1
    with Clock(model, inputs=torch.zeros(1)) as clock:
        assert clock.finish().verdict.bit_identical is True
        assert model.count.item() == 2
        for number in range(len(clock.trace)):
            clock.rewind(number)
            trace = clock.finish()
            assert trace[-1].outputs[0].numpy().tolist() == [2]
            assert model.count.item() == 2
    model.count.zero_()
    assert trace[-1].outputs[0].numpy().tolist() == [2]


class Sparse(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.to_sparse()


def test_a_sparse_output_is_compared() -> None:
    trace = cyclesim.trace(Sparse(), inputs=torch.eye(3), measure=False)
    assert trace.verdict.bit_identical is True

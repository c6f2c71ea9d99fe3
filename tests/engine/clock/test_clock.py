"""The live clock: it runs a cycle when asked and no earlier, and leaves nothing behind."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.modules import module

import cyclesim
from cyclesim import Clock, CyclesimError, ModelError
from tests.engine.families import build, inputs

SPEC: dict[str, Any] = {
    "family": "Bert", "layers": 2, "heads": 2, "width": 16, "ffn": 24, "labels": 3,
    "attention": "eager", "batch": 1, "length": 5, "padded": True, "seed": 1,
}  # fmt: skip


@pytest.fixture
def model() -> torch.nn.Module:
    return build(SPEC)


@pytest.fixture
def batch() -> dict[str, torch.Tensor]:
    return inputs(SPEC)


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    yield
    for thread in clock_threads():
        thread.join(10)  # it has told that the run is over before it is over itself
    assert not clock_threads()


def clock_threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name == "cyclesim-clock"]


def hooks(model: torch.nn.Module) -> int:
    """How many hooks there are, on the model and on all modules."""
    own = sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules())
    return own + len(module._global_forward_hooks) + len(module._global_forward_pre_hooks)


def test_nothing_runs_before_it_is_asked_for(model: Any, batch: Any) -> None:
    calls: list[str] = []
    handle = model.bert.encoder.layer[1].register_forward_pre_hook(lambda *_: calls.append("1"))
    with Clock(model, inputs=batch, measure=False) as clock:
        assert clock.position is None
        assert clock.executed == 0
        assert not clock_threads()
        clock.step()
        assert clock.executed == 1
        clock.run_to(lambda c: c.layer == 0 and c.step == "softmax")
        assert clock.current is not None
        assert clock.current.step == "softmax"
        assert calls == []
        clock.run_to(lambda c: c.layer == 1)
        assert calls == ["1"]
    handle.remove()
    assert hooks(model) == 0


def test_looking_back_runs_nothing_and_forward_returns_the_same_tensor(
    model: Any, batch: Any
) -> None:
    with Clock(model, inputs=batch, measure=False) as clock:
        cycle = clock.step(12)
        assert cycle is not None
        seen = cycle.outputs[0].numpy()
        assert clock.back(5) is clock.trace[6]
        assert clock.looking_back
        assert clock.executed == 12
        assert clock.step(5) is cycle
        assert clock.executed == 12
        assert np.array_equal(cycle.outputs[0].numpy(), seen)
        assert clock.goto(3) is clock.trace[3]
        assert clock.back(100) is clock.trace[0]
        assert clock.goto(20) is clock.trace[20]
        assert clock.executed == 21
        with pytest.raises(CyclesimError, match="there is no cycle 5000"):
            clock.goto(5000)
        with pytest.raises(CyclesimError, match="there is no cycle -1"):
            clock.goto(-1)


@pytest.mark.parametrize("resolution", ["layer", "module", "step"])
def test_ticks_stop_where_the_groups_of_the_trace_end(
    model: Any, batch: Any, resolution: Any
) -> None:
    whole = cyclesim.trace(model, inputs=batch, measure=False)
    ends = [g.last for g in whole.groups(resolution)]
    with Clock(model, inputs=batch, measure=False) as clock:
        stops = []
        while (cycle := clock.tick(resolution)) is not None:
            stops.append(cycle.number)
        assert stops == ends
        clock.goto(0)
        walked = []
        while clock.looking_back:
            cycle = clock.tick(resolution)
            assert cycle is not None
            walked.append(cycle.number)
        assert walked == [e for e in ends if e > 0]


def test_step_out_leaves_the_module_and_step_over_runs_it(model: Any, batch: Any) -> None:
    with Clock(model, inputs=batch, measure=False) as clock:
        clock.run_to(lambda c: c.step == "query")
        cycle = clock.step_out()
        assert cycle is not None
        assert (cycle.step, cycle.layer) == ("context", 0)
        cycle = clock.step_over()
        assert cycle is not None
        assert cycle.path.endswith("layer.0.attention.output.LayerNorm")
        cycle = clock.step_out()  # that module has returned: leave the one around it
        assert cycle is not None
        assert (cycle.step, cycle.layer) == ("layernorm", 0)
        assert cycle.path.endswith("layer.0.output.LayerNorm")


def test_finish_gives_verdict_times_and_a_closed_trace(model: Any, batch: Any) -> None:
    with Clock(model, inputs=batch) as clock:
        clock.step(3)
        trace = clock.finish()
        assert clock.finished
        assert trace.complete
        assert trace.verdict.bit_identical is True
        assert trace.timing.stepped
        assert len(trace.timing.full_speed) == len(trace)
        assert trace.timing.untraced_ns
        assert clock.step() is None
        assert clock.finish() is trace
    assert clock.step() is None


def test_waiting_is_not_counted_as_time_of_the_run(model: Any, batch: Any) -> None:
    with Clock(model, inputs=batch, measure=False) as clock:
        clock.step(20)
        threading.Event().wait(0.6)
        clock.finish()
    with Clock(model, inputs=batch) as again:
        assert again.finish().timing.traced_ns < 500_000_000


def test_a_closed_clock_says_so_and_keeps_its_trace(model: Any, batch: Any) -> None:
    clock = Clock(model, inputs=batch)
    clock.step(4)
    clock.close()
    clock.close()
    assert len(clock.trace) == 4
    assert clock.goto(2) is clock.trace[2]
    with pytest.raises(CyclesimError, match="closed"):
        clock.goto(9)
    assert hooks(model) == 0


def test_many_cancelled_runs_leave_nothing_and_change_nothing(model: Any, batch: Any) -> None:
    expected = cyclesim.trace(model, inputs=batch, measure=False)
    for stop in range(1, 60, 3):
        with Clock(model, inputs=batch) as clock:
            clock.step(stop)
        assert hooks(model) == 0
        assert not clock_threads()
    again = cyclesim.trace(model, inputs=batch, measure=False)
    assert np.array_equal(again[-1].outputs[0].numpy(), expected[-1].outputs[0].numpy())


def test_a_dropped_clock_stops_its_run(model: Any, batch: Any) -> None:
    clock = Clock(model, inputs=batch)
    clock.step(10)
    assert clock_threads()
    assert hooks(model) > 0
    del clock
    gc.collect()
    assert not clock_threads()
    assert hooks(model) == 0


def test_two_clocks_and_a_plain_call_on_one_model(model: Any, batch: Any) -> None:
    other = inputs({**SPEC, "seed": 9, "length": 8})
    with torch.no_grad():
        plain = model(**batch).logits
    with Clock(model, inputs=batch) as one, Clock(model, inputs=other) as two:
        for _ in range(15):
            one.step()
            two.step(2)
            with torch.no_grad():  # must neither block nor be recorded
                assert torch.equal(model(**batch).logits, plain)
        assert (one.executed, two.executed) == (15, 30)
        assert one.finish().verdict.bit_identical is True
        assert two.finish().verdict.bit_identical is True


def test_cancel_from_another_thread_ends_a_run(model: Any, batch: Any) -> None:
    with Clock(model, inputs=batch) as clock:

        def cancel(cycle: cyclesim.Cycle) -> bool:
            if cycle.number == 8:
                threading.Thread(target=clock.cancel).start()
                threading.Event().wait(0.05)
            return False

        clock.run_to(cancel)
        assert not clock.finished
        assert clock.executed < 15
        with pytest.raises(CyclesimError, match="cancelled"):
            clock.step()


class Fails(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = torch.nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.first(x).relu()
        raise ValueError("no luck")


def test_a_model_that_raises_is_one_sentence_and_keeps_the_trace() -> None:
    model = Fails()
    for run in (
        lambda: cyclesim.trace(model, inputs=torch.ones(2, 4)),
        lambda: Clock(model, inputs=torch.ones(2, 4)).finish(),
    ):
        with pytest.raises(ModelError, match=r"after cycle 2 .*ValueError: no luck") as caught:
            run()
        kept = caught.value.trace
        assert [c.op for c in kept] == ["inputs", "linear", "relu"]
        assert kept[2].outputs[0].numpy().shape == (2, 4)
    del caught
    gc.collect()
    assert hooks(model) == 0


class Nested(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.good = torch.nn.Linear(4, 4)
        self.block = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Linear(3, 3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.block(self.good(x))


def test_the_error_names_the_module_that_failed() -> None:
    for run in (
        lambda: cyclesim.trace(Nested(), inputs=torch.ones(2, 4)),
        lambda: Clock(Nested(), inputs=torch.ones(2, 4)).finish(),
    ):
        with pytest.raises(ModelError, match=r"failed in block\.1 \(Linear\) after cycle 2"):
            run()


def test_a_condition_that_raises_reaches_the_caller(model: Any, batch: Any) -> None:
    with Clock(model, inputs=batch) as clock, pytest.raises(ZeroDivisionError):
        clock.run_to(lambda c: 1 / 0 > 1)


@pytest.mark.parametrize("wrong", [{"text": "x", "inputs": {}}, {"text": ""}, {"text": " \n"}, {}])
def test_input_that_makes_no_sense(model: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(CyclesimError):
        cyclesim.trace(model, **wrong)
    runner: Callable[[], Any] = lambda: Clock(model, **wrong).step()  # noqa: E731
    with pytest.raises(CyclesimError):
        runner()

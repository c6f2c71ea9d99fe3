"""What the recorder keeps: copy on write, switched-off steps, random state, any module."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import cyclesim
from tests.engine.all_families import build, inputs


class Overwrites(nn.Module):
    """Writes into a tensor that was recorded before, in four ways."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x * 2
        y.add_(1)
        y[0] = 7
        y.T[1] = 9
        torch.mul(y, 10, out=y)
        return y + 0


def test_recorded_numbers_survive_being_overwritten() -> None:
    trace = cyclesim.trace(Overwrites(), inputs=torch.arange(6.0).reshape(2, 3))
    shown = {c.number: c.outputs[0].numpy() for c in trace}
    x = np.arange(6.0).reshape(2, 3)
    assert [c.op for c in trace] == ["inputs", "mul", "add", "setitem", "setitem", "mul", "add"]
    assert np.array_equal(shown[1], x * 2)
    assert np.array_equal(shown[2], x * 2 + 1)
    assert shown[3][0].tolist() == [7, 7, 7]
    assert shown[3][1].tolist() == [7, 9, 11]
    assert shown[5].tolist() == [[70, 90, 70], [70, 90, 110]]
    assert trace.verdict.bit_identical is True
    assert [c.sources for c in trace][-1] == (5,)
    for cycle in trace:  # an input that is shown has the numbers it had then
        for value in cycle.inputs:
            if value.kept and value.source is not None and value.shape == (2, 3):
                assert np.array_equal(value.numpy(), shown[value.source])


def test_a_switched_off_step_is_a_nop_and_a_working_one_is_not() -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.5)).eval()
    assert [c.nop for c in cyclesim.trace(model, inputs=torch.ones(1, 3))] == [False, False, True]
    trace = cyclesim.trace(model.train(), inputs=torch.ones(1, 3))
    assert [c.nop for c in trace] == [False, False, False]
    assert model.training


def test_a_training_run_is_compared_from_the_same_random_state() -> None:
    model = nn.Sequential(nn.Linear(8, 64), nn.BatchNorm1d(64), nn.Dropout(0.5))
    data = torch.randn(16, 8)
    torch.manual_seed(3)
    expected = model(data)
    buffers = {n: b.clone() for n, b in model.named_buffers()}

    model[1].reset_running_stats()
    torch.manual_seed(3)
    trace = cyclesim.trace(model, inputs=data)
    assert trace.verdict.bit_identical is True
    assert np.array_equal(trace[-1].outputs[0].numpy(), expected.detach().numpy())
    for name, buffer in model.named_buffers():  # one forward's worth of statistics, not seven
        assert torch.equal(buffer, buffers[name]), name
    after = torch.rand(1)
    torch.manual_seed(3)
    model(data)
    assert torch.equal(torch.rand(1), after)


class Random(nn.Module):
    """Not deterministic, by more than torch's random state."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return (x + 1) * self.calls


def test_the_verdict_names_the_first_cycle_that_differs() -> None:
    verdict = cyclesim.trace(Random(), inputs=torch.ones(2)).verdict
    assert verdict.bit_identical is False
    assert verdict.first_difference == 2
    assert verdict.max_abs_diff == pytest.approx(2)
    assert "not deterministic" in str(verdict)


def test_the_memory_kept_is_the_memory_captured() -> None:
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64))
    trace = cyclesim.trace(model, inputs=torch.randn(32, 64))
    assert trace.kept_bytes == 4 * 32 * 64 * 4


@pytest.mark.parametrize(
    ("model", "data"),
    [
        (nn.LSTM(4, 6, batch_first=True), torch.randn(2, 5, 4)),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True)).eval(),
         torch.randn(1, 3, 8, 8)),
        (nn.TransformerEncoder(
            nn.TransformerEncoderLayer(8, 2, batch_first=True, dropout=0.0), 2
        ).train(), torch.randn(2, 3, 8)),
        (nn.Identity(), torch.randn(3)),
        (nn.Bilinear(2, 3, 4), (torch.randn(5, 2), torch.randn(5, 3))),
    ],
    ids=["lstm", "cnn", "encoder", "identity", "two inputs"],
)  # fmt: skip
def test_any_module_runs(model: nn.Module, data: torch.Tensor) -> None:
    trace = cyclesim.trace(model, inputs=data)
    assert trace.verdict.bit_identical is True
    assert [c.number for c in trace] == list(range(len(trace)))


def test_nan_weights_run_and_the_first_cycle_with_nan_is_found() -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    nn.init.constant_(model[1].bias, float("nan"))
    trace = cyclesim.trace(model, inputs=torch.ones(1, 3))
    assert trace.verdict.bit_identical is True
    assert [c.has_nan for c in trace] == [False, False, True]
    assert trace.first_nan == 2


def test_values_that_were_not_kept_say_so() -> None:
    plan = cyclesim.rehearse(nn.Linear(2, 2), inputs=torch.ones(1, 2))
    assert plan.complete
    assert len(plan.timing.full_speed) == len(plan)
    with pytest.raises(cyclesim.CyclesimError, match="not kept"):
        plan[1].outputs[0].numpy()


def _bert() -> tuple[nn.Module, dict[str, torch.Tensor]]:
    return build("bert"), inputs("bert")


@pytest.mark.parametrize("family", ["bert", "t5", "bart", "gpt2"])
def test_a_limit_on_memory_moves_numbers_to_disk_and_loses_none(family: str) -> None:
    model, batch = build(family), inputs(family)
    whole = cyclesim.trace(model, inputs=batch)
    limit = whole.kept_bytes // 10
    held = cyclesim.trace(model, inputs=batch, memory=limit)
    assert held.kept_bytes <= limit * 1.5
    assert held.verdict.bit_identical is True
    for ours, theirs in zip(held, whole, strict=True):
        assert ours.sources == theirs.sources
        for a, b in zip(ours.outputs, theirs.outputs, strict=True):
            assert np.array_equal(a.numpy(), b.numpy(), equal_nan=a.dtype.startswith("float"))
            assert a.stats == b.stats or a.stats.nan
    with cyclesim.Clock(model, inputs=batch, memory=limit, measure=False) as clock:
        clock.finish()
        clock.rewind(5)  # not from the record, but all the same
        assert clock.finish().verdict.bit_identical is True
        assert len(clock.trace) == len(whole)


def test_keeping_less_says_so_when_asked() -> None:
    model, batch = _bert()
    whole = cyclesim.trace(model, inputs=batch)
    outputs = cyclesim.trace(model, inputs=batch, keep="outputs")
    assert np.array_equal(outputs[20].outputs[0].numpy(), whole[20].outputs[0].numpy())
    with pytest.raises(cyclesim.CyclesimError, match="not kept"):
        outputs[20].inputs[0].numpy()
    stats = cyclesim.trace(model, inputs=batch, keep="stats")
    assert stats.kept_bytes == 0
    assert [c.outputs[0].stats for c in stats] == [c.outputs[0].stats for c in whole]
    with pytest.raises(cyclesim.CyclesimError, match="not kept"):
        stats[20].outputs[0].numpy()


@pytest.mark.parametrize("how", ["wrapper", "in place", "part"])
def test_a_compiled_model_is_stepped_in_its_original_form_and_says_so(how: str) -> None:
    torch.compiler.reset()
    model: nn.Module = nn.Sequential(nn.Linear(3, 3), nn.Sequential(nn.Linear(3, 3), nn.ReLU()))
    if how == "wrapper":
        model = torch.compile(model, backend="eager")
    elif how == "in place":
        model.compile(backend="eager")
    else:
        model[1] = torch.compile(model[1], backend="eager")
    data = torch.randn(2, 3)
    with torch.no_grad():
        expected = model(data)
    trace = cyclesim.trace(model, inputs=data)
    assert [c.op for c in trace] == ["inputs", "linear", "linear", "relu"]
    assert "compiled" in trace.header.model
    assert trace.verdict.bit_identical is True
    assert np.array_equal(trace[-1].outputs[0].numpy(), expected.numpy())


def test_hooks_of_the_user_stay_and_run() -> None:
    model, batch = _bert()
    seen: list[str] = []
    handles = [
        model.classifier.register_forward_hook(lambda *_: seen.append("after")),
        model.classifier.register_forward_pre_hook(lambda *_: seen.append("before")),
    ]
    trace = cyclesim.trace(model, inputs=batch, measure=False)
    assert trace.verdict.bit_identical is True
    assert seen == ["before", "after"] * 2  # the traced run and the untraced one
    assert len(model.classifier._forward_hooks) == len(model.classifier._forward_pre_hooks) == 1
    for handle in handles:
        handle.remove()


def test_a_module_that_shows_no_function_is_one_cycle() -> None:
    model = nn.Sequential(nn.Linear(3, 3), torch.jit.script(nn.Sequential(nn.ReLU(), nn.Tanh())))
    trace = cyclesim.trace(model, inputs=torch.randn(2, 3))
    assert [c.op for c in trace] == ["inputs", "linear", "RecursiveScriptModule"]
    assert trace[2].sources == (1,)
    assert trace.verdict.bit_identical is True


@pytest.mark.parametrize("padded", [False, True])
def test_a_fused_fast_path_is_kept(padded: bool) -> None:
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(8, 2, batch_first=True)
    model = nn.TransformerEncoder(layer, 2).eval()
    batch: dict[str, torch.Tensor] = {"src": torch.randn(2, 3, 8)}
    if padded:
        batch["src_key_padding_mask"] = torch.tensor([[False, False, True], [False] * 3])
    trace = cyclesim.trace(model, inputs=batch)
    assert trace.verdict.bit_identical is True
    assert [c.op for c in trace][-1] == "TransformerEncoder"
    with cyclesim.Clock(model, inputs=batch, measure=False) as clock:
        stepped = clock.finish()
        assert [(c.number, c.op) for c in stepped] == [(c.number, c.op) for c in trace]
        for number in range(len(trace)):
            clock.rewind(number)
            assert clock.finish().verdict.bit_identical is True


class WritesThroughNumpy(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x * 2
        y.numpy()[:] = 9
        return y + 0


def test_memory_that_is_lent_out_is_saved_first() -> None:
    trace = cyclesim.trace(WritesThroughNumpy(), inputs=torch.ones(2))
    assert [c.op for c in trace] == ["inputs", "mul", "add"]
    assert trace[1].outputs[0].numpy().tolist() == [2, 2]
    assert trace[2].outputs[0].numpy().tolist() == [9, 9]


class Block(nn.Module):
    """A residual block of a vision network."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        out += x
        return self.relu(out)


class SmallResNet(nn.Module):
    """Stem, two residual blocks, pooling and a head, as torchvision's networks have them."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 6, 3, stride=2), nn.BatchNorm2d(6), nn.ReLU())
        self.pool = nn.MaxPool2d(2)
        self.layers = nn.Sequential(Block(6), Block(6))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(6, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(torch.flatten(self.avgpool(self.layers(self.pool(self.stem(x)))), 1))


@pytest.mark.parametrize("training", [False, True])
def test_a_vision_network_runs_and_resumes(training: bool) -> None:
    torch.manual_seed(0)
    model = SmallResNet().train(training)
    data = torch.randn(2, 3, 20, 20)
    with cyclesim.Clock(model, inputs=data, measure=False) as clock:
        trace = clock.finish()
        assert trace.verdict.bit_identical is True
        assert {c.op for c in trace} >= {"conv2d", "batch_norm", "relu", "max_pool2d", "linear"}
        assert {c.layer for c in trace} == {None, 0, 1}
        # An overwritten tensor keeps its own numbers: before `relu_` there were negative ones.
        norms = [c for c in trace if c.op == "batch_norm" and c.path.endswith("bn1")]
        assert all(c.outputs[0].stats.min < 0 for c in norms)
        for number in range(0, len(trace), 3):
            clock.rewind(number)
            again = clock.finish()
            assert again.verdict.bit_identical is True
            assert np.array_equal(again[-1].outputs[0].numpy(), trace[-1].outputs[0].numpy())


def test_the_same_code_in_two_files_is_told_apart() -> None:
    # Python takes code objects for equal that differ in nothing but their file: transformers copies
    # the code of one family into the file of the next.
    source = "class Adds(nn.Module):\n    def forward(self, x):\n        return x + 1\n"
    for file in ("modeling_one.py", "modeling_other.py"):
        names = {"nn": nn, "__name__": __name__}
        exec(compile(source, f"/models/{file}", "exec"), names)
        trace = cyclesim.trace(names["Adds"](), inputs=torch.zeros(2), measure=False)
        assert trace[-1].where == f"{file}:3 forward"

"""Any cell of any cycle with a rule, worked out from what the cycle read, is what was observed."""

from __future__ import annotations

import pathlib
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings

import cyclesim
from cyclesim.errors import CyclesimError
from cyclesim.explain import work_out, worked
from cyclesim.explain.numbers import row_sentence
from cyclesim.trace import Cycle, Trace
from tests.engine import all_families
from tests.engine.families import build, configurations, inputs

relaxed = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
#: What makes up the families' layers: each of these has a rule, whatever way it is called.
RULED = {
    "linear", "addmm", "matmul", "softmax", "layer_norm", "gelu", "relu", "tanh", "silu", "mean",
    "pow", "rsqrt", "add", "mul", "div", "neg", "cat", "einsum", "dropout", "sub", "cos", "sin",
    "scaled_dot_product_attention",
}  # fmt: skip


def check(trace: Trace, cells: int = 3) -> set[str]:
    """Work out random cells of every cycle; which functions there was a rule for."""
    draw, seen = np.random.default_rng(5), set()
    for cycle in trace:
        shape = cycle.outputs[0].shape
        for _ in range(cells if 0 not in shape else 0):
            index = tuple(int(draw.integers(n)) for n in shape)
            try:
                found = work_out(cycle, trace, index)
            except CyclesimError:  # an operand that was not kept: nothing is claimed
                continue
            if found is not None:
                assert found.agrees, (cycle, index, found)
                assert found.observed == float(cycle.outputs[0].numpy(index))
                seen.add(cycle.op)
            else:
                assert cycle.op not in RULED, (cycle, index)
    return seen


@relaxed
@given(configurations())
def test_random_encoders(spec: dict[str, Any]) -> None:
    seen = check(cyclesim.trace(build(spec), inputs=inputs(spec), measure=False))
    assert {"linear", "layer_norm", "add", "embedding"} <= seen


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("family", all_families.FAMILIES)
def test_every_family(family: str, attention: str) -> None:
    if (family, attention) == ("xlnet", "sdpa"):
        pytest.skip("XLNet has no fused attention")
    batch = all_families.inputs(family)
    model = all_families.build(family, attention)
    seen = check(cyclesim.trace(model, inputs=batch, measure=False))
    core = {
        "gpt2": {"addmm", "cat"}, "llama": {"rsqrt", "mean", "pow", "silu", "cat"},
        "t5": {"rsqrt", "mean", "relu"}, "xlnet": {"einsum", "index_select"},
    }  # fmt: skip
    assert core.get(family, {"linear"}) <= seen


class Mixture(torch.nn.Module):
    """What the families leave out."""

    def __init__(self) -> None:
        super().__init__()
        self.plane = torch.nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2)
        self.line = torch.nn.Conv1d(3, 5, 4, padding="same", dilation=2)
        self.batch = torch.nn.BatchNorm2d(6)
        self.root = torch.nn.RMSNorm(7)

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> Any:
        a = torch.log_softmax(self.batch(self.plane(x)), -1)
        b = self.line(y)
        turned = b.transpose(1, 2)
        return (
            self.root(b[..., :7]), a.mean((2, 3)), torch.max(a, dim=1).values, a.sum(1),
            torch.baddbmm(b[:, :, :5], b, turned), torch.einsum("bij,bjk->bik", b, turned),
            b.add(b, alpha=3), torch.where(b > 0, b, -1.0), b.cumsum(1), 2 - b, 2**b,
            b.argmax(-1), torch.sigmoid(b).masked_fill(b < 0, 7.0), torch.cat([b, y], 1),
            b.to(torch.bfloat16),
        )  # fmt: skip


@pytest.fixture(scope="module")
def mixture() -> Trace:
    torch.manual_seed(0)
    model = Mixture().eval()
    model.batch.running_mean.uniform_()
    batch = (torch.randn(2, 4, 9, 8), torch.randn(2, 3, 11))
    return cyclesim.trace(model, inputs=batch, measure=False)


def test_convolutions_norms_and_reductions(mixture: Trace) -> None:
    seen = check(mixture, 40)
    assert {
        "conv2d", "conv1d", "batch_norm", "rms_norm", "log_softmax", "mean", "sum", "max", "argmax",
        "baddbmm", "einsum", "where", "cumsum", "masked_fill", "cat", "to",
    } <= seen  # fmt: skip


def test_only_what_the_cell_needs_is_read(mixture: Trace, monkeypatch: pytest.MonkeyPatch) -> None:
    from cyclesim.trace import Value

    sizes = []
    whole = Value.numpy

    def counting(self: Value, index: Any = ...) -> np.ndarray:
        found = whole(self, index)
        sizes.append(found.size)
        return found

    monkeypatch.setattr(Value, "numpy", counting)
    conv = mixture.find(op="conv2d")[0]
    assert work_out(conv, mixture, (1, 2, 3, 1)) is not None
    assert max(sizes) <= 2 * 3 * 3


@pytest.fixture(scope="module")
def embedded() -> Trace:
    return cyclesim.trace(cyclesim.load(), "Ada met Bob in Rome.", measure=False)


def test_an_edited_cell_is_not_said_to_agree(embedded: Trace) -> None:
    def softmax(cycle: Cycle) -> bool:
        return cycle.unit == "attention" and cycle.step == "softmax"

    with cyclesim.Clock(cyclesim.load(), "Ada met Bob in Rome.") as clock:
        cycle = clock.run_to(softmax)
        clock.edit(0.0, index=...)
        trace = clock.trace
        edited = trace[cycle.number]
        found = work_out(edited, trace, (0, 0, 1, 1))
        assert found is not None and not found.agrees and found.observed == 0 < found.recomputed
        assert worked(edited, trace, (0, 0, 1, 1)) is None
        again = embedded[cycle.number].outputs[0].numpy((0, 0, 1, 1))
        assert found.recomputed == pytest.approx(float(again), rel=1e-4)


def test_a_file_without_the_weights_says_so(embedded: Trace, tmp_path: pathlib.Path) -> None:
    embedded.save(tmp_path / "run.safetensors")
    opened = cyclesim.open_trace(tmp_path / "run.safetensors")
    query = opened.find(step="query")[0]
    with pytest.raises(CyclesimError, match="belongs to the model"):
        work_out(query, opened, (0, 1, 1))
    softmax = opened.find(unit="attention", step="softmax")[0]
    assert work_out(softmax, opened, (0, 1, 1, 1)).agrees


def test_rows_of_preprocessing_are_told_in_a_sentence(embedded: Trace) -> None:
    text, tokens = embedded.header.text, embedded.header.tokens
    ids = embedded.find(step="tensors")[0].outputs[0].numpy()[0]
    for place, token in enumerate(tokens):
        said = row_sentence(embedded.find(step="tensors")[0], (0, place))
        assert said == f"“{token}” is number {ids[place]:,} of the vocabulary."
    cut = embedded.find(step="tokenize")[0]
    for place, (start, end) in enumerate(cut.outputs[0].numpy().tolist()):
        said = row_sentence(cut, (place, 0))
        assert f"text[{start}:{end}]" in said and cut.outputs[0].words[place] in said
        assert text[start:end] in cut.outputs[0].words[place].replace("##", "")
    assert row_sentence(embedded.find(step="query")[0], (0, 0, 0)) == ""
    assert row_sentence(cut, (99, 0)) == ""


def test_the_label_that_was_chosen_has_its_name(embedded: Trace) -> None:
    cycle = embedded.find(step="labels")[0]
    for place, name in enumerate(cycle.outputs[0].words):
        assert work_out(cycle, embedded, (place,)).line().endswith(f": {name}")

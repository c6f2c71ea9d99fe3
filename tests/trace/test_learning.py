"""Gradient norms and updates, as a trace tells them, are those of torch."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import cyclesim
from cyclesim.render.learning import about_layers, clip_of, learning_cells, learning_lines
from cyclesim.trace import Trace
from tests.engine.training.models import Plain, build, inputs, plain_step

LR = 1e-2


@pytest.fixture(scope="module", params=["BERT", "T5"])
def both(request: pytest.FixtureRequest) -> tuple[Trace, Plain, torch.nn.Module]:
    family = request.param
    model, given = build(family), inputs(family)
    train = cyclesim.Training(lr=LR, clip=0.5, seed=3)
    made = cyclesim.trace(model, inputs=given, train=train, measure=False)

    def adamw(parameters: list[torch.nn.Parameter]) -> torch.optim.Optimizer:
        return torch.optim.AdamW(parameters, lr=LR)

    return made, plain_step(model, given, adamw, seed=3, clip=0.5), model


def test_norms_and_ratios_are_those_of_the_plain_step(
    both: tuple[Trace, Plain, torch.nn.Module],
) -> None:
    trace, plain, model = both
    old = dict(model.named_parameters())
    moved = {m.name: m for m in trace.learning.parameters()}
    assert set(moved) == set(plain.gradients)
    for name, one in moved.items():
        norm = plain.gradients[name].double().norm().item()
        assert one.gradient == pytest.approx(norm, rel=1e-5, abs=1e-12)
        weight = old[name].detach().double()
        change = (plain.weights[name].double() - weight).norm().item()
        assert one.weight == pytest.approx(weight.norm().item(), rel=1e-6)
        assert one.change == pytest.approx(change, rel=1e-5, abs=1e-9)
    layers = trace.learning.layers()
    together = sum(layer.gradient**2 for layer in layers) ** 0.5
    assert together == pytest.approx(plain.norm.item(), rel=1e-5)
    assert sum(layer.count for layer in layers) == sum(g.numel() for g in plain.gradients.values())
    clip = clip_of(trace.cycles)
    assert clip is not None and clip.norm == plain.norm.item()
    assert clip.factor == pytest.approx(min(1.0, 0.5 / (clip.norm + 1e-6)))


def test_layers_come_as_the_model_has_them(both: tuple[Trace, Plain, torch.nn.Module]) -> None:
    trace, _, model = both
    names = [layer.name for layer in trace.learning.layers()]
    if type(model).__name__.startswith("Bert"):
        assert names == ["embeddings", "layer 0", "layer 1", "classifier"]
    else:
        assert names.index("encoder.block 0") < names.index("decoder.block 0")
    first, last = about_layers(trace.learning.layers()).split(" the gradient ")
    assert "back to" in first and last.endswith("as large.")


def test_a_saved_trace_has_gradients_and_no_weights(
    both: tuple[Trace, Plain, torch.nn.Module], tmp_path: Path
) -> None:
    trace, _, _ = both
    trace.save(tmp_path / "step.safetensors")
    saved = cyclesim.open_trace(tmp_path / "step.safetensors")
    pairs = zip(saved.learning.parameters(), trace.learning.parameters(), strict=True)
    for one, other in pairs:
        assert one.gradient == pytest.approx(other.gradient)
        assert one.weight is one.ratio is None
    assert learning_cells(saved)[1][-1] == "–"
    assert "not known" in learning_lines(saved)[0]


def test_a_run_that_only_answers_learns_nothing() -> None:
    trace = cyclesim.trace(torch.nn.Linear(2, 2), inputs=torch.ones(1, 2), measure=False)
    assert not trace.learning and not learning_cells(trace) and not learning_lines(trace)

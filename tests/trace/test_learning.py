"""Gradient norms and updates, as a trace tells them, are those of torch."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Literal

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


@pytest.mark.parametrize("keep", ["all", "stats"])
def test_a_file_has_no_weights_and_says_how_far_they_moved(
    both: tuple[Trace, Plain, torch.nn.Module], keep: Literal["all", "stats"], tmp_path: Path
) -> None:
    trace, _, _ = both
    trace.save(tmp_path / "step.safetensors", keep=keep)
    saved = cyclesim.open_trace(tmp_path / "step.safetensors")
    assert saved.learning.parameters() == trace.learning.parameters()
    assert learning_cells(saved) == learning_cells(trace)
    assert learning_lines(saved) == learning_lines(trace)
    update = saved.find(step="adamw")[0]
    assert next(v for v in update.inputs if v.name == "value").data is None
    saved.save(tmp_path / "again.safetensors")
    again = cyclesim.open_trace(tmp_path / "again.safetensors")
    assert again.learning.layers() == trace.learning.layers()


def test_without_these_numbers_nothing_is_said(both: tuple[Trace, Plain, torch.nn.Module]) -> None:
    bare = copy(both[0])
    bare.cycles = [
        replace(c, inputs=tuple(replace(v, data=None) for v in c.inputs)) for c in bare.cycles
    ]
    assert learning_cells(bare)[1][-1] == "–"
    assert "not known" in learning_lines(bare)[0]


def test_a_run_that_only_answers_learns_nothing() -> None:
    trace = cyclesim.trace(torch.nn.Linear(2, 2), inputs=torch.ones(1, 2), measure=False)
    assert not trace.learning and not learning_cells(trace) and not learning_lines(trace)

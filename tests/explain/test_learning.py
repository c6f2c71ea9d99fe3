"""Backward, clip and update: worked numbers are the recorded ones, and every cycle has words."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

import cyclesim
from cyclesim.explain import axes_of, explain, work_out, worked
from cyclesim.explain.questions import questions_for
from cyclesim.trace import Cycle, Trace
from tests.engine.training.models import build, inputs
from tests.explain.conftest import SENTENCE, ner, tokenizer

FAMILIES = {
    "BERT": cyclesim.Training(clip=0.5, lr=1e-2, schedule="linear", steps=9),
    "GPT-2": cyclesim.Training(clip=0.5, lr=1e-2, optimizer="sgd"),
    "T5": cyclesim.Training(clip=None, lr=1e-2, optimizer="sgd", momentum=0.9),
}


@pytest.fixture(scope="module", params=FAMILIES)
def step(request: pytest.FixtureRequest) -> Trace:
    train, family = FAMILIES[request.param], request.param
    return cyclesim.trace(build(family), inputs=inputs(family), train=train, measure=False)


@pytest.fixture(scope="module")
def named() -> Trace:
    """A step with tokens and labels to name the axes by."""
    train = cyclesim.Training(labels="PER PER O O PER PER O LOC O", clip=0.5, lr=1e-2)
    return cyclesim.trace(ner("eager"), SENTENCE, tokenizer=tokenizer(), train=train, measure=False)


def cells(shape: tuple[int, ...], most: int = 4) -> list[tuple[int, ...]]:
    corners = itertools.product(*({0, n // 2, n - 1} for n in shape))
    return [*itertools.islice(corners, most), tuple(n - 1 for n in shape)]


def test_every_gradient_and_every_update_states_what_was_recorded(step: Trace) -> None:
    worked_out = set()
    for cycle in step:
        if cycle.phase == "forward":
            continue
        op = cycle.op.removesuffix("_backward")
        for place, value in enumerate(cycle.outputs):
            if "#" in value.name or value.name.endswith(", sum"):
                continue
            for index in cells(value.shape):
                found = work_out(cycle, step, index, place)
                assert found is not None, (cycle.label, cycle.op, value.name)
                assert found.agrees, (cycle.label, cycle.op, value.name, index, found)
                assert np.isclose(found.observed, float(value.numpy(index)))
            worked_out.add((op, value.name))
    assert {("softmax", "grad input"), ("matmul", "grad other")} <= worked_out
    assert any(op.endswith(".step") for op, _ in worked_out)


def test_every_cycle_has_a_sentence_and_axes_of_its_shape(step: Trace) -> None:
    for cycle in step:
        if cycle.phase == "forward":
            continue
        found = explain(cycle, step)
        assert found.sentence.endswith(".") and "{" not in found.sentence
        assert found.formula_ascii.isascii(), found.formula_ascii
        for value, axes in zip(cycle.outputs, found.axes, strict=True):
            assert len(axes) == len(value.shape)


def test_a_gradient_has_the_axes_and_the_tokens_of_what_it_is_of(named: Trace) -> None:
    softmax = named.find("backward and softmax and layer 0")[0]
    assert axes_of(softmax, named) == (("batch", "head", "query", "key"),)
    text = worked(softmax, named, (0, 1, 1, 2))
    assert text is not None and text.startswith("∂L/∂s(Ada, Love) = ")
    scores = named.find("backward and scores and layer 0")[0]
    assert axes_of(scores, named) == (
        ("batch", "head", "query", "channel"), ("batch", "head", "channel", "key"),
    )  # fmt: skip
    logits = named.find("backward and logits")[0]
    assert axes_of(logits, named)[1] == ("label", "input channel")
    text = worked(logits, named, (1, 5), 1)
    assert text is not None and text.startswith("∂L/∂W(PER, 5) = ")
    update = named.find(step="adamw")[0]
    assert axes_of(update, named)[0] == ("vocabulary", "hidden")


def test_the_gradient_begins_at_the_right_label(named: Trace) -> None:
    loss = named.find("backward and loss")[0]
    p = np.exp(loss.inputs[1].numpy())
    wrong = worked(loss, named, (1, 0))
    right = worked(loss, named, (1, 1))
    assert right is not None and f"({p[1, 1]:.4g} − 1) / 9" in right
    assert wrong is not None and f"({p[1, 0]:.4g}) / 9" in wrong
    assert worked(loss, named, (0, 0)).startswith("∂L/∂z([CLS], O) = 0 = 0")
    assert "minus 1 at the right class, divided by the 9" in explain(loss, named).sentence


def test_rows_of_softmax_gradients_sum_to_0(named: Trace) -> None:
    softmax = named.find("backward and softmax and layer 0")[0]
    assert np.allclose(softmax.outputs[0].numpy().sum(-1), 0, atol=1e-6)


@pytest.mark.parametrize("activation", ["gelu_new", "silu", "relu", "gelu_pytorch_tanh"])
def test_the_slopes_of_activations(activation: str) -> None:
    model = ner("eager", hidden_act=activation, num_hidden_layers=1)
    made = cyclesim.trace(model, SENTENCE, tokenizer=tokenizer(), train=True, measure=False)
    found = made.find("backward and ffn and activation")
    assert found
    for cycle in found:
        for place, value in enumerate(cycle.outputs):
            check(cycle, made, place, cells(value.shape, 8))


def check(cycle: Cycle, trace: Trace, place: int, indices: list[tuple[int, ...]]) -> None:
    for index in indices:
        found = work_out(cycle, trace, index, place)
        assert found is not None and found.agrees, (cycle.op, index, found)


class Parts(torch.nn.Module):
    """Functions that models use and the families above do not."""

    def __init__(self) -> None:
        super().__init__()
        self.a = torch.nn.Parameter(torch.randn(2, 3, 4))
        self.row = torch.nn.Parameter(torch.randn(1, 4))
        self.table = torch.nn.Parameter(torch.randn(2, 4, 5))
        self.conv = torch.nn.Conv1d(4, 6, 3, padding=2, stride=2, dilation=2, groups=2)
        self.image = torch.nn.Conv2d(1, 2, (2, 3), padding=(0, 1), bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.cat([self.a, x, self.a * 2], dim=1)
        z = y[:, 1:6:2]
        mask = z.masked_fill(z < 0, 0.5)
        some = torch.where(mask > 0.1, mask, self.row)
        long = torch.nn.functional.pad(self.row.repeat(6, 2), (1, 2, -1, 0))
        parts = [
            torch.einsum("bij,bjk->bik", some, self.table),
            torch.einsum("ij,kj->ik", y[0], self.row),
            self.conv(y.transpose(1, 2)),
            self.image(y[:, None]),
            y[:, torch.tensor([0, 2, 2, 5])],
            y[torch.tensor([0, 1, 0]), torch.tensor([1, 2, -8])],
            y[y > 0],
            long,
            torch.stack([z[0], z[1]], dim=1),
            torch.gather(y, 1, torch.tensor([[[0, 1, 2, 2]], [[3, 3, 8, 0]]])),
            y.index_select(2, torch.tensor([3, 3, 0])),
            y / self.row.exp(),
        ]
        return sum((part**2).mean() for part in parts)


class Fused(torch.nn.Module):
    """Fused attention: with a mask of numbers or of truth values, causal, with shared keys."""

    def __init__(self) -> None:
        super().__init__()
        self.q = torch.nn.Parameter(torch.randn(2, 4, 5, 8))
        self.k = torch.nn.Parameter(torch.randn(2, 4, 6, 8))
        self.v = torch.nn.Parameter(torch.randn(2, 4, 6, 8))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        attend = torch.nn.functional.scaled_dot_product_attention
        q, k, v = self.q, self.k, self.v
        parts = [
            attend(q, k, v),
            attend(q, k, v, attn_mask=x),
            attend(q, k, v, attn_mask=x > 0.2, scale=0.4),
            attend(k, k * 2, v, is_causal=True),
            attend(q, k[:, :2] * 1, v[:, :2] * 1, enable_gqa=True),
        ]
        return sum((part**2).sum() for part in parts)


MADE = {
    "parts": (Parts, torch.linspace(-1, 1, 24).view(2, 3, 4)),
    "fused attention": (Fused, torch.linspace(0, 1, 30).view(5, 6)),
}


@pytest.fixture(scope="module", params=MADE)
def made(request: pytest.FixtureRequest) -> Trace:
    torch.manual_seed(0)
    model, x = MADE[request.param]
    how = cyclesim.Training(loss=lambda out: out, clip=None)
    return cyclesim.trace(model(), inputs={"x": x}, train=how, measure=False)


def test_gradients_of_parts_and_of_fused_attention(made: Trace) -> None:
    """What autograd computed is what the formula of each cell gives, with its numbers."""
    seen = set()
    for cycle in made:
        if cycle.phase != "backward":
            continue
        for place, value in enumerate(cycle.outputs):
            if not value.name.endswith(", sum"):
                assert work_out(cycle, made, (0,) * len(value.shape), place), (
                    cycle.op, value.name, [v.name for v in cycle.inputs]
                )  # fmt: skip
                check(cycle, made, place, cells(value.shape, 30))
        seen.add(cycle.op.removesuffix("_backward"))
    parts = {"cat", "einsum", "conv1d", "conv2d", "getitem", "masked_fill", "where", "repeat",
             "pad", "stack", "gather", "index_select", "div"}  # fmt: skip
    assert seen >= parts or seen >= {"scaled_dot_product_attention"}


@pytest.mark.parametrize("kind", ["linear", "cosine", "constant_with_warmup", "constant"])
@pytest.mark.parametrize(("warmup", "steps"), [(0, 5), (3, 5), (1, 5), (0, 1)])
def test_the_next_learning_rate(kind: str, warmup: int, steps: int) -> None:
    train = cyclesim.Training(
        loss=lambda out: (out**2).mean(), lr=0.3, schedule=kind, warmup=warmup, steps=steps
    )
    model = torch.nn.Linear(3, 2)
    made = cyclesim.trace(model, inputs=torch.ones(1, 3), train=train, measure=False)
    (cycle,) = made.find(step="schedule")
    check(cycle, made, 0, [(0,)])
    text, found = worked(cycle, made, (0,)), explain(cycle, made)
    assert text is not None and text.startswith("η")
    assert kind == "constant" or found.formula.startswith("η = η₀")


def test_a_schedule_of_ones_own_has_no_formula() -> None:
    def schedule(optimizer: torch.optim.Optimizer) -> torch.optim.lr_scheduler.LRScheduler:
        return torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)

    train = cyclesim.Training(loss=lambda out: (out**2).mean(), lr=0.3, schedule=schedule)
    made = cyclesim.trace(torch.nn.Linear(3, 2), inputs=torch.ones(1, 3), train=train)
    (cycle,) = made.find(step="schedule")
    assert worked(cycle, made, (0,)) is None
    assert "learning rate 0.3 → 0.27" in explain(cycle, made).sentence


def test_adam_with_a_second_step() -> None:
    """Moments that are there already go into the formulas."""
    model = torch.nn.Linear(3, 2)

    def adam(parameters: list[torch.nn.Parameter]) -> torch.optim.Optimizer:
        made = torch.optim.Adam(parameters, lr=0.1, weight_decay=0.01)
        for p in parameters:
            moments = {"exp_avg": torch.full_like(p, 0.3), "exp_avg_sq": torch.full_like(p, 0.2)}
            made.state[p] = {"step": torch.tensor(3.0), **moments}
        return made

    train = cyclesim.Training(optimizer=adam, loss=lambda out: (out**2).mean(), clip=None)
    made = cyclesim.trace(model, inputs=torch.ones(1, 3), train=train, measure=False)
    for cycle in made.find(step="adam"):
        assert any(v.name == "exp_avg" for v in cycle.inputs)
        for place, value in enumerate(cycle.outputs):
            check(cycle, made, place, cells(value.shape))


def test_predictions_about_a_training_step(named: Trace) -> None:
    """Every cycle of it can be asked about, and the run knows the answer."""
    asked: dict[str, set[str]] = {}
    for cycle in named:
        if cycle.phase == "forward":
            continue
        for question in questions_for(cycle, named):
            outcomes = [question.outcome(named, i) for i in range(len(question.choices))]
            assert all(outcomes), (cycle.label, question.kind)
            right = [
                choice for choice, o in zip(question.choices, outcomes, strict=True) if o.right
            ]
            assert right, (cycle.label, question.text)
            asked.setdefault(question.kind, set()).update(right)
    assert asked["balance"] == {"To 0"}
    assert asked["clipped"] == {"Yes: they will be scaled down"}
    layers = {layer.name: layer for layer in named.learning.layers()}
    assert asked["largest"] == {max(layers, key=lambda n: layers[n].gradient)}
    assert asked["moved"] == {max(layers, key=lambda n: layers[n].ratio)}
    assert asked["shape"]

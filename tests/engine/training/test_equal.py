"""The stepped training step computes, bit for bit, what the plain PyTorch step computes."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import cyclesim
from cyclesim.trace import Trace
from tests.engine.training.models import (
    FAMILIES,
    Plain,
    build,
    gradients,
    inputs,
    moments,
    plain_step,
    weights,
)

OPTIMIZERS = {
    "adamw": partial(torch.optim.AdamW, lr=1e-2, weight_decay=0.01),
    "sgd": partial(torch.optim.SGD, lr=1e-2, weight_decay=0.01, momentum=0.9),
}


ACTIVATIONS = {
    name: getattr(torch.nn, name) for name in ("GELU", "ReLU", "Tanh", "SiLU", "Dropout")
}


def step(family: str, attention: str, optimizer: str, clip: float | None) -> tuple[Trace, Plain]:
    model = build(family, attention)
    training = cyclesim.Training(optimizer=optimizer, lr=1e-2, momentum=0.9, clip=clip, seed=7)
    trace = cyclesim.trace(model, inputs=inputs(family), train=training, measure=False)
    return trace, plain_step(model, inputs(family), OPTIMIZERS[optimizer], seed=7, clip=clip)


def equal(ours: dict[str, torch.Tensor], theirs: dict[str, torch.Tensor]) -> None:
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if not torch.equal(ours[name], theirs[name])] == []


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("family", FAMILIES)
def test_gradients_weights_and_moments_are_those_of_the_plain_step(
    family: str, attention: str, optimizer: str
) -> None:
    trace, plain = step(family, attention, optimizer, clip=0.5)
    assert trace.verdict.bit_identical, trace.verdict
    assert trace.result["loss"] == float(plain.loss)
    assert trace.result["gradient_norm"] == float(plain.norm) > 0.5  # it is really clipped
    equal(gradients(trace), plain.gradients)
    equal(weights(trace), plain.weights)
    ours = moments(trace)
    assert ours.keys() == plain.moments.keys()
    for name, remembered in ours.items():
        equal(remembered, plain.moments[name])


def test_without_clipping_the_update_reads_what_backward_wrote() -> None:
    trace, plain = step("GPT-2", "eager", "adamw", clip=None)
    assert trace.verdict.bit_identical and "gradient_norm" not in trace.result
    equal(weights(trace), plain.weights)
    for cycle in trace.find(step="adamw"):
        gradient = cycle.inputs[1]
        source = trace[gradient.source]
        assert source.phase == "backward" and gradient.of in {v.of for v in source.outputs}
        assert torch.equal(torch.from_numpy(gradient.numpy()), plain.gradients[gradient.of])


def test_dropout_drops_with_the_seed_and_not_without_train_mode() -> None:
    model, given = build("BERT"), inputs("BERT")
    losses = {}
    for name, training in {
        "3": cyclesim.Training(seed=3),
        "4": cyclesim.Training(seed=4),
        "off": cyclesim.Training(dropout=False),
        "off, 4": cyclesim.Training(dropout=False, seed=4),
    }.items():
        trace = cyclesim.trace(model, inputs=given, train=training, measure=False)
        losses[name] = trace.result["loss"]
        dropped = trace.find(op="dropout", phase="forward")
        assert all(c.nop for c in dropped) == name.startswith("off")
        assert bool(trace.find(op="dropout_backward")) != name.startswith("off")
    assert losses["3"] != losses["4"] and losses["off"] == losses["off, 4"]
    model.eval()
    with torch.no_grad():
        assert losses["off"] == float(model(**given).loss)


@settings(max_examples=12)
@given(
    width=st.integers(1, 5),
    depth=st.integers(1, 4),
    batch=st.integers(1, 3),
    activation=st.sampled_from([*ACTIVATIONS, "Softmax"]),
    norm=st.booleans(),
    shared=st.booleans(),
    seed=st.integers(0, 99),
)
def test_any_small_network(
    width: int, depth: int, batch: int, activation: str, norm: bool, shared: bool, seed: int
) -> None:
    torch.manual_seed(seed)
    layer = torch.nn.Linear(width, width)
    parts: list[torch.nn.Module] = []
    for _ in range(depth):
        parts.append(layer if shared else torch.nn.Linear(width, width))
        parts.append(
            torch.nn.Softmax(-1) if activation == "Softmax" else getattr(torch.nn, activation)()
        )
        parts += [torch.nn.LayerNorm(width)] * norm
    model = torch.nn.Sequential(*parts)
    x = torch.randn(batch, width)
    training = cyclesim.Training(
        optimizer="adamw", lr=1e-2, seed=seed, loss=lambda y: y.square().mean()
    )
    trace = cyclesim.trace(model, inputs=x, train=training, measure=False)
    assert trace.verdict.bit_identical, trace.verdict
    check_links(trace)


@pytest.mark.parametrize("family", FAMILIES)
def test_each_backward_cycle_mirrors_one_forward_cycle(family: str) -> None:
    trace, _ = step(family, "eager", "adamw", clip=1.0)
    check_links(trace)
    backward = trace.find(phase="backward")
    order = [c.forward for c in backward]
    assert order[0] == trace.find(step="cross_entropy", phase="forward")[0].number
    assert len(backward) > 40


def check_links(trace: Trace) -> None:
    seen = set()
    for cycle in trace.find(phase="backward"):
        forward = trace[cycle.forward]
        assert forward.phase == "forward" and cycle.forward not in seen
        seen.add(cycle.forward)
        for name in ("unit", "step", "path", "call", "stack", "layer"):
            assert getattr(cycle, name) == getattr(forward, name)
        # The gradient of what it wrote comes in; the gradients of what it read go out.
        assert cycle.inputs[0].shape == forward.outputs[0].shape
        shapes = {v.name: v.shape for v in forward.inputs}
        for value in cycle.outputs:
            read = value.name.removeprefix("grad ").partition(",")[0].partition("#")[0]
            assert shapes[read] == value.shape, (cycle, value)
        # Who reads the output of the forward cycle is who gives its gradient back.
        for value in cycle.inputs:
            if value.name.startswith("grad output") and value.source is not None:
                assert cycle.forward in trace.upstream(trace[value.source].forward)

"""What must hold for every encoder, whatever its size: the traced run is the untraced run."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from hypothesis import HealthCheck, given, settings

import cyclesim

from .families import build, configurations, inputs

relaxed = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


def state(model: torch.nn.Module) -> Any:
    """Everything a trace must leave as it was."""
    hooks = [
        (len(m._forward_hooks), len(m._forward_pre_hooks), len(m._backward_hooks), m.training)
        for m in model.modules()
    ]
    weights = [p.detach().clone() for p in (*model.parameters(), *model.buffers())]
    return hooks, model.config.to_json_string(), weights


def same(a: Any, b: Any) -> bool:
    return a[:2] == b[:2] and all(torch.equal(x, y) for x, y in zip(a[2], b[2], strict=True))


@relaxed
@given(configurations())
def test_a_traced_run_is_the_untraced_run(spec: dict[str, Any]) -> None:
    model, batch = build(spec), inputs(spec)
    before = state(model)
    with torch.no_grad():
        untraced = model(**batch).logits
    trace = cyclesim.trace(model, inputs=batch, measure=False)

    assert trace.verdict.bit_identical is True
    assert trace.verdict.max_abs_diff == 0.0
    logits = trace.find(unit="classifier", step="logits")[-1].outputs[0].numpy()
    assert np.array_equal(logits, untraced.numpy())
    assert same(state(model), before)


@relaxed
@given(configurations())
def test_numbers_have_no_gaps_and_data_flows_forward(spec: dict[str, Any]) -> None:
    trace = cyclesim.trace(build(spec), inputs=inputs(spec), measure=False)

    assert [c.number for c in trace] == list(range(len(trace)))
    for cycle in trace:
        assert cycle.outputs, cycle
        for value in cycle.inputs:
            if value.source is not None:
                assert 0 <= value.source < cycle.number
                written = {v.dtype for v in trace[value.source].outputs}
                assert value.dtype in written
            else:
                assert value.kind in ("parameter", "buffer", "constant")
    assert not [c for c in trace if c.unit == "other"]
    assert {c.layer for c in trace} == {None, *range(spec["layers"])}
    # Everything the last cycle needs hangs together: the classifier reads the inputs' cycle.
    reached = {len(trace) - 1}
    for cycle in reversed(trace.cycles):
        if cycle.number in reached:
            reached.update(cycle.sources)
    assert 0 in reached


@relaxed
@given(configurations())
def test_hidden_states_and_attentions_are_those_of_the_model(spec: dict[str, Any]) -> None:
    spec = {**spec, "attention": "eager"}
    model, batch = build(spec), inputs(spec)
    with torch.no_grad():
        told = model(**batch, output_hidden_states=True, output_attentions=True)
    trace = cyclesim.trace(model, inputs=batch, measure=False)

    softmaxes = trace.find(unit="attention", step="softmax")
    assert len(softmaxes) == len(told.attentions) == spec["layers"]
    for cycle, attention in zip(softmaxes, told.attentions, strict=True):
        probabilities = cycle.outputs[0].numpy()
        assert np.array_equal(probabilities, attention.numpy())
        assert np.allclose(probabilities.sum(-1), 1, atol=1e-6)
    for layer, hidden in enumerate(told.hidden_states[1:]):
        last = trace.find(layer=layer, unit="layernorm")[-1]
        assert np.array_equal(last.outputs[0].numpy(), hidden.numpy())


@relaxed
@given(configurations())
def test_a_stepped_run_is_the_traced_run(spec: dict[str, Any]) -> None:
    model, batch = build(spec), inputs(spec)
    before = state(model)
    trace = cyclesim.trace(model, inputs=batch, measure=False)
    with cyclesim.Clock(model, inputs=batch, measure=False) as clock:
        for cycle, expected in zip(clock, trace, strict=True):
            assert (cycle.number, cycle.unit, cycle.step, cycle.path, cycle.call) == (
                expected.number, expected.unit, expected.step, expected.path, expected.call,
            )  # fmt: skip
            assert cycle.sources == expected.sources
        stepped = clock.trace
    assert stepped.verdict.bit_identical is True
    for ours, theirs in zip(stepped, trace, strict=True):
        for a, b in zip(ours.outputs, theirs.outputs, strict=True):
            assert np.array_equal(a.numpy(), b.numpy(), equal_nan=a.dtype.startswith("float"))
    assert same(state(model), before)


def test_a_shared_layer_runs_as_often_as_it_is_called() -> None:
    spec = {
        "family": "Albert", "layers": 3, "heads": 2, "width": 16, "ffn": 24, "labels": 3,
        "attention": "eager", "batch": 1, "length": 5, "padded": False, "seed": 1,
    }  # fmt: skip
    trace = cyclesim.trace(build(spec), inputs=inputs(spec), measure=False)
    queries = trace.find(unit="attention", step="query")
    assert [c.call for c in queries] == [1, 2, 3]
    assert [c.layer for c in queries] == [0, 1, 2]
    assert len({c.path for c in queries}) == 1
    assert [str(c.stack[-1])[-2:] for c in queries[1:]] == ["#2", "#3"]

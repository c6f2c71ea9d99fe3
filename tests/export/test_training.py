"""A training step in each format: what is backward is told apart from what is forward."""

from __future__ import annotations

import csv as reader
import io

import pytest

import cyclesim
from cyclesim.export import csv, kanata, perfetto
from cyclesim.export.tfevents import _points
from cyclesim.render.html import trace_html
from cyclesim.trace import Trace
from cyclesim.trace.attention import attention_probabilities
from tests.engine.training.models import build, inputs


@pytest.fixture(scope="module")
def step() -> Trace:
    train = cyclesim.Training(clip=0.5, schedule="linear")
    return cyclesim.trace(build("BERT"), inputs=inputs("BERT"), train=train)


def test_perfetto_names_the_phase_and_the_forward_cycle(step: Trace) -> None:
    events = perfetto(step)["traceEvents"]
    slices = [e for e in events if e["ph"] == "X" and e["pid"] == 1 and "cycle" in e["args"]]
    assert [e["args"]["cycle"] for e in slices] == list(range(len(step)))
    for cycle, event in zip(step, slices, strict=True):
        assert event["name"].endswith(", backward") == (cycle.phase == "backward")
        assert event["args"].get("forward") == cycle.forward
        if cycle.phase != "forward":
            assert event["args"]["phase"] == cycle.phase
    (whole, _) = [e for e in events if e["ph"] == "X" and e["cat"] == "whole step"]
    assert whole["name"] == "whole step, observed"


def test_konata_and_tables_tell_backward_from_forward(step: Trace) -> None:
    log = kanata(step)
    softmax = step.find("backward and softmax and layer 0")[0]
    assert f"{softmax.number}: layer 0 attention softmax, backward\n" in log
    assert f"{softmax.forward}: layer 0 attention softmax\n" in log
    rows = list(reader.DictReader(io.StringIO(csv(step))))
    assert [row["phase"] for row in rows] == [cycle.phase for cycle in step]


def test_gradients_are_no_attention(step: Trace) -> None:
    shown = [cycle for cycle in step if attention_probabilities(cycle) is not None]
    assert [cycle.layer for cycle in shown] == [0, 1]
    assert {cycle.phase for cycle in shown} == {"forward"}


def test_tensorboard_has_what_the_step_did_to_each_layer(step: Trace) -> None:
    points = {(p.tag, p.step): p.content for p in _points(step)}
    for layer in step.learning.layers():
        assert points["gradient_norm/" + layer.name, layer.cycles[-1]] == layer.gradient
        assert points["update_to_weight/" + layer.name, layer.cycles[-1]] == layer.ratio


def test_what_was_timed_is_the_step_and_not_the_forward(step: Trace) -> None:
    page = trace_html(step)
    assert "<th>step</th>" in page and "<th>forward</th>" not in page

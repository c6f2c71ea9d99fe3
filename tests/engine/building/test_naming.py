"""Names of steps where they stand outside the usual places."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import cyclesim
from tests.engine.all_families import build, inputs
from tests.engine.families import build as build_head
from tests.engine.families import inputs as head_inputs

SPEC: dict[str, Any] = {
    "layers": 2, "heads": 2, "width": 16, "ffn": 24, "labels": 2, "attention": "eager",
    "batch": 1, "length": 5, "padded": False, "seed": 1,
}  # fmt: skip


@pytest.mark.parametrize("family", ["Bert", "Roberta", "DistilBert", "Electra", "Albert"])
@pytest.mark.parametrize("head", ["SequenceClassification", "MaskedLM", "QuestionAnswering"])
def test_every_step_of_every_head_has_a_unit(family: str, head: str) -> None:
    spec = {**SPEC, "family": family}
    trace = cyclesim.trace(build_head(spec, head), inputs=head_inputs(spec), measure=False)
    assert [c for c in trace if c.unit == "other"] == []
    assert trace.find(unit="classifier", step="logits")
    assert trace.verdict.bit_identical is True


def test_gpt2_adds_up_its_embeddings() -> None:
    trace = cyclesim.trace(build("gpt2"), inputs=inputs("gpt2"), measure=False)
    (total,) = trace.find(unit="embedding", step="sum")
    assert [trace[s].step for s in total.sources] == ["word_embeddings", "position_embeddings"]


def test_a_dropout_belongs_to_what_it_reads() -> None:
    trace = cyclesim.trace(build("bart"), inputs=inputs("bart"), measure=False)
    for cycle in trace.find(op="dropout"):
        if cycle.layer is not None:
            assert cycle.unit == trace[cycle.sources[0]].unit


def test_scale_is_the_scaling_of_scores() -> None:
    for family in ("bert", "t5", "gpt2", "llama"):
        trace = cyclesim.trace(build(family), inputs=inputs(family), measure=False)
        for cycle in trace.find(unit="attention", step="scale"):
            assert "scores" in {trace[s].step for s in trace.upstream(cycle.number)}


def test_unknown_is_other_and_keeps_its_name() -> None:
    trace = cyclesim.trace(torch.nn.Softplus(), inputs=torch.ones(2), measure=False)
    assert [(c.unit, c.step) for c in trace][1:] == [("other", "softplus")]

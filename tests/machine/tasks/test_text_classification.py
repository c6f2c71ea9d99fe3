"""Labels of a text, or of two, as the pipeline of transformers gives them."""

from __future__ import annotations

from typing import Any

import pytest
from transformers import pipeline

from tests.machine.folders import small

from .runs import TOKENIZER, machine_of, run

ARCHITECTURE = "BertForSequenceClassification"
NAMES = {0: "negative", 1: "neutral", 2: "positive"}


def piped(given: Any, **config: Any) -> list[dict[str, Any]]:
    model = small(ARCHITECTURE, **config)
    piped = pipeline("text-classification", model=model, tokenizer=TOKENIZER, top_k=None)
    rows = piped(given)
    return rows[0] if isinstance(rows[0], list) else rows


@pytest.mark.parametrize(
    "given", ["Ada worked in London.", {"text": "Ada worked.", "text_pair": "In London."}]
)
@pytest.mark.parametrize(
    "config",
    [
        {"id2label": NAMES},
        {"id2label": NAMES, "problem_type": "multi_label_classification"},
        {"num_labels": 1},
        {"num_labels": 1, "problem_type": "regression"},
    ],
    ids=["one label", "several labels", "one class", "a number"],
)
def test_equal_to_the_pipeline(given: Any, config: dict[str, Any]) -> None:
    trace = run(machine_of(ARCHITECTURE, **config), given)
    scores = trace.result.get("scores", trace.result.get("values"))
    expected = {row["label"]: row["score"] for row in piped(given, **config)}
    assert scores == pytest.approx(expected, abs=1e-6)


def test_several_labels_are_those_above_one_half() -> None:
    config = {"id2label": NAMES, "problem_type": "multi_label_classification"}
    result = run(machine_of(ARCHITECTURE, **config), "Ada worked in London.").result
    assert result["labels"] == [k for k, v in result["scores"].items() if v >= 0.5]
    assert result["label"] == max(result["scores"], key=result["scores"].__getitem__)


def test_a_number_is_no_label() -> None:
    machine = machine_of(ARCHITECTURE, num_labels=1, problem_type="regression")
    trace = run(machine, "Ada worked in London.")
    assert set(trace.result) == {"values"}
    assert trace[-1].step == "value"
    assert trace[-1].nop


def test_the_second_text_is_marked_as_one() -> None:
    trace = run(machine_of(ARCHITECTURE), ("Ada worked.", "In London."))
    (tensors,) = trace.find(step="tensors")
    types = next(v for v in tensors.outputs if v.name == "token_type_ids").numpy()[0]
    row = trace.header.looked_at
    assert row.texts == (("text", "Ada worked."), ("pair", "In London."))
    named = zip(types, row.parts, strict=True)
    assert all(part in (None, kind) for kind, part in named)
    assert 1 in row.parts

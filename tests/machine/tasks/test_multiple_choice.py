"""A text with each of its choices is a row of one call."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import cyclesim
from cyclesim import CyclesimError

from .runs import TOKENIZER, machine_of, run

ARCHITECTURE = "BertForMultipleChoice"
ASKED = {"text": "Ada worked", "choices": ["in London.", "with Charles Babbage.", "over the dog."]}


def test_equal_to_the_model() -> None:
    machine = machine_of(ARCHITECTURE)
    trace = run(machine, ASKED)
    count = len(ASKED["choices"])
    batch = TOKENIZER([ASKED["text"]] * count, ASKED["choices"], padding=True, return_tensors="pt")
    with torch.no_grad():
        logits = machine.model(**{k: v[None] for k, v in batch.items()}).logits[0]
    expected = dict(zip(ASKED["choices"], torch.softmax(logits, -1).tolist(), strict=True))
    assert trace.result["scores"] == pytest.approx(expected, abs=1e-7)
    best = int(logits.argmax())
    assert (trace.result["label"], trace.result["index"]) == (ASKED["choices"][best], best)
    (tensors,) = trace.find(step="tensors")
    assert tensors.outputs[0].shape[:2] == (1, count)


def test_every_choice_is_a_sequence() -> None:
    trace = run(machine_of(ARCHITECTURE), ASKED)
    assert [row.texts[1] for row in trace.header.sequences] == [
        ("choice", choice) for choice in ASKED["choices"]
    ]
    for place in range(3):
        seen = trace.sequence(place)
        assert seen.result == trace.result  # one answer about all of them
        assert seen.header.text == ASKED["text"]


def test_a_batch() -> None:
    other = {"text": "The fox", "choices": ["jumps.", "worked in London with Ada.", "quick"]}
    machine = machine_of(ARCHITECTURE)
    both = run(machine, [ASKED, other])
    for place, asked in enumerate((ASKED, other)):
        alone = cyclesim.trace(machine, asked, measure=False).result
        assert both.results[place]["scores"] == pytest.approx(alone["scores"], abs=1e-5)
    assert [row.answer for row in both.header.sequences] == [0, 0, 0, 1, 1, 1]
    assert both.sequence(4).result == both.results[1]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("Ada worked", "multiple-choice needs two or more choices: give --choice once for each"),
        ({**ASKED, "choices": ["in London."]}, "there is one choice only: give two or more"),
        ({**ASKED, "choices": ["a", "b", "a"]}, "the choice 'a' is there twice"),
        ({**ASKED, "choices": ["a", " "]}, "the choice is empty"),
        ([ASKED, {"text": "Ada", "choices": ["a", "b"]}], "equally many choices"),
    ],
)
def test_what_cannot_be_chosen(asked: Any, said: str) -> None:
    with pytest.raises(CyclesimError, match=said):
        cyclesim.trace(machine_of(ARCHITECTURE), asked)

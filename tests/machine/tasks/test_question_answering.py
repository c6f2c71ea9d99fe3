"""The best legal span, by hand from the logits; and questions without an answer."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import cyclesim
from cyclesim import CyclesimError, Machine
from cyclesim.machine import drive
from cyclesim.machine.tasks.question_answering import LONGEST
from tests.machine.folders import byte_bpe, small, unigram, wordpiece

from .runs import machine_of, run

ARCHITECTURE = "BertForQuestionAnswering"
ASKED = {
    "question": "Who worked with Ada?",
    "context": "In London, Ada Lovelace worked with Charles Babbage for many years.",
}
MACHINES = {
    make.__name__: cyclesim.load(model=small(ARCHITECTURE, vocab_size=400), tokenizer=make())
    for make in (wordpiece, byte_bpe, unigram)
}


def by_hand(
    start: np.ndarray, end: np.ndarray, inside: list[int], null: int | None
) -> tuple[float, float, tuple[int, int]]:
    """The score of *no answer* (−1 where there is no such place), of the best span, and the span.

    As the pipeline of transformers 4 computed them, from probabilities over the text and [CLS].
    """
    places = inside + ([null] if null is not None else [])
    shares = []
    for logits in (start, end):
        powers = np.exp(logits[places] - logits[places].max())
        shares.append(dict(zip(places, powers / powers.sum(), strict=True)))
    best, span = -1.0, (0, 0)
    for i in inside:
        for j in inside:
            if i <= j < i + LONGEST and shares[0][i] * shares[1][j] > best:
                best, span = shares[0][i] * shares[1][j], (i, j)
    nothing = shares[0][null] * shares[1][null] if null is not None else -1.0
    return nothing, best, span


@pytest.mark.parametrize("name", MACHINES)
@settings(max_examples=60)
@given(data=st.data(), spread=st.sampled_from([0.1, 3.0, 30.0]))
def test_the_best_legal_span(name: str, data: st.DataObject, spread: float) -> None:
    machine = MACHINES[name]
    encoding = drive(machine.preprocess(ASKED))
    (row,) = encoding.sequences
    rng = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    start, end = rng.normal(0, spread, (2, len(row.tokens)))
    logits = [torch.tensor(x, dtype=torch.float64)[None] for x in (start, end)]
    outputs = SimpleNamespace(start_logits=logits[0], end_logits=logits[1])
    (result,) = drive(machine.decode(encoding, outputs))

    ids = encoding.inputs["input_ids"][0].tolist()
    cls = machine.tokenizer.cls_token_id
    null = ids.index(cls) if cls is not None else None
    inside = [i for i, part in enumerate(row.parts) if part == 1]
    nothing, best, (first, last) = by_hand(start, end, inside, null)
    if nothing > best:
        assert result["answer"] == ""
        assert result["score"] == pytest.approx(nothing)
        return
    spans = row.offsets[first], row.offsets[last]
    text = ASKED["context"][spans[0][0] : spans[1][1]]  # type: ignore[index]
    assert result["answer"] == text.strip()
    assert result["answer"] == ASKED["context"][result["start"] : result["end"]]
    assert result["score"] == pytest.approx(best)
    assert result["null_score"] == (pytest.approx(nothing) if null is not None else None)
    scores = [span["score"] for span in result["candidates"]]
    assert scores == sorted(scores, reverse=True)


def pointing(machine: Machine, first: int, last: int) -> Machine:
    """The same machine with a head that points at two positions, whatever it reads."""

    def point(module: Any, args: Any, output: torch.Tensor) -> torch.Tensor:
        made = torch.zeros_like(output)
        made[:, first, 0] = made[:, last, 1] = 20.0
        return made

    machine.model.qa_outputs.register_forward_hook(point)
    return machine


def test_the_answer_is_in_the_text_as_it_was_typed() -> None:
    machine = machine_of(ARCHITECTURE)
    asked = {"question": "Who?", "context": "  Zu\u0308rich knew CHARLES  Babbage."}
    row = cyclesim.trace(machine, asked, measure=False).header.looked_at
    name = "CHARLES  Babbage"
    start = asked["context"].index(name)
    inside = [i for i, part in enumerate(row.parts) if part == 1]
    first = next(i for i in inside if row.offsets[i][0] == start)  # type: ignore[index]
    last = next(i for i in inside if row.offsets[i][1] == start + len(name))  # type: ignore[index]
    result = run(pointing(machine, first, last), asked).result
    assert result["answer"] == "CHARLES  Babbage"
    assert asked["context"][result["start"] : result["end"]] == result["answer"]
    assert result["score"] > 0.99


def test_no_answer_in_the_text() -> None:
    trace = run(pointing(machine_of(ARCHITECTURE), 0, 0), ASKED)
    assert trace.header.tokens[0] == "[CLS]"
    assert (trace.result["answer"], trace.result["start"], trace.result["end"]) == ("", 0, 0)
    assert trace.result["score"] == trace.result["null_score"] > 0.99
    assert trace.result["candidates"]  # what would have been next is still said
    assert trace[-1].note == "no answer in the text"


@pytest.mark.parametrize(("first", "last"), [(3, 2), (1, 2), (9, 0), (0, 9)])
def test_a_span_that_is_none_is_never_the_answer(first: int, last: int) -> None:
    """The head points backwards, into the question, or at [CLS] with one end only."""
    trace = run(pointing(machine_of(ARCHITECTURE), first, last), ASKED)
    result = trace.result
    assert ASKED["context"][result["start"] : result["end"]] == result["answer"]
    (illegal,) = trace.find(step="legal_spans")
    assert illegal.outputs[0].numpy()[0, first, last] == 0


def test_a_batch_of_questions() -> None:
    other = {"question": "Where?", "context": "Charles lived in London."}
    machine = machine_of(ARCHITECTURE)
    both = run(machine, [ASKED, other])
    for place, asked in enumerate((ASKED, other)):
        alone = cyclesim.trace(machine, asked, measure=False).result
        assert both.results[place]["answer"] == alone["answer"]
        assert both.results[place]["score"] == pytest.approx(alone["score"], rel=1e-4)
        seen = both.sequence(place)
        assert seen.header.text == asked["context"]
        assert seen.result == both.results[place]


def test_only_the_text_is_cut() -> None:
    machine = machine_of(ARCHITECTURE).limited(max_length=24)
    row = cyclesim.trace(machine, ASKED, measure=False).header.looked_at
    assert len(row.tokens) == 24
    question = [t for t, part in zip(row.tokens, row.parts, strict=True) if part == 0]
    assert question == machine.tokenizer.tokenize(ASKED["question"])
    with pytest.raises(CyclesimError, match=r"the question has \d+ tokens, which leaves no room"):
        cyclesim.trace(machine_of(ARCHITECTURE).limited(max_length=8), ASKED)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("Ada worked.", "question-answering needs a question: give it with --question"),
        ({"question": "Who?"}, "needs a text"),
        ({"question": " ", "context": "Ada."}, "the question is empty"),
        ({"question": "Who?", "context": ""}, "the text is empty"),
        ({**ASKED, "choices": ["a", "b"]}, "does not read two or more choices: leave it out"),
        ({**ASKED, "answer": "Ada"}, "'answer' is nothing that a model is given to read"),
    ],
)
def test_what_cannot_be_asked(asked: Any, said: str) -> None:
    with pytest.raises(CyclesimError, match=said):
        cyclesim.trace(machine_of(ARCHITECTURE), asked)

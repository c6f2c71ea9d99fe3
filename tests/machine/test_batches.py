"""Several texts in one run: padded, answered one by one, looked at one by one."""

from __future__ import annotations

from pathlib import Path

import pytest

import cyclesim
from cyclesim import CyclesimError, Machine
from cyclesim.explain import axes_of, explain
from cyclesim.explain.labels import labels_of_axis
from cyclesim.explain.numbers import worked
from cyclesim.trace import Trace

TEXTS = [
    "Ada Lovelace worked with Charles Babbage in London.",
    "He lived in Paris, the capital of France, for many years.",
    "Rome",
]


@pytest.fixture(scope="module")
def machine() -> Machine:
    return cyclesim.load()


@pytest.fixture(scope="module")
def batch(machine: Machine) -> Trace:
    return cyclesim.trace(machine, TEXTS, measure=False)


@pytest.fixture(scope="module")
def alone(machine: Machine) -> list[Trace]:
    return [cyclesim.trace(machine, text, measure=False) for text in TEXTS]


def test_each_has_the_answer_that_it_has_alone(batch: Trace, alone: list[Trace]) -> None:
    assert batch.verdict.bit_identical
    assert len(batch.results) == len(TEXTS)
    for result, single in zip(batch.results, alone, strict=True):
        assert len(result["entities"]) == len(single.result["entities"]) > 0
        for ours, theirs in zip(result["entities"], single.result["entities"], strict=True):
            assert ours["score"] == pytest.approx(theirs["score"], abs=1e-4)
            assert {**ours, "score": 0} == {**theirs, "score": 0}
        assert [t["text"] for t in result["tokens"]] == [t["text"] for t in single.result["tokens"]]


def test_padding_is_seen(batch: Trace) -> None:
    longest = max(len(row.tokens) for row in batch.header.sequences)
    (padding,) = batch.find(step="padding")
    assert not padding.nop
    assert "[PAD] to 2 of 3 sequences" in padding.note
    for row in batch.header.sequences:
        assert len(row.tokens) == longest == len(row.offsets) == len(row.parts)
    (tensors,) = batch.find(step="tensors")
    mask = next(v for v in tensors.outputs if v.name == "attention_mask").numpy()
    for row, kept in zip(batch.header.sequences, mask, strict=True):
        assert [token == "[PAD]" for token in row.tokens] == [not k for k in kept]
    # What is masked gets no attention from anybody, in every sequence.
    for cycle in batch.find(unit="attention", step="softmax"):
        shares = cycle.outputs[0].numpy()
        for place, kept in enumerate(mask):
            assert (shares[place][:, :, kept == 0] == 0).all()


def test_looking_at_a_sequence(batch: Trace, alone: list[Trace]) -> None:
    for place, text in enumerate(TEXTS):
        seen = batch.sequence(place)
        assert (seen.header.text, seen.header.sequence) == (text, place)
        assert seen.result is batch.results[place]
        assert seen.header.tokens[: len(alone[place].header.tokens)] == alone[place].header.tokens
        assert seen.cycles is batch.cycles
        assert seen.verdict is batch.verdict
    assert batch.header.sequence == 0  # looking changed nothing
    with pytest.raises(CyclesimError, match="no sequence 3: this run has 3, from 0"):
        batch.sequence(3)
    assert alone[0].sequence(0).header == alone[0].header


def test_choosing_stays_chosen(machine: Machine) -> None:
    with cyclesim.Clock(machine, TEXTS) as clock:
        clock.step()
        clock.run_to("query")
        clock.trace.choose(1)
        clock.finish()
    assert clock.trace.header.text == TEXTS[1]
    assert clock.trace.result == clock.trace.results[1]


def test_a_file_keeps_all_of_them(batch: Trace, tmp_path: Path) -> None:
    batch.sequence(2).save(tmp_path / "batch")
    again = cyclesim.open_trace(tmp_path / "batch")
    assert again.header == batch.sequence(2).header
    assert again.results == batch.results
    assert again.result == batch.results[2]
    assert again.sequence(0).header.tokens == batch.header.tokens


def test_json(batch: Trace) -> None:
    rows = batch.to_json()["sequences"]
    assert [row["texts"]["text"] for row in rows] == TEXTS
    assert [row["result"]["entities"] for row in rows] == [r["entities"] for r in batch.results]
    single = batch.sequence(1).to_json()
    assert single["text"] == TEXTS[1]
    assert single["result"]["entities"] == batch.results[1]["entities"]


def test_axes_have_the_names_of_the_sequence_looked_at(batch: Trace) -> None:
    (softmax,) = batch.find(unit="attention", step="softmax", layer=0)
    axes, shape = axes_of(softmax, batch)[0], softmax.outputs[0].shape
    assert axes == ("batch", "head", "query", "key")
    for place in range(len(TEXTS)):
        header = batch.sequence(place).header
        assert labels_of_axis("query", shape[2], header) == header.tokens
        assert labels_of_axis("batch", shape[0], header) == tuple(TEXTS)
    (labels,) = batch.find(step="labels")
    assert axes_of(labels, batch) == (("token",),) * 3


def test_sentences_are_about_the_sequence_looked_at(batch: Trace) -> None:
    (softmax,) = batch.find(unit="attention", step="softmax", layer=0)
    (labels,) = batch.find(step="labels")
    (tokenize,) = batch.find(step="tokenize")
    said = [explain(labels, batch.sequence(i)).sentence for i in range(3)]
    assert "“Ad” gets PER" in said[0]
    assert "Rome" in said[2]
    assert "Rome" in explain(tokenize, batch.sequence(2)).sentence
    assert "each of the 3 texts" in explain(tokenize, batch).sentence
    assert "Rome" in explain(softmax, batch.sequence(2)).sentence
    # A cell says by itself which sequence it is of.
    place = list(batch.header.sequences[1].tokens).index("Paris")
    line = worked(softmax, batch, (1, 0, place, place))
    assert line is not None
    assert line.startswith("p(1, Paris, Paris) = ")
    assert "Paris" in explain(softmax, batch, (1, 0, place, place)).sentence


def test_a_probe_answers_for_each(machine: Machine, batch: Trace) -> None:
    answer = cyclesim.Probe(machine, TEXTS).over_layers()[-1]
    assert answer.results == batch.results
    assert answer.result == batch.results[0]


def test_one_text_in_a_list_is_as_by_itself(machine: Machine, alone: list[Trace]) -> None:
    trace = cyclesim.trace(machine, TEXTS[:1], measure=False)
    assert trace.result == alone[0].result
    assert trace.results == (trace.result,)
    assert len(trace) == len(alone[0])


def test_bad_batches(machine: Machine) -> None:
    with pytest.raises(CyclesimError, match="the batch is empty"):
        cyclesim.trace(machine, [])
    with pytest.raises(CyclesimError, match="text 2 of the batch is empty"):
        cyclesim.trace(machine, ["Ada", " "])
    with pytest.raises(CyclesimError, match="int is no text"):
        cyclesim.trace(machine, ["Ada", 3])
    machine.tokenizer.pad_token = None
    try:
        with pytest.raises(CyclesimError, match="texts of different lengths cannot be one batch"):
            cyclesim.trace(machine, TEXTS)
    finally:
        machine.tokenizer.pad_token = "[PAD]"

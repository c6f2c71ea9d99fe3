"""Marks around two entities, which the tokenizer reads as tokens, and the relation between them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cyclesim
from cyclesim import CyclesimError
from cyclesim.machine.marks import find_entities, mark
from cyclesim.trace import Prompt
from tests.machine.folders import save, small, wordpiece

from .runs import machine_of, run

MARKERS = ("[E1]", "[/E1]", "[E2]", "[/E2]")
TEXT = "[E1]Ada[/E1] worked with [E2]Charles Babbage[/E2]."
PLAIN = "Ada worked with Charles Babbage."
NAMES = {0: "no relation", 1: "worked with", 2: "child of"}


@cache  # training has ties, so two tokenizers would not be the same
def marking(markers: tuple[str, ...] = MARKERS) -> Any:
    tokenizer = wordpiece()
    tokenizer.add_special_tokens({"additional_special_tokens": list(markers)})
    return tokenizer


def machine(markers: tuple[str, ...] = MARKERS) -> cyclesim.Machine:
    model = small("BertForSequenceClassification", vocab_size=200, id2label=NAMES)
    return cyclesim.load(model=model, tokenizer=marking(markers))


def test_a_tokenizer_with_markers_makes_it_a_relation() -> None:
    made = machine()
    assert made.task.name == "relation-extraction"
    trace = run(made, TEXT)
    assert [t for t in trace.header.tokens if t in MARKERS] == list(MARKERS)
    assert [cycle.step for cycle in trace][:3] == ["entities", "markers", "tokenize"]
    assert set(trace.result["scores"]) == set(NAMES.values())
    assert trace.result["subject"] == {"text": "Ada", "start": 4, "end": 7}
    assert trace.result["object"]["text"] == "Charles Babbage"


def test_marks_and_places_are_the_same_to_the_model() -> None:
    by_marks = run(machine(), TEXT)
    spans = tuple((PLAIN.index(n), PLAIN.index(n) + len(n)) for n in ("Ada", "Charles Babbage"))
    by_places = run(machine(), Prompt(PLAIN, entities=spans))
    assert by_places.header.tokens == by_marks.header.tokens
    assert by_places.result["scores"] == by_marks.result["scores"]
    assert PLAIN[slice(*spans[1])] == by_places.result["object"]["text"]


def test_offsets_point_into_what_was_typed() -> None:
    for given_, typed in ((TEXT, TEXT), (Prompt(PLAIN, entities=((16, 31), (0, 3))), PLAIN)):
        header = run(machine(), given_).header
        assert header.text == typed
        for token, span in zip(header.tokens, header.offsets, strict=True):
            assert (span is None) == (token.startswith("["))
            if span is not None:
                assert typed[slice(*span)].lower() == token.removeprefix("##")


def test_other_markers_that_a_tokenizer_has() -> None:
    markers = ("<e1>", "</e1>", "<e2>", "</e2>")
    trace = run(machine(markers), TEXT)
    assert [t for t in trace.header.tokens if t in markers] == list(markers)
    assert trace.find("markers")[0].note.endswith("each one token")


def test_a_tokenizer_without_markers_reads_them_in_pieces() -> None:
    made = machine_of("BertForSequenceClassification", "relation-extraction")
    assert run(made, TEXT).find("markers")[0].note.endswith("reads in pieces")
    assert machine_of("BertForSequenceClassification").task.name == "text-classification"


def test_a_batch() -> None:
    trace = run(machine(), [TEXT, "[E2]London[/E2] is where [E1]Ada[/E1] worked."])
    assert [r["subject"]["text"] for r in trace.results] == ["Ada", "Ada"]
    assert [r["object"]["text"] for r in trace.results] == ["Charles Babbage", "London"]


def test_from_a_folder(tmp_path: Path) -> None:
    folder = save(tmp_path / "m", machine().model, marking())
    assert cyclesim.load(folder).task.name == "relation-extraction"
    assert cyclesim.load(folder, task="text-classification").task.name == "text-classification"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("Ada worked with Charles.", "no entity is marked"),
        ("[E1]Ada[/E1] worked.", "the marks do not match"),
        ("[E1]Ada[/E1] met [E2]Charles.", "the marks do not match"),
        ("[E1]Ada[/E1] met [E1]Charles[/E1].", "the marks do not match"),
        ("[E1]Ada[/E1] met [E3]Charles[/E3].", "the marks do not match"),
        ("[/E1]Ada[E1] met [E2]Charles[/E2].", r"\[/E1\] comes before \[E1\]"),
        ("[E1]Ada [E2]met[/E1] Charles[/E2].", "the two entities overlap"),
        ("[E1] [/E1] met [E2]Charles[/E2].", "nothing between the marks"),
        (Prompt(PLAIN, entities=((0, 3),)), "give --entity START:END twice"),
        (Prompt(PLAIN, entities=((0, 3), (2, 9))), "the two entities overlap"),
        (Prompt(PLAIN, entities=((0, 3), (90, 99))), "the entity 90:99 is not in the text"),
        (Prompt(PLAIN, entities=((0, 3), (9, 9))), "the entity 9:9 is not in the text"),
        (Prompt(TEXT, entities=((0, 3), (9, 12))), "do one of them"),
    ],
)
def test_marks_that_do_not_match(asked: Any, said: str) -> None:
    with pytest.raises(CyclesimError, match=said):
        cyclesim.trace(machine(), asked)


@given(
    text=st.text(st.characters(exclude_characters="[]"), min_size=4, max_size=30), data=st.data()
)
def test_every_character_leads_back_to_where_it_was_typed(text: str, data: st.DataObject) -> None:
    cuts = data.draw(
        st.lists(st.integers(0, len(text)), min_size=4, max_size=4).map(sorted).filter(
            lambda c: text[c[0] : c[1]].strip() and text[c[2] : c[3]].strip()
        )
    )  # fmt: skip
    spans = find_entities(text, ((cuts[0], cuts[1]), (cuts[2], cuts[3])))
    marked = mark(text, spans, MARKERS)
    assert len(marked.text) == len(marked.origin)
    back = [text[place] for place in marked.origin if place is not None]
    assert "".join(back) == text
    for (start, end), opening, closing in zip(spans, MARKERS[::2], MARKERS[1::2], strict=True):
        inside = marked.text[marked.text.index(opening) : marked.text.index(closing)]
        assert inside == f"{opening} {text[start:end]} "
    for place, origin in enumerate(marked.origin):
        if origin is not None:
            assert marked.back((place, place + 1)) == (origin, origin + 1)

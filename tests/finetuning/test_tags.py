"""Tags and spans: every scheme is read, two are written."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclesim.finetuning.tags import Span, labels_of, scheme_of, spans_of, tags_of

TYPES = ("PER", "LOC")


@st.composite
def marked(draw: st.DrawFn) -> tuple[list[Span], int]:
    """Names that do not overlap, and how many words there are."""
    spans, at = [], 0
    for _ in range(draw(st.integers(0, 5))):
        start = at + draw(st.integers(0, 2))
        at = start + draw(st.integers(1, 3))
        spans.append(Span(start, at, draw(st.sampled_from(TYPES))))
    return spans, at + draw(st.integers(0, 2))


@given(marked())
def test_iob2_keeps_every_name(case: tuple[list[Span], int]) -> None:
    spans, length = case
    tags = tags_of(spans, length, "iob2")
    assert spans_of(tags) == spans
    assert set(tags) <= set(labels_of(TYPES, "iob2"))


@given(marked())
def test_plain_types_join_neighbours(case: tuple[list[Span], int]) -> None:
    spans, length = case
    found = spans_of(tags_of(spans, length, "plain"))
    assert [p for s in found for p in range(s.start, s.end)] == [
        p for s in spans for p in range(s.start, s.end)
    ]
    assert all(a.end < b.start or a.label != b.label for a, b in pairwise(found))


@given(marked(), st.sampled_from(["ES", "LU"]))
def test_iobes_and_bilou(case: tuple[list[Span], int], letters: str) -> None:
    spans, length = case
    tags = ["O"] * length
    for start, end, label in spans:
        for place in range(start, end):
            inner = letters[0] if place == end - 1 else "I"
            letter = letters[1] if end - start == 1 else "B" if place == start else inner
            tags[place] = f"{letter}-{label}"
    assert spans_of(tags) == spans


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        (["I-PER", "I-PER", "B-PER"], [(0, 2, "PER"), (2, 3, "PER")]),  # IOB1
        (["O", "I-PER", "I-LOC"], [(1, 2, "PER"), (2, 3, "LOC")]),
        (["B-PER", "I-LOC", "I-LOC"], [(0, 1, "PER"), (1, 3, "LOC")]),
        (["S-PER", "I-PER"], [(0, 1, "PER"), (1, 2, "PER")]),
        (["PER", "PER", "LOC", "O", "LOC"], [(0, 2, "PER"), (2, 3, "LOC"), (4, 5, "LOC")]),
        (["B-e-mail", "I-e-mail"], [(0, 2, "e-mail")]),
    ],
)
def test_as_the_conll_scorer_reads_them(tags: list[str], spans: list[tuple]) -> None:
    assert [tuple(s) for s in spans_of(tags)] == spans


def test_the_scheme_is_one() -> None:
    assert scheme_of(["O", "B-PER", "S-LOC"]) == "iob2"
    assert scheme_of(["O", "PER"]) == "plain"
    assert scheme_of([]) == "iob2"
    with pytest.raises(ValueError, match="LOC"):
        scheme_of(["B-PER", "O", "LOC"])

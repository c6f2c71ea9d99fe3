"""What nervaluate counts is what counting by hand gives."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cyclesim.finetuning.scores import ALL, KINDER, kinder, scores
from cyclesim.finetuning.tags import Span, spans_of

TAGS = st.lists(st.sampled_from(["O", "O", "B-PER", "I-PER", "B-LOC", "I-LOC"]), max_size=8)


@given(st.lists(st.tuples(TAGS, TAGS), max_size=5))
def test_strict_scores(cases: list[tuple[list[str], list[str]]]) -> None:
    true = [spans_of(one) for one, _ in cases]
    found = [spans_of(other) for _, other in cases]
    made = scores(true, found, ("PER", "LOC"))
    for label in (ALL, "PER", "LOC"):
        wanted = {(i, s) for i, spans in enumerate(true) for s in spans if label in (ALL, s.label)}
        marked = {(i, s) for i, spans in enumerate(found) for s in spans if label in (ALL, s.label)}
        right = len(wanted & marked)
        assert made[label].wanted == len(wanted) and made[label].found == len(marked)
        assert made[label].precision == (right / len(marked) if marked else 0)
        assert made[label].recall == (right / len(wanted) if wanted else 0)
        both = len(wanted) + len(marked)
        assert abs(made[label].f1 - (2 * right / both if both else 0)) < 1e-12


def test_kinder_measures_tell_types_from_boundaries() -> None:
    true = [[Span(0, 2, "PER"), Span(3, 4, "LOC")]]
    wrong_type = kinder(true, [[Span(0, 2, "LOC"), Span(3, 4, "LOC")]])
    assert set(wrong_type) == set(KINDER)
    assert wrong_type["exact"] == 1 and wrong_type["ent_type"] == 0.5
    wrong_end = kinder(true, [[Span(0, 1, "PER"), Span(3, 4, "LOC")]])
    assert wrong_end["exact"] == 0.5 and wrong_end["ent_type"] == 1
    assert wrong_end["partial"] == 0.75

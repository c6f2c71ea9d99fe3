"""Changed sentences: named, seeded, and what was left alone is found again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclesim.errors import CyclesimError
from cyclesim.robustness.perturb import KINDS, Name, Perturbation, perturbations
from cyclesim.robustness.words import KEYS, NAMES, SYNONYMS, read_synonyms

TEXT = "Ada Lovelace worked with Charles Babbage in London."
FOUND = (Name(0, 12, "PER"), Name(25, 40, "PER"), Name(44, 50, "LOC"))


def made(**how: object) -> list[Perturbation]:
    return list(perturbations(TEXT, **{"names": FOUND, "count": 3, **how}))


def test_every_kind_is_made_and_named() -> None:
    cases = made()
    assert list(dict.fromkeys(case.kind for case in cases)) == list(KINDS)
    assert len({case.text for case in cases}) == len(cases)
    assert all(case.text != TEXT and case.what for case in cases)


def test_the_seed_decides() -> None:
    assert made(seed=1) == made(seed=1)
    assert made(seed=1) != made(seed=2)
    only = [case for case in made(seed=1) if case.kind == "synonym"]
    assert made(seed=1, kinds=("synonym",)) == only


def test_typos_change_one_word_by_one_letter() -> None:
    for seed in range(30):
        for case in made(kinds=("typo",), seed=seed):
            ((old, new),) = case.changes
            assert old[0] == new[0] and abs(len(old) - len(new)) <= 1
            if case.what == "a neighbouring key":
                ((a, b),) = [(x, y) for x, y in zip(old, new, strict=True) if x != y]
                assert b in KEYS[a]
            if case.what == "two letters swapped":
                assert sorted(old) == sorted(new)


def test_case() -> None:
    cases = made(kinds=("case",), count=9)
    assert cases[0].text == TEXT.lower() and cases[1].text == TEXT.upper()
    assert {c.changes for c in cases[2:]} == {
        ((w, w.lower()),) for w in ("Ada", "Lovelace", "Charles", "Babbage", "London")
    }


def test_names() -> None:
    cases = made(kinds=("name",), count=4)
    assert cases[0].text == "Charles Babbage worked with Ada Lovelace in London."
    for case in cases[1:]:
        ((old, new),) = case.changes
        label = next(n.label for n in FOUND if TEXT[n.start : n.end] == old)
        assert new in NAMES[label]


def test_synonyms_keep_capitals() -> None:
    (case,) = perturbations("Often it rains.", ("synonym",))
    assert case.changes == (("Often", "Frequently"),)
    (case,) = perturbations("BIG!", ("synonym",), synonyms={"big": ["huge"]})
    assert case.text == "HUGE!"
    assert all(word not in others for word, others in SYNONYMS.items())


def test_a_list_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_text("worked toiled\n\nin inside within\n")
    words = read_synonyms(file)
    assert words["in"] == ("inside", "within") and words["toiled"] == ("worked",)
    file.write_text("worked toiled\nlonely\n")
    with pytest.raises(CyclesimError, match="line 2: one word only"):
        read_synonyms(file)
    with pytest.raises(CyclesimError, match="cannot be read"):
        read_synonyms(tmp_path / "nothing")


@given(st.text(max_size=60), st.integers(0, 5), st.sampled_from(KINDS))
def test_any_text(text: str, seed: int, kind: str) -> None:
    for case in perturbations(text, (kind,), seed=seed):
        for place, letter in enumerate(text):
            moved = case.moved(place)
            assert moved is None or case.text[moved] == letter
        for edit, (start, end) in zip(case.edits, case.new_spans(), strict=True):
            assert case.text[start:end] == edit.new
        untouched = sum(case.moved(place) is not None for place in range(len(text)))
        assert untouched == len(text) - sum(e.end - e.start for e in case.edits)

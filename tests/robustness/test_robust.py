"""Where two runs part, how far apart they are, and whether the answer is another one."""

from __future__ import annotations

import json

import numpy as np
import pytest

import cyclesim
from cyclesim.cli import main
from cyclesim.errors import CyclesimError
from cyclesim.robustness import Case, Robustness
from cyclesim.robustness.align import align
from cyclesim.robustness.answers import differences
from cyclesim.robustness.comparing import compare_case
from cyclesim.robustness.perturb import Edit, Perturbation
from cyclesim.trace import Trace

TEXT = "Ada Lovelace worked with Charles Babbage in London."


@pytest.fixture(scope="module")
def machine() -> object:
    return cyclesim.load()


@pytest.fixture(scope="module")
def found(machine: object) -> Robustness:
    return cyclesim.robust(machine, TEXT, count=2, seed=1)


def edited(old: str, new: str) -> Perturbation:
    start = TEXT.index(old)
    return Perturbation("typo", "by hand", TEXT, (Edit(start, start + len(old), new),))


@pytest.fixture(scope="module")
def old(machine: object) -> Trace:
    return cyclesim.trace(machine, TEXT, measure=False)


def case_of(machine: object, old: Trace, change: Perturbation) -> tuple[Case, Trace]:
    new = cyclesim.trace(machine, change.text, measure=False)
    return compare_case(old, new, change, {}), new


def test_a_word_of_as_many_tokens(machine: object, old: Trace) -> None:
    """One token gives way to one: what differs, and where, can be told by hand."""
    change = edited("London", "Paris")
    case, new = case_of(machine, old, change)
    assert case.tokens[0] == case.tokens[1]
    place = old.header.tokens.index("London")
    assert new.header.tokens[place] == "Paris"
    assert case.kept == len(old.header.tokens) - 1
    assert case.parts.label == "embedding · word_embeddings"
    # The other words see it where their attention adds up over all keys, and no earlier.
    assert case.spreads.label == "layer 0 · attention · softmax"
    rows = [i for i in range(len(old.header.tokens)) if i != place]
    for cycle, other in zip(old, new, strict=True):
        if case.parts.number <= cycle.number < case.spreads.number and cycle.stack:
            a, b = cycle.outputs[0].numpy(), other.outputs[0].numpy()
            if a.ndim == 3:
                assert np.array_equal(a[:, rows], b[:, rows])
    last = case.layers[-1]
    a, b = (t[last.number].outputs[0].numpy().astype(np.float64) for t in (old, new))
    gap = np.linalg.norm((a - b)[:, place]) / np.linalg.norm(a[:, place])
    assert last.changed == pytest.approx(gap)
    gap = np.linalg.norm((a - b)[:, rows]) / np.linalg.norm(a[:, rows])
    assert last.kept == pytest.approx(gap)
    assert case.layers[0].kept == 0 and [x.layer for x in case.layers] == [None, 0, 1, 2, 3]
    assert case.survives


def test_a_word_of_more_tokens(machine: object, old: Trace) -> None:
    """Only rows of tokens that both have are compared, and positions have shifted."""
    change = edited("Ada", "Qxzvy")
    case, new = case_of(machine, old, change)
    alignment = align(old.header, new.header, change)
    shift = case.tokens[1] - case.tokens[0]
    assert shift > 0
    assert all(
        old.header.tokens[i] == new.header.tokens[j] and (i == j == 0 or j == i + shift)
        for i, j in alignment.kept
    )
    assert alignment.changed == ((1, 1),)
    assert case.spreads.label.startswith("embedding ·")  # the sum with other positions
    assert case.layers[-1].kept > 0


def test_nothing_that_the_model_sees(machine: object, old: Trace) -> None:
    case, _ = case_of(machine, old, edited("with", "w\u0301ith"))  # accents are stripped
    assert case.parts is None and case.spreads is None
    assert case.note == "the model sees the same tokens"
    assert all(layer.kept == 0 for layer in case.layers)
    assert case.survives


def test_answers_are_compared_word_by_word() -> None:
    change = edited("London", "lnd")
    names = {"entities": [{"start": 0, "end": 12, "label": "PER"}]}
    place = {"start": 44, "end": 50, "label": "LOC"}
    before = {"entities": [*names["entities"], place]}
    assert differences(before, names, change) == [("London", "LOC", "O")]
    assert (
        differences(before, {"entities": [*names["entities"], place | {"end": 47}]}, change) == []
    )
    good, bad = ({"label": label, "score": 0.9} for label in ("good", "bad"))
    assert differences(good, bad, change) == [("answer", "good", "bad")]


def test_the_whole_report(found: Robustness) -> None:
    assert {case.change.kind for case in found.cases} == {"typo", "case", "synonym", "name"}
    assert found.verdict is True
    lower = next(case for case in found.cases if case.change.text == TEXT.lower())
    assert not lower.survives  # as the model's card says
    assert found.changed == sum(not case.survives for case in found.cases)
    for case in found.cases:
        if case.layers[-1].answer is not None:  # the last layer's probe is the answer itself
            assert case.layers[-1].answer == (not case.survives)
        if case.turned:
            first = next(x for x in case.layers if x.layer == case.turns)
            after = case.layers[case.layers.index(first) :]
            assert all(layer.answer for layer in after)
    json.dumps(found.to_json(), allow_nan=False)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["robust", *arguments])
    return int(left.value.code or 0), *capsys.readouterr()


def test_the_table(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    code, out, err = run(capsys, TEXT, "--kinds", "case,name", "--count", "1")
    assert err == ""
    assert code == 1 and "changed the answer" in out
    assert "Ada Lovelace → Charles Babbage" in out
    assert "how far apart after layer" in out and "the runs part at cycle" in out
    assert max(map(len, out.splitlines())) <= 80


def test_json_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, TEXT, "--kinds", "synonym", "--count", "1", "--json")
    content = json.loads(out)
    assert code == (1 if content["changed"] else 0)
    assert content["cases"][0]["kind"] == "synonym"
    assert len(content["cases"][0]["layers"]) == 5


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--kinds", "magic"], "unknown kind of change 'magic'"),
        (["--count", "0"], "--count 0 makes no sense"),
        (["--synonyms", "/no/such/file"], "cannot be read"),
    ],
)
def test_bad_input(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, TEXT, *arguments)
    assert code == 2 and out == "" and sentence in err and err.count("\n") == 1


def test_nothing_to_change(machine: object) -> None:
    with pytest.raises(CyclesimError, match="no word to change"):
        cyclesim.robust(machine, "1 2 3", ["typo"])

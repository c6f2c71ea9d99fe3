"""What a student has done is never lost."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from cyclesim.errors import CyclesimError
from cyclesim.lessons.progress import Done, Progress


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "lessons.json"


def test_what_is_done_is_remembered(file: Path) -> None:
    Progress(file).add("01-a", Done(frozenset({"one"}), at="one", answers={"q": True}))
    Progress(file).add("01-a", Done(frozenset({"two"}), at="two", answers={"q": False}))
    done = Progress(file).of("01-a")
    assert done.steps == {"one", "two"}
    assert done.at == "two"
    assert done.answers == {"q": True}  # the first answer counts
    assert Progress(file).of("02-b") == Done()


def test_an_exercise_stays_passed(file: Path) -> None:
    progress = Progress(file)
    progress.passed("01-a")
    first = progress.of("01-a").exercise
    progress.add("01-a", Done(frozenset({"x"})))
    progress.passed("01-a")
    assert progress.of("01-a").exercise == first is not None


def test_two_programs_join_what_they_know(file: Path) -> None:
    def work(name: str) -> None:
        for i in range(20):
            Progress(file).add("01-a", Done(frozenset({f"{name}{i}"})))

    threads = [threading.Thread(target=work, args=(n,)) for n in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Progress(file).of("01-a").steps) == 80


@pytest.mark.parametrize("content", ["", "{", "[]", '{"lessons": 3}', "\0\0"])
def test_a_broken_file_is_put_aside_and_the_one_before_is_used(file: Path, content: str) -> None:
    progress = Progress(file)
    progress.add("01-a", Done(frozenset({"one"})))
    progress.add("01-a", Done(frozenset({"two"})))
    file.write_text(content, encoding="utf-8")
    assert "one" in progress.of("01-a").steps
    progress.add("01-a", Done(frozenset({"three"})))
    assert {"one", "three"} <= progress.of("01-a").steps
    aside = [p for p in file.parent.iterdir() if "broken" in p.name]
    assert [p.read_text(encoding="utf-8") for p in aside] == [content]


def test_what_cannot_be_understood_is_left_out(file: Path) -> None:
    file.parent.mkdir()
    strange = {"steps": ["a", 3], "answers": [1], "hints": {"x": "y"}, "exercise": "soon"}
    file.write_text(json.dumps({"lessons": {"01-a": strange, "02-b": 7}}), encoding="utf-8")
    assert Progress(file).of("01-a") == Done(frozenset({"a"}))
    assert Progress(file).of("02-b") == Done()


def test_reset_keeps_what_it_takes_away(file: Path) -> None:
    progress = Progress(file)
    progress.add("01-a", Done(frozenset({"one"})))
    progress.add("02-b", Done(frozenset({"two"})))
    kept = progress.reset("01-a")
    assert kept is not None
    assert json.loads(kept.read_text(encoding="utf-8"))["lessons"]["01-a"]["steps"] == ["one"]
    assert progress.of("01-a") == Done()
    assert progress.of("02-b").steps == {"two"}
    assert progress.reset() is not None
    assert progress.of("02-b") == Done()
    assert progress.reset() is None


def test_a_state_that_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file in the way", encoding="utf-8")
    progress = Progress(tmp_path / "state" / "lessons.json")
    assert not progress.add("01-a", Done(frozenset({"one"})))
    assert progress.of("01-a") == Done()


def test_a_reset_that_cannot_be_kept_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    progress = Progress(file)
    progress.add("01-a", Done(frozenset({"one"})))
    monkeypatch.setattr("cyclesim.lessons.progress.write_json", lambda path, content: False)
    with pytest.raises(CyclesimError, match="stays as it was"):
        progress.reset()
    assert progress.of("01-a").steps == {"one"}

"""`cyclesim learn`, as students, teachers and authors use it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cyclesim.cli import main
from cyclesim.language import speaking
from cyclesim.lessons.progress import Progress
from tests.lessons.conftest import COURSE

Learn = Callable[..., tuple[int, str, str]]


@pytest.fixture
def learn(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Learn:
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def run(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main(["learn", *map(str, arguments)])
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out, said.err

    return run


def test_the_list_shows_lessons_and_progress(learn: Learn) -> None:
    code, out, _ = learn()
    assert code == 0
    for lesson in COURSE.lessons("en"):
        assert lesson.title.source[:30] in out
    assert "`cyclesim learn 1` opens lesson 1." in out
    Progress().passed("01-clock")
    assert "passed" in learn()[1]


def test_the_list_speaks_chinese(learn: Learn) -> None:
    with speaking("en"):
        assert COURSE.lesson(1, "zh").title.source in learn("--lang", "zh")[1]


def test_an_exercise_goes_from_stub_to_passed(learn: Learn, at_home: Path) -> None:
    code, out, _ = learn("exercise", 7)
    assert code == 0
    assert "cyclesim learn check 7" in out
    made = at_home / "ffn.py"
    assert made.read_text() == (COURSE.lesson(7, "en").folder / "stub.py").read_text()
    code, out, _ = learn("check")
    assert code == 1
    assert "not written yet" in out
    assert "✗" in out
    assert learn("exercise", 7)[1].startswith("ffn.py is there already")
    shutil.copy(COURSE.lesson(7, "en").folder / "solution.py", made)
    code, out, _ = learn("check", 7, "--json")
    assert code == 0
    assert json.loads(out)[0]["verdict"] == "right"
    assert Progress().of("07-ffn").exercise is not None


def test_hints_come_one_by_one(learn: Learn) -> None:
    shown = [learn("hint", 5)[1].count("/4  ") for _ in range(5)]
    assert shown == [1, 2, 3, 4, 4]


def test_reset_asks_and_keeps(learn: Learn) -> None:
    Progress().passed("01-clock")
    code, out, _ = learn("reset", 1, "--yes")
    assert code == 0
    assert "kept in" in out
    assert Progress().of("01-clock").exercise is None


def test_a_new_lesson_has_no_problem(learn: Learn, at_home: Path) -> None:
    assert learn("new", "14-mine")[0] == 0
    assert sorted(p.name for p in (at_home / "14-mine").iterdir()) == [
        "check.py", "lesson.md", "lesson.zh.md", "solution.py", "stub.py",
    ]  # fmt: skip
    code, out, _ = learn("lint", "14-mine")
    assert (code, out) == (0, "0 problems in 1 lesson.\n")
    assert learn("new", "14-mine")[0] == 2
    assert "14-my-lesson" in learn("new", "mine")[2]
    (at_home / "14-mine" / "solution.py").write_text("def softmax(x):\n    return x\n")
    code, out, _ = learn("lint", "14-mine")
    assert code == 1
    assert "14-mine/lesson.md:" in out
    assert "the solution does not pass" in out


def test_a_class_is_graded(learn: Learn, at_home: Path) -> None:
    solution = COURSE.lesson(8, "en").folder / "solution.py"
    (at_home / "class" / "ada").mkdir(parents=True)
    shutil.copy(solution, at_home / "class" / "ada" / "decode.py")
    code, out, _ = learn("grade", "class", "--json", "--unconfined")
    assert code == 0
    report = json.loads(out)
    assert report["students"]["ada"]["exercises"][0]["verdict"] == "right"
    assert report["schema"] == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("exercise", 99), "there is no lesson 99"),
        (("check", 3), "there is no exercise here"),
        (("grade", "nowhere"), "cannot be read"),
        (("grade", "."), "holds no folder of a student"),
        (("--lessons", "."), "holds no lessons"),
        (("nonsense",), "No such command"),
        (("handout", 1, "-o", "no/such/folder.html"), "no such folder"),
        (("grade", ".", "--memory", "much"), "no size"),
    ],
)
def test_mistakes_are_one_sentence(learn: Learn, arguments: tuple[Any, ...], said: str) -> None:
    code, out, err = learn(*arguments)
    assert code == 2
    assert said in err
    assert err.count("\n") == 1
    assert out == ""


def test_the_notebook_command_writes_one_file(learn: Learn, at_home: Path) -> None:
    code, out, _ = learn("notebook", 4, "--lang", "en")
    assert (code, out) == (0, "04-qkv.ipynb\n")
    assert json.loads((at_home / "04-qkv.ipynb").read_text())["nbformat"] == 4

"""Every lesson that ships: each template, question and condition of it, on the real run."""

from __future__ import annotations

import ast
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from cyclesim.lessons import linting, told
from cyclesim.lessons.course import shipped
from cyclesim.lessons.exercises import cases_of, stub_of
from cyclesim.lessons.grading.running import run_exercise
from cyclesim.lessons.linting import lint
from cyclesim.lessons.reading import FILES
from cyclesim.lessons.runs import LessonRun, run_of
from cyclesim.lessons.told import Told, prose_of
from cyclesim.machine.catalog import embedded_path
from tests.lessons.conftest import COURSE, KEYS

FOLDERS = {folder.name: folder for folder in COURSE.folders}


@pytest.mark.parametrize("name", FOLDERS)
def test_every_text_question_and_condition_holds_in_both_languages(name: str) -> None:
    assert all((FOLDERS[name] / file).is_file() for file in FILES.values())
    problems = [str(problem) for problem in lint(FOLDERS[name], KEYS, run=False)]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("number", COURSE.numbers)
def test_the_solution_passes_and_the_stubs_fail(number: int) -> None:
    lesson = COURSE.lesson(number, "en")
    cases = cases_of(lesson)
    solved = run_exercise(lesson.folder / "solution.py", cases)
    assert solved.verdict == "right", solved
    for language in ("en", "zh"):
        stub = run_exercise(stub_of(lesson, language), cases)
        assert stub.verdict == "wrong"
        assert stub.passed == 0
        assert "not written yet" in stub.said


@pytest.mark.parametrize("number", COURSE.numbers)
def test_a_stub_differs_from_another_only_in_what_it_says(number: int) -> None:
    lesson = COURSE.lesson(number, "en")

    def code(path: Path) -> str:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, (ast.Module, ast.FunctionDef)) and ast.get_docstring(node):
                node.body = node.body[1:]
        return ast.unparse(tree)

    assert code(stub_of(lesson, "en")) == code(stub_of(lesson, "zh"))


def test_lessons_build_on_earlier_ones() -> None:
    for lesson in COURSE.lessons("en"):
        assert all(need in COURSE.numbers and need < lesson.number for need in lesson.needs)
        assert lesson.exercise is not None
        assert sum(step.question is not None for step in lesson.steps) >= 2


def test_exercises_have_names_of_their_own() -> None:
    files = [lesson.exercise.file for lesson in COURSE.lessons("en") if lesson.exercise]
    assert len(set(files)) == len(files)


def test_no_template_is_left_in_what_is_shown() -> None:
    for language in ("en", "zh"):
        lesson = COURSE.lesson(1, language)
        shown = Told(lesson, KEYS)
        for prose in prose_of(lesson):
            text = shown.text(prose)
            assert "{{" not in text
            assert "<step>" not in text


# -- what changes in the model is noticed ---------------------------------------------------------


def renamed(run: LessonRun, step: str, name: str) -> LessonRun:
    """The run of a version in which a step has another name."""
    cycles = [replace(c, step=name) if c.step == step else c for c in run.trace.cycles]
    return LessonRun(replace(run.trace, cycles=cycles), lambda: run.answers)


def test_another_name_of_a_cycle_is_found_by_file_and_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(told, "run_of", lambda spec: renamed(run_of(spec), "scale", "scaling"))
    found = [str(problem) for problem in lint(FOLDERS["05-attention"], KEYS, run=False)]
    lines = (FOLDERS["05-attention"] / "lesson.md").read_text(encoding="utf-8").split("\n")
    places = [int(p.split(":")[1]) for p in found if p.startswith("05-attention/lesson.md:")]
    assert places
    assert all("scale" in lines[place - 1] or "{#" in lines[place - 1] for place in places), found
    assert any("no cycle" in problem for problem in found)


def test_a_changed_model_file_is_found_by_file_and_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without queries every token looks at all alike, and columns sum to one as well."""
    folder = tmp_path / "tiny-ner"
    shutil.copytree(embedded_path("tiny-ner"), folder)
    file = folder / "model.safetensors"
    weights = load_file(file)
    for name in weights:
        if ".0.attention.self.query." in name:
            weights[name] = np.zeros_like(weights[name])
    save_file(weights, file, {"format": "pt"})
    changed = partial(replace, model=str(folder))
    monkeypatch.setattr(told, "run_of", lambda spec: run_of(changed(spec)))
    found = [str(problem) for problem in lint(FOLDERS["05-attention"], KEYS, run=False)]
    lines = (FOLDERS["05-attention"] / "lesson.md").read_text(encoding="utf-8").split("\n")
    wrong = [p for p in found if p.startswith("05-attention/lesson.md:") and "has to be right" in p]
    (place,) = {int(p.split(":")[1]) for p in wrong}
    assert "What sums to one" in lines[place - 1]
    assert all(p.startswith("05-attention/lesson.") for p in found)


def test_another_model_is_told_of_as_it_is(tmp_path: Path) -> None:
    """Another text: every number of the lesson is that of the other run."""
    lesson = COURSE.lesson(1, "en")
    other = replace(lesson, run=replace(lesson.run, text="Ada met Bob in Rome."))
    shown = Told(other, KEYS)
    first = shown.text(lesson.step("paused").after)
    run = run_of(other.run).trace
    assert str(run.find("tokenize")[0].outputs[0].shape[0]) in first
    assert first != Told(lesson, KEYS).text(lesson.step("paused").after)


def test_a_typed_number_is_an_error(tmp_path: Path) -> None:
    folder = tmp_path / "01-clock"
    shutil.copytree(shipped() / "01-clock", folder)
    page = folder / "lesson.md"
    text = page.read_text(encoding="utf-8")
    changed = text.replace("The first cycle cut the sentence into", "All 92 cycles. It cut into")
    assert changed != text
    page.write_text(changed, encoding="utf-8")
    (problem,) = lint(folder, KEYS, run=False)
    line = changed[: changed.index("All 92")].count("\n") + 1
    assert str(problem) == f"01-clock/lesson.md:{line}: '92' is typed in: ask the run for it."


def test_the_panels_and_parts_are_those_of_the_app() -> None:
    from cyclesim.tui.screens.main.stage import PANELS
    from cyclesim.tui.widgets.card.parts import PARTS

    assert {*PANELS, "timeline"} == linting.PANELS
    assert set(PARTS) == linting.PARTS

"""What is wrong with a lesson, before a student finds out.

Everything is tried that a student could come to: each template, question and condition, in each
language; the solution, which has to pass, and the stub, which has to fail. And what is told of a
run has to come from it: a digit in the prose is an error, unless it is part of a name or of a
condition that the run knows.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from cyclesim.errors import CyclesimError
from cyclesim.lessons.errors import LessonError, Place
from cyclesim.lessons.exercises import cases_of, stub_of
from cyclesim.lessons.grading.running import run_exercise
from cyclesim.lessons.lesson import Lesson, Prose, Step
from cyclesim.lessons.reading import FILES, read_lesson
from cyclesim.lessons.template import blanked
from cyclesim.lessons.told import Told, prose_of
from cyclesim.lessons.views import CycleView
from cyclesim.trace import Trace

__all__ = ["PANELS", "PARTS", "lint"]

#: The panels of the app, by the names that `look` and `expect` use.
PANELS = frozenset("card tensor program times writing learning probe result timeline".split())
#: The parts of the panel of a cycle, which `look` may scroll to.
PARTS = frozenset("formula fetch decode execute write".split())

_CODE = re.compile(r"`([^`\n]+)`")
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
#: A digit that stands for itself: no part of `float32` or `GPT-2`, nor the number of a list item.
#: Nor the factor of a formula: `2 × tokens × in × out`.
_DIGIT = re.compile(r"(?<![\w#])(?<![A-Za-z]-)(?![124] [×·])\d[\d.,]*")
_ITEM = re.compile(r"^ {0,3}\d+\. ", re.MULTILINE)
_NOUNS = "heads?|layers?|tokens?|cycles?|labels?|parameters|numbers|rows|columns|dimensions"
_COUNTED = re.compile(
    rf"\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve) ({_NOUNS})\b"
    r"|[两三四五六七八九十]个(头|词元|周期|标签|参数|层)|(?<!第)[两三四五六七八九十]层",
    re.IGNORECASE,
)
_HAN = r"[\u4e00-\u9fff]"
_TIGHT = re.compile(rf"{_HAN}[A-Za-z0-9]|[A-Za-z0-9]{_HAN}")
_HALF_WIDTH = re.compile(rf"{_HAN}[,.:;?!]|{_HAN} *\([^)]*{_HAN}")


def lint(
    folder: Path, keys: Mapping[str, str] | None = None, *, run: bool = True
) -> list[LessonError]:
    """Everything that is wrong with the lesson in `folder`, in the order of the checks.

    Args:
        keys: the key of each command of the app, by its name: only these may be named.
        run: also run the stub and the solution.
    """
    found: list[LessonError] = []
    lessons: dict[str, Lesson] = {}
    for language, file in FILES.items():
        if language != "en" and not (folder / file).is_file():
            continue
        try:
            lessons[language] = read_lesson(folder, language)
        except CyclesimError as error:
            found.append(_as_lesson_error(error))
    for lesson in lessons.values():
        found += _Linter(lesson, keys).problems()
    if "en" in lessons and lessons["en"].exercise is not None:
        found += _exercise(lessons["en"], run=run)
    return found


class _Linter:
    def __init__(self, lesson: Lesson, keys: Mapping[str, str] | None) -> None:
        self.lesson, self.keys = lesson, keys
        self.told = Told(lesson, keys)

    def problems(self) -> Iterator[LessonError]:
        try:
            traces = [self.told.run.trace, *(r.trace for r in self.told.others.values())]
        except CyclesimError as error:
            yield LessonError(
                f"its runs cannot be made: {error}".rstrip("."), self.lesson.title.place
            )
            return
        for prose in prose_of(self.lesson):
            yield from _typed(prose, traces)
            yield from self._told(prose)
        for step in self.lesson.steps:
            yield from self._step(step, traces)

    def _told(self, prose: Prose) -> Iterator[LessonError]:
        try:
            text = self.told.text(prose)
        except CyclesimError as error:
            yield _as_lesson_error(error, prose.place)
            return
        if self.lesson.language == "zh":
            yield from _chinese(text, prose.place)

    def _step(self, step: Step, traces: list[Trace]) -> Iterator[LessonError]:
        if step.question is not None:
            try:
                self.told.question(step)
            except CyclesimError as error:
                yield _as_lesson_error(error, step.question.ask.place)
        yield from self._places(step, traces)
        goal = step.goal
        if goal is None:
            return
        if not step.before:
            yield LessonError("nothing says what is to be done", step.place)
        if goal.kind in ("arrive", "ran", "predict") and isinstance(goal.value, str):
            yield from _condition(goal.value, traces, step.place)
        if goal.kind == "edited" and isinstance(goal.value, str):
            yield from _condition(goal.value, traces, step.place)
        if goal.kind == "press" and self.keys is not None and goal.value not in self.keys:
            yield LessonError(f"there is no command {goal.value!r}", step.place)
        if goal.kind == "panel" and goal.value not in PANELS:
            yield LessonError(f"there is no panel {goal.value!r}", step.place)

    def _places(self, step: Step, traces: list[Trace]) -> Iterator[LessonError]:
        if step.go:
            only = step.which == "only"
            yield from _condition(step.go, traces[:1], step.place, only=only)
        look = step.look
        if look is None:
            return
        if look.panel and look.panel not in PANELS:
            yield LessonError(f"there is no panel {look.panel!r}", step.place)
        if look.part and (look.panel != "card" or look.part not in PARTS):
            yield LessonError(f"the panel card has no part {look.part!r}", step.place)
        if look.places and step.go:
            try:
                cycle = self.told.cycle(step)
                CycleView(cycle, self.told.run.trace).output.at(**self.told.places(look.places))
            except CyclesimError as error:
                yield _as_lesson_error(error, step.place)


def _as_lesson_error(error: CyclesimError, place: Place | None = None) -> LessonError:
    if isinstance(error, LessonError):
        return error
    return LessonError(str(error).rstrip("."), place)


def _condition(
    condition: str, traces: list[Trace], place: Place, *, only: bool = False
) -> Iterator[LessonError]:
    try:
        found = [cycle for trace in traces for cycle in trace.find(condition)]
    except CyclesimError as error:
        yield LessonError(f"{condition!r}: {error}".rstrip("."), place)
        return
    if not found or (only and len(found) > 1):
        many = "several cycles" if found else "no cycle"
        yield LessonError(f"{condition!r} is true of {many} of this run", place)


def _typed(prose: Prose, traces: list[Trace]) -> Iterator[LessonError]:
    """Numbers that were typed in, and conditions in the text that no run knows."""
    text = _FENCED.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), blanked(prose.source))

    def line(position: int) -> Place:
        return Place(prose.place.file, prose.place.line + text.count("\n", 0, position))

    for code in _CODE.finditer(text):
        words = code[1].strip()
        if " and " in words or words.startswith("layer "):
            yield from _condition(words, traces, line(code.start()))
    bare = _CODE.sub(lambda m: " " * len(m[0]), text)
    bare = _ITEM.sub(lambda m: " " * len(m[0]), bare)
    for digit in _DIGIT.finditer(bare):
        problem = f"{digit[0]!r} is typed in: ask the run for it"
        yield LessonError(problem, line(digit.start()))
    for counted in _COUNTED.finditer(bare):
        problem = f"{counted[0]!r} is typed in: ask the run, and spell it with | words"
        yield LessonError(problem, line(counted.start()))


def _chinese(text: str, place: Place) -> Iterator[LessonError]:
    bare = _FENCED.sub(" ", text)
    bare = re.sub(r"\*\*?|`", "", bare)
    for pattern, problem in (
        (_TIGHT, "a space belongs between Chinese and other letters"),
        (_HALF_WIDTH, "after Chinese stands Chinese punctuation"),
    ):
        match = pattern.search(bare)
        if match is not None:
            around = bare[max(match.start() - 6, 0) : match.end() + 6].replace("\n", " ")
            yield LessonError(f"{problem}: {around!r}", place)


def _exercise(lesson: Lesson, *, run: bool) -> Iterator[LessonError]:
    exercise = lesson.exercise
    assert exercise is not None
    solution = lesson.folder / "solution.py"
    stubs = {path for language in FILES if (path := stub_of(lesson, language)).is_file()}
    if not solution.is_file() or not stubs:
        yield LessonError("an exercise has a stub.py and a solution.py", exercise.place)
        return
    try:
        signatures = {path: _signature(path) for path in (solution, *stubs)}
        cases = cases_of(lesson)
    except (CyclesimError, SyntaxError, ValueError) as error:
        yield LessonError(f"the exercise: {error}".rstrip("."), exercise.place)
        return
    for path in stubs:
        if not signatures[path] <= signatures[solution]:
            yield LessonError(f"{path.name} and the solution differ in their functions",
                              exercise.place)  # fmt: skip
    if not run:
        return
    outcome = run_exercise(solution, cases)
    if outcome.verdict != "right":
        yield LessonError(f"the solution does not pass: {outcome.said}".rstrip("."), exercise.place)
    for path in sorted(stubs):
        if run_exercise(path, cases).verdict == "right":
            yield LessonError(f"{path.name} passes as it is", exercise.place)


def _signature(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = (n for n in tree.body if isinstance(n, ast.FunctionDef))
    return {f"{n.name}({ast.unparse(n.args)})" for n in found}

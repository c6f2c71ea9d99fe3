"""A lesson on its runs: every text of it, with the numbers in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from cyclesim.errors import CyclesimError
from cyclesim.lessons.asking import Asked, ask
from cyclesim.lessons.errors import LessonError
from cyclesim.lessons.expression import evaluate, parse
from cyclesim.lessons.lesson import Lesson, Prose, Step
from cyclesim.lessons.runs import LessonRun, run_of, runs_of
from cyclesim.lessons.scope import Scope
from cyclesim.lessons.template import fill
from cyclesim.lessons.views import token_place
from cyclesim.trace import Cycle

__all__ = ["Told", "prose_of"]


def prose_of(lesson: Lesson) -> Iterator[Prose]:
    """Everything in a lesson that a person reads."""
    yield from (lesson.title, lesson.goal)
    for step in lesson.steps:
        yield from _of_step(step)
    if lesson.exercise is not None:
        yield lesson.exercise.title
        yield lesson.exercise.prose
        yield from lesson.exercise.checks.values()
        yield from lesson.exercise.hints
    if lesson.handout is not None:
        yield lesson.handout


def _of_step(step: Step) -> Iterator[Prose]:
    yield from (step.title, step.before, step.after, *step.hints)
    if step.question is not None:
        yield step.question.ask
        for choice in step.question.choices:
            yield choice.say
            if choice.but is not None:
                yield choice.but
        if step.question.why is not None:
            yield step.question.why


class Told:
    """A lesson and the runs that it speaks of. Nothing is run before it is asked for.

    Args:
        lesson: in the language it is to be told in.
        keys: the key of each command, by its name.
        run: the lesson's own run, where it has been made already.
    """

    def __init__(
        self,
        lesson: Lesson,
        keys: Mapping[str, str] | None = None,
        run: LessonRun | None = None,
    ) -> None:
        self.lesson = lesson
        self._keys = keys
        self._given = run

    @cached_property
    def run(self) -> LessonRun:
        """The lesson's own run."""
        return self._given or run_of(self.lesson.run)

    @cached_property
    def others(self) -> dict[str, LessonRun]:
        """Its other runs."""
        return runs_of(self.lesson)

    @cached_property
    def scope(self) -> Scope:
        """What its expressions know."""
        return Scope(
            self.run,
            self.others,
            language=self.lesson.language,
            keys=self._keys,
            names=self.lesson.names,
        )

    def places(self, written: Mapping[str, Any]) -> dict[str, int]:
        """Places on axes: a word is a token, other text an expression.

        Raises:
            LessonError: there is no such place.
        """
        tokens = {"token", "query", "key"}
        found = {}
        for axis, place in written.items():
            if isinstance(place, str) and axis in tokens:
                place = token_place(place, self.run.trace)
            elif isinstance(place, str):
                place = evaluate(parse(place), self.scope)
            found[axis] = int(place)
        return found

    def cycle(self, step: Step) -> Cycle:
        """The cycle that `step` stands at.

        Raises:
            LessonError: there is none, or several.
        """
        try:
            found = self.run.trace.find(step.go)
        except CyclesimError as error:
            raise LessonError(f"{step.go!r}: {error}".rstrip("."), step.place) from None
        if not found or (step.which == "only" and len(found) > 1):
            raise LessonError(f"{step.go!r} is true of {len(found)} cycles", step.place)
        return found[-1 if step.which == "last" else 0]

    def text(self, prose: Prose) -> str:
        """`prose` with its numbers.

        Raises:
            LessonError: a template has no value; it names the line.
        """
        return fill(prose, self.scope).strip() if "{{" in prose.source else prose.source.strip()

    def worksheet(self, prose: Prose) -> str:
        """`prose` with gaps in the place of its numbers.

        Raises:
            LessonError: a template has no value; it names the line.
        """
        return fill(prose, self.scope, gaps=True).strip()

    def question(self, step: Step) -> Asked:
        """The question of `step`."""
        return ask(step, self.run, self.scope)

"""Walks through a lesson: which step it is at, what has been done of it, what is said.

It knows no screen. Whoever has one tells it what the person did (`look_at`, `answer`, `go_on`) and
shows what it says; a test does the same without one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from cyclesim.lessons.asking import Asked
from cyclesim.lessons.goals import Deeds, Goal
from cyclesim.lessons.lesson import Lesson, Step
from cyclesim.lessons.progress import Done, Progress
from cyclesim.lessons.told import Told

__all__ = ["Tour"]


@dataclass
class _Stop:
    """What has been done of one step, in this session."""

    met: bool = False
    hints: int = 0
    tries: int = 0
    chosen: int | None = None


class Tour:
    """A person's way through a lesson.

    Args:
        told: the lesson with its runs.
        progress: where to keep what is done; None to keep nothing.
        step: the name of the step to begin at; "" for the first that has not been done.

    Attributes:
        place: the number of the present step; `len(lesson.steps)` at the end.
        entered: called on arriving at a step.
    """

    def __init__(self, told: Told, progress: Progress | None = None, step: str = "") -> None:
        self.told = told
        self.progress = progress
        self._stops: dict[str, _Stop] = {}
        done = Done() if progress is None else progress.of(told.lesson.name)
        self._before = done.steps
        self.place = self._first(step)
        self.entered: Callable[[Step], None] = lambda _: None

    def _first(self, name: str) -> int:
        names = [step.name for step in self.lesson.steps]
        if name:
            return names.index(name)
        return next((i for i, n in enumerate(names) if n not in self._before), 0)

    # -- where it is -------------------------------------------------------------------------

    @property
    def lesson(self) -> Lesson:
        """The lesson, in the language it is told in."""
        return self.told.lesson

    @property
    def over(self) -> bool:
        """Whether all steps are behind."""
        return self.place >= len(self.lesson.steps)

    @property
    def step(self) -> Step | None:
        """The present step; None at the end."""
        return None if self.over else self.lesson.steps[self.place]

    @property
    def _stop(self) -> _Stop:
        step = self.step
        return self._stops.setdefault("" if step is None else step.name, _Stop())

    @property
    def met(self) -> bool:
        """Whether the present step has been done."""
        return self._stop.met

    @property
    def asks(self) -> bool:
        """Whether the present step has a question that waits for the right answer."""
        return self.step is not None and self.step.question is not None and not self.met

    @property
    def waits(self) -> bool:
        """Whether the present step waits for a deed."""
        return self.step is not None and self.step.goal is not None and not self.met

    @property
    def elsewhere(self) -> bool:
        """Whether nothing is said now of the lesson's own text."""
        step = self.step
        return step is None or (step.goal is not None and step.goal.kind == "text")

    @property
    def hints(self) -> int:
        """How many hints of the present step have been shown."""
        return self._stop.hints

    @property
    def remark(self) -> tuple[bool, str] | None:
        """Whether the last answer is right; what it was, and what there is to say of it."""
        step, stop = self.step, self._stop
        if step is None or step.question is None or stop.chosen is None:
            return None
        asked = self.told.question(step)
        right = stop.chosen == asked.right
        said = asked.why if right else asked.remarks[stop.chosen]
        return right, f"{asked.choices[stop.chosen]}\n\n{said}".strip()

    @property
    def done(self) -> int:
        """How many steps are behind, in this session or an earlier one."""
        now = {name for name, stop in self._stops.items() if stop.met}
        return sum(step.name in now | self._before for step in self.lesson.steps)

    @property
    def stand(self) -> Step | None:
        """The step before the present one that says where in the run one stands now."""
        behind = reversed(self.lesson.steps[: self.place])
        return next((step for step in behind if step.leads), None)

    # -- what a person does ------------------------------------------------------------------

    def look_at(self, deeds: Deeds) -> bool:
        """Whether what was done reaches the goal of the present step, only now."""
        step = self.step
        if step is None or step.goal is None or self.met:
            return False
        if not self.goal(step).met(deeds, self.lesson.run.text):
            return False
        self._done(step)
        return True

    def goal(self, step: Step) -> Goal:
        """The goal of `step`, with the places that it names."""
        assert step.goal is not None
        if step.goal.kind != "cell":
            return step.goal
        return replace(step.goal, value=self.told.places(step.goal.value))

    def question(self) -> Asked | None:
        """The question of the present step."""
        step = self.step
        return None if step is None or step.question is None else self.told.question(step)

    def answer(self, chosen: int) -> bool:
        """Choose an answer; whether it is right."""
        step, asked, stop = self.step, self.question(), self._stop
        if step is None or asked is None:
            return False
        right = chosen == asked.right
        stop.chosen = chosen
        stop.tries += 1
        if stop.tries == 1 and self.progress is not None:
            self.progress.add(self.lesson.name, Done(answers={step.name: right}))
        if right:
            self._done(step)
        return right

    def hint(self) -> bool:
        """Show one more hint; whether there was one."""
        step, stop = self.step, self._stop
        if step is None or stop.hints >= len(step.hints):
            return False
        stop.hints += 1
        if self.progress is not None:
            self.progress.add(self.lesson.name, Done(hints={step.name: stop.hints}))
        return True

    def go_on(self, *, skip: bool = False) -> bool:
        """The next step; whether it may be left.

        Args:
            skip: also where something is still to be done.
        """
        step = self.step
        if step is None or ((self.asks or self.waits) and not skip):
            return False
        if not self.asks and not self.waits:
            self._done(step)
        self._enter(self.place + 1)
        return True

    def go_back(self) -> bool:
        """The step before; whether there is one."""
        if self.place == 0:
            return False
        self._enter(self.place - 1)
        return True

    def enter(self) -> None:
        """Arrive at the present step: where the tour begins."""
        self._enter(self.place)

    def told_in(self, told: Told) -> None:
        """Go on in another language, or with another run."""
        self.told = told

    def _enter(self, place: int) -> None:
        self.place = place
        step = self.step
        if step is None:
            return
        if self.progress is not None:
            self.progress.add(self.lesson.name, Done(at=step.name))
        self.entered(step)

    def _done(self, step: Step) -> None:
        stop = self._stop
        if stop.met:
            return
        stop.met = True
        if self.progress is not None:
            self.progress.add(self.lesson.name, Done(frozenset({step.name})))

"""What a lesson is made of. Prose is kept as it was written, with its templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from cyclesim.lessons.errors import Place
from cyclesim.lessons.goals import Goal

__all__ = ["Choice", "Exercise", "Lesson", "Look", "Prose", "Question", "RunSpec", "Step"]


@dataclass(frozen=True, slots=True)
class Prose:
    """Markdown with templates, and the line where it begins."""

    source: str
    place: Place

    def __bool__(self) -> bool:
        return bool(self.source.strip())


@dataclass(frozen=True, slots=True)
class RunSpec:
    """A run that a lesson speaks of.

    Attributes:
        model, text, attention, seed, pad_to, max_length: as `cyclesim.load` and `trace` take them.
        generation: how a text is written, as pairs of what `cyclesim.load` takes.
        train: the training step that is run, as pairs of what `cyclesim.Training` takes; None for
            an answer.
        edits: what is changed on the way: a condition, the name of an edit, its argument.
    """

    model: str
    text: str
    attention: str = "eager"
    seed: int = 0
    pad_to: int | None = None
    max_length: int | None = None
    generation: tuple[tuple[str, Any], ...] = ()
    train: tuple[tuple[str, Any], ...] | None = None
    edits: tuple[tuple[str, str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to a question.

    Attributes:
        say: its words.
        when: an expression that is true of the run if it is right; or None if `right` says so.
        right: whether it is right, where its words are computed from the run.
        but: what to say to somebody who chose it and was wrong.
    """

    say: Prose
    when: Prose | None = None
    right: bool = False
    but: Prose | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a step: written out, or one that `cyclesim.explain` asks of a cycle.

    Attributes:
        ask: the question; may be empty if `kind` says what is asked.
        choices: the answers, in the order of the file.
        kind, about: a kind of `cyclesim.explain.questions`, and the cycle it is about.
        why: said when it was answered.
    """

    ask: Prose
    choices: tuple[Choice, ...] = ()
    kind: str = ""
    about: str = ""
    why: Prose | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What a step shows: a panel, a part of the card, a cell by places on named axes."""

    panel: str = ""
    part: str = ""
    places: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One stop of the tour: ask, wait for it to be done, tell.

    Attributes:
        name: its anchor in the file, the same in every language.
        title: its heading.
        before: what is said on arriving.
        after: what is said when `goal` is met.
        go: a condition that names the cycle to stand at, or "".
        which: of several such cycles the `first` or the `last`; `only` where there is one.
        look: what to put the cursor on, or None.
        goal: what the student does; None to go on with a key.
        question: what is asked, or None.
        hints: from a nudge to the answer.
        keys: what to press, for the demonstration; () where the goal says it all.
        place: where it stands.
    """

    name: str
    title: Prose
    before: Prose
    after: Prose
    place: Place
    go: str = ""
    which: Literal["only", "first", "last"] = "only"
    look: Look | None = None
    goal: Goal | None = None
    question: Question | None = None
    hints: tuple[Prose, ...] = ()
    keys: tuple[str, ...] = ()

    @property
    def leads(self) -> str:
        """Where one stands in the run after it: a condition, `ended`, or "" for where one was."""
        if self.goal is not None and self.goal.kind in ("arrive", "ran", "ended"):
            return "ended" if self.goal.kind == "ended" else str(self.goal.value)
        return self.go


@dataclass(frozen=True, slots=True)
class Exercise:
    """What a student programs.

    Attributes:
        title, prose: what is to be done.
        file: name of the file that a student edits, `attention.py`.
        checks: what each check of `check.py` looks at, by its name.
        hints: from a nudge to the answer.
        place: where it stands.
    """

    title: Prose
    prose: Prose
    file: str
    checks: Mapping[str, Prose]
    hints: tuple[Prose, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson in one language.

    Attributes:
        name: of its folder, `05-attention`.
        number: the order; what `cyclesim learn 5` names it by.
        needs: numbers of the lessons that come before.
        minutes: how long it takes a class.
        run: what the app opens.
        runs: the other runs it speaks of, by name.
        handout: what its printed page says beside the questions.
        names: expressions that its templates use by name.
    """

    name: str
    number: int
    folder: Path
    language: str
    title: Prose
    goal: Prose
    minutes: int
    needs: tuple[int, ...]
    run: RunSpec
    runs: Mapping[str, RunSpec]
    steps: tuple[Step, ...]
    exercise: Exercise | None
    handout: Prose | None = None
    names: Mapping[str, str] = field(default_factory=dict)

    def step(self, name: str) -> Step:
        """The step of that name.

        Raises:
            KeyError: there is none.
        """
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)

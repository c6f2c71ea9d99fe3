"""A question of a lesson with its choices, as the run answers them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cyclesim.explain.questions import questions_for
from cyclesim.explain.questions.question import turn
from cyclesim.language import speaking
from cyclesim.lessons.errors import LessonError
from cyclesim.lessons.lesson import Choice, Prose, Question, Step
from cyclesim.lessons.runs import LessonRun
from cyclesim.lessons.template import fill, holds

__all__ = ["Asked", "ask"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question ready to be asked.

    Attributes:
        text: the question.
        choices: the answers, in the order that everybody sees.
        right: the place of the right one.
        remarks: for each choice, what to say to who chose it; "" for nothing.
        why: what to say in the end.
    """

    text: str
    choices: tuple[str, ...]
    right: int
    remarks: tuple[str, ...]
    why: str = ""


def ask(step: Step, run: LessonRun, scope: Mapping[str, Any]) -> Asked:
    """The question of `step`, with everything the run has to say about it.

    Raises:
        LessonError: no choice is right or several are, two are alike, or a template has no value.
    """
    question = step.question
    assert question is not None
    if question.kind:
        return _computed(question, run, scope)
    said = [fill(choice.say, scope).strip() for choice in question.choices]
    truths = [_is_right(choice, scope) for choice in question.choices]
    place = question.ask.place
    if sum(truths) != 1:
        right = [text for text, truth in zip(said, truths, strict=True) if truth]
        raise LessonError(f"one choice has to be right; the run says {right or 'none'}", place)
    if len(set(said)) < len(said):
        twice = next(text for text in said if said.count(text) > 1)
        raise LessonError(f"two choices are alike: {twice!r}", place)
    order = _order(step.name, len(said))
    remarks = [_filled(choice.but, scope) for choice in question.choices]
    return Asked(
        fill(question.ask, scope).strip(),
        tuple(said[i] for i in order),
        order.index(truths.index(True)),
        tuple(remarks[i] for i in order),
        _filled(question.why, scope),
    )


def _is_right(choice: Choice, scope: Mapping[str, Any]) -> bool:
    return choice.right if choice.when is None else holds(choice.when, scope)


def _filled(prose: Prose | None, scope: Mapping[str, Any]) -> str:
    return "" if prose is None else fill(prose, scope).strip()


def _order(name: str, count: int) -> list[int]:
    """An order that looks random, and is the same for a whole class."""
    seed = sum(ord(c) * (i + 1) for i, c in enumerate(name))
    left, order = list(range(count)), []
    while left:
        order.append(left.pop(turn(seed + len(left), len(left))))
    return order


def _computed(question: Question, run: LessonRun, scope: Mapping[str, Any]) -> Asked:
    """The question that the app itself would ask about that cycle."""
    trace, place = run.trace, question.ask.place
    found = trace.find(question.about)
    if len(found) != 1:
        raise LessonError(f"{question.about!r} is true of {len(found)} cycles", place)
    with speaking(str(scope["language"])):
        asked = next((q for q in questions_for(found[0], trace) if q.kind == question.kind), None)
        if asked is None:
            problem = f"cycle {found[0].number} cannot be asked about {question.kind!r}"
            raise LessonError(problem, place)
        outcomes = [asked.outcome(trace, i) for i in range(len(asked.choices))]
        if any(outcome is None for outcome in outcomes):
            raise LessonError(f"the run does not answer {question.kind!r}", place)
    right = [outcome is not None and outcome.right for outcome in outcomes].index(True)
    said = ["" if outcome is None else outcome.said for outcome in outcomes]
    why = _filled(question.why, scope) or said[right]
    remarks = ("" if i == right else words for i, words in enumerate(said))
    words = _filled(question.ask, scope) or asked.text
    return Asked(words, asked.choices, right, tuple(remarks), why)

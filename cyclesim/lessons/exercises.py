"""Exercises: the stub that a student fills in, and the cases that check it.

`check.py` of a lesson is written by its author and trusted. Its `cases` says what is called with
what, and what has to come back; nothing of a student's runs in its process:

    from cyclesim.lessons.exercises import Case

    def cases(trace, runs):
        scores = trace.find("layer 0 and scale")[0].outputs[0].numpy()[0]
        truth = trace.find("layer 0 and attention and softmax")[0].outputs[0].numpy()[0]
        yield Case("rows", "weights", (scores[1],), truth[1])

The numbers are the run's own: what a student's function is held against is what the model computed.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.lessons.lesson import Lesson
from cyclesim.lessons.runs import run_of, runs_of
from cyclesim.trace import Trace

__all__ = ["Case", "cases_of", "judge", "stub_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One call of a student's function.

    Attributes:
        check: the name of the check it belongs to, in the lesson.
        call: the function.
        arguments: numbers, texts, lists, arrays, traces.
        expected: what has to come back: the same kinds; or a function that is given what came back
            and says "" where that is right, else what is wrong with it.
        within: how far numbers may be off.
    """

    check: str
    call: str
    arguments: tuple[Any, ...]
    expected: Any
    within: float = 1e-5


def cases_of(lesson: Lesson) -> list[Case]:
    """The cases of a lesson's exercise.

    Raises:
        CyclesimError: the lesson has no exercise, or its `check.py` has no `cases`.
    """
    if lesson.exercise is None:
        raise CyclesimError(tr("lesson {number} has no exercise.").format(number=lesson.number))
    file = lesson.folder / "check.py"
    cases: Callable[[Trace, Mapping[str, Trace]], Iterable[Case]] | None
    cases = getattr(_module(file), "cases", None)
    if cases is None:
        raise CyclesimError(f"{file} has no function cases(trace, runs).")
    trace = run_of(lesson.run).trace
    others = {name: run.trace for name, run in runs_of(lesson).items()}
    found = list(cases(trace, others))
    unknown = {c.check for c in found} ^ set(lesson.exercise.checks)
    if unknown:
        raise CyclesimError(f"{file} and the lesson differ in the checks {sorted(unknown)}.")
    return found


def _module(file: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"_check_{file.parent.name}", file)
    if spec is None or spec.loader is None or not file.is_file():
        raise CyclesimError(f"{file} is missing: it says how the exercise is checked.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def stub_of(lesson: Lesson, language: str = "") -> Path:
    """The stub, in the lesson's language where there is one."""
    own = lesson.folder / f"stub.{language or lesson.language}.py"
    return own if own.is_file() else lesson.folder / "stub.py"


def judge(case: Case, answer: Any) -> str:
    """What is wrong with `answer`, in a sentence; "" if nothing is."""
    if callable(case.expected):
        try:
            return str(case.expected(answer))
        except (TypeError, ValueError, LookupError, AttributeError):
            said = tr("{function} returned {value}, which is not what was asked for.")
            return said.format(function=case.call, value=_shown(answer))
    if answer is None:
        return tr("{function} returned nothing.").format(function=case.call)
    if isinstance(case.expected, (np.ndarray, float, np.floating)):
        return _numbers(case, answer)
    same = _plain(answer) == _plain(case.expected)
    return "" if same else _other(case, _shown(answer), _shown(case.expected))


def _other(case: Case, value: str, expected: str) -> str:
    said = tr("{function} returned {value}, and the run says {expected}.")
    return said.format(function=case.call, value=value, expected=expected)


def _numbers(case: Case, answer: Any) -> str:
    wanted = np.asarray(case.expected, np.float64)
    try:
        given = np.asarray(answer, np.float64)
    except (TypeError, ValueError):
        said = tr("{function} returned {value}, which is no number.")
        return said.format(function=case.call, value=_shown(answer))
    if given.shape != wanted.shape:
        said = tr("{function} returned the shape {shape}, and the run has {expected}.")
        shapes = {"shape": list(given.shape), "expected": list(wanted.shape)}
        return said.format(function=case.call, **shapes)
    if not np.isfinite(given).all():
        return tr("{function} returned numbers that are not finite.").format(function=case.call)
    if given.size == 0:
        return ""
    off = np.abs(given - wanted)
    place = np.unravel_index(int(off.argmax()), off.shape)
    if off[place] <= case.within:
        return ""
    value, expected = f"{given[place]:.6g}", f"{wanted[place]:.6g}"
    if not wanted.ndim:
        return _other(case, value, expected)
    said = tr("at {place}, {function} returned {value}, and the run has {expected}.")
    where = list(map(int, place))
    return said.format(place=where, function=case.call, value=value, expected=expected)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _shown(value: Any) -> str:
    text = repr(_plain(value))
    return text if len(text) <= 80 else f"{text[:79]}…"

"""What came of an exercise: from what its process noted to a verdict, with sentences."""

from __future__ import annotations

import errno
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cyclesim.language import N_, tr
from cyclesim.lessons.exercises import Case, judge
from cyclesim.lessons.grading.confine import Limits
from cyclesim.lessons.grading.wire import Unsendable, unpack

__all__ = ["VERDICTS", "CheckResult", "Outcome", "Verdict", "judged"]

Verdict = Literal["right", "wrong", "error", "timeout", "memory", "forbidden", "crashed", "missing"]

VERDICTS: dict[Verdict, str] = {
    "right": N_("right"),
    "wrong": N_("wrong"),
    "error": N_("error"),
    "timeout": N_("out of time"),
    "memory": N_("out of memory"),
    "forbidden": N_("tried what an exercise may not do"),
    "crashed": N_("crashed"),
    "missing": N_("no file"),
}


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check: whether it passed, and what was wrong, in a sentence."""

    name: str
    passed: bool
    said: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one exercise.

    Attributes:
        verdict: in a word.
        said: why, in a sentence; "" if it is right.
        checks: each check of the lesson.
        layers: what kept it from doing harm (see `confine`).
        printed: what it printed, or the end of it.
    """

    verdict: Verdict
    said: str = ""
    checks: tuple[CheckResult, ...] = ()
    layers: tuple[str, ...] = ()
    printed: str = ""

    @property
    def passed(self) -> int:
        """How many checks passed."""
        return sum(check.passed for check in self.checks)


def judged(
    cases: Sequence[Case],
    notes: list[dict[str, Any]],
    ended: int | None,
    limits: Limits,
    printed: str,
) -> Outcome:
    """What came of an exercise.

    Args:
        cases: what was called.
        notes: what the process noted, none of which is to be trusted.
        ended: its exit code, or None if it had to be ended.
        limits: what it might use.
        printed: what it printed.
    """
    layers: list[Any] = next((n["layers"] for n in notes if isinstance(n.get("layers"), list)), [])
    refused = [str(n["refused"])[:60] for n in notes if "refused" in n]
    answers = {n["call"]: n for n in notes if type(n.get("call")) is int}
    before = answers.get(-1)  # it failed before any call
    said = [_said(answers.get(i, before), case, ended, limits) for i, case in enumerate(cases)]
    checks = []
    for name in dict.fromkeys(case.check for case in cases):
        wrong = [s for s, case in zip(said, cases, strict=True) if case.check == name and s]
        checks.append(CheckResult(name, not wrong, wrong[0] if wrong else ""))
    verdict = _verdict(cases, answers, refused, ended)
    sentence = next((s for s in said if s), "")
    if refused:
        sentence = tr("it tried what an exercise may not do: {what}.").format(what=refused[0])
        if refused[0] == "ctypes.dlopen":  # an import of something that brings its own libraries
            sentence += " " + tr("It may import NumPy and what belongs to Python.")
    if verdict == "right" and any(said):
        verdict = "wrong"
    return Outcome(verdict, sentence, tuple(checks), tuple(map(str, layers)), printed)


def _said(note: dict[str, Any] | None, case: Case, ended: int | None, limits: Limits) -> str:
    """What is wrong with one call; "" for nothing."""
    if note is None:
        if ended is None or _killed(ended) == signal.SIGXCPU:
            said = tr("{function} had not returned after {seconds} seconds.")
            return said.format(function=case.call, seconds=f"{limits.seconds:g}")
        return tr("the process ended before {function} returned.").format(function=case.call)
    if "missing" in note:
        return tr("there is no function {function}.").format(function=case.call)
    if "error" in note:
        return _raised(note, limits)
    try:
        return judge(case, unpack(note.get("value")))
    except Unsendable as error:
        return tr("{function} returned what cannot be read: {why}.").format(
            function=case.call, why=error
        )


def _raised(note: dict[str, Any], limits: Limits) -> str:
    name, text, line = str(note["error"])[:60], str(note.get("said", ""))[:300], note.get("line")
    if name == "NotImplementedError":
        return tr("it is not written yet.")
    if name == "MemoryError":
        said = tr("it asked for more than {size} MB of memory.")
        return said.format(size=limits.memory >> 20)
    if name == "OSError" and text.startswith(f"[Errno {errno.EFBIG}]"):
        said = tr("it printed or wrote more than {size} MB.")
        return said.format(size=limits.file >> 20)
    what = f"{name}: {text}" if text else name
    if type(line) is int:
        return tr("line {line} raised {error}.").format(line=line, error=what.rstrip("."))
    return tr("it raised {error}.").format(error=what.rstrip("."))


def _verdict(
    cases: Sequence[Case], answers: dict[int, dict[str, Any]], refused: list[str], ended: int | None
) -> Verdict:
    errors = [str(note.get("error", "")) for note in answers.values()]
    if refused:
        return "forbidden"
    if "MemoryError" in errors:
        return "memory"
    complete = -1 in answers or all(i in answers for i in range(len(cases)))
    if not complete:
        if ended is None or _killed(ended) == signal.SIGXCPU:
            return "timeout"
        return "crashed"
    if any(errors) and set(errors) - {"", "NotImplementedError"}:
        return "error"
    return "wrong" if any(errors) or any("missing" in n for n in answers.values()) else "right"


def _killed(code: int | None) -> int:
    """The signal that ended it; a process around it says so by a code above 128."""
    if code is None:
        return 0
    return -code if code < 0 else code - 128 if code > 128 else 0

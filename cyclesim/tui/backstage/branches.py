"""The branches of a run as the screen lists them, and one of them to look at this run against.

Both read tensors, so they are jobs of the session's thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from cyclesim.language import tr
from cyclesim.render.summary import entities
from cyclesim.trace import Trace
from cyclesim.trace.answer import brief
from cyclesim.tui.backstage.futures import Future
from cyclesim.tui.backstage.jobs import Desk
from cyclesim.tui.compare.other import Pairing
from cyclesim.tui.messages import Report
from cyclesim.tui.scene import Other

__all__ = [
    "BesideJob",
    "Branches",
    "BranchesJob",
    "Matched",
    "Row",
    "UpdateJob",
    "answer_text",
    "branch_title",
]


@dataclass(frozen=True, slots=True)
class Row:
    """One branch.

    Attributes:
        future: what is known of its descent.
        present: whether it is the one on the screen.
        executed: how many of its cycles have run.
        answer: its answer, or "" where it has not come to one.
        common: how many cycles the present branch and this one have both run.
        first: the first of these that differs; None if none does.
    """

    future: Future
    present: bool
    executed: int
    answer: str
    common: int
    first: int | None


@dataclass(frozen=True, slots=True)
class Branches(Report):
    """All branches; or why they cannot be listed."""

    handler: ClassVar[str] = "branches_listed"

    rows: tuple[Row, ...] = ()
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Matched(Report):
    """Another run matched with this one, as far as both have run."""

    handler: ClassVar[str] = "matched"

    pairing: Pairing
    other: Other


@dataclass(frozen=True, slots=True)
class BranchesJob:
    """List the branches, each compared with the present one."""

    kind: ClassVar[str] = "branches"

    def __call__(self, desk: Desk) -> Report | None:
        rows = []
        for future in desk.futures.listed:
            present = future.place is None
            trace = _trace(desk, future.number)
            pairing = _pairing(desk, future.number)
            if not present:
                pairing.update(desk.given_up)
                if pairing.behind:
                    return None
            answer, other = answer_text(trace), pairing.other
            rows.append(Row(future, present, len(trace), answer, len(other.partners), other.first))
        return Branches(tuple(rows))

    def failed(self, desk: Desk, sentence: str) -> Report | None:
        return Branches(sentence=sentence)


@dataclass(frozen=True, slots=True)
class BesideJob:
    """Match branch `number` with the present one."""

    kind: ClassVar[str] = "beside"

    number: int

    def __call__(self, desk: Desk) -> Report | None:
        return UpdateJob(_pairing(desk, self.number))(desk)

    def failed(self, desk: Desk, sentence: str) -> Report | None:
        return Branches(sentence=sentence)


@dataclass(frozen=True, slots=True)
class UpdateJob:
    """Match what has run since."""

    kind: ClassVar[str] = "beside"

    pairing: Pairing

    def __call__(self, desk: Desk) -> Report | None:
        if self.pairing.ours is not desk.clock.trace:
            return None  # the run has another future by now
        self.pairing.update(desk.given_up)
        return Matched(self.pairing, self.pairing.other)

    def failed(self, desk: Desk, sentence: str) -> Report | None:
        return Branches(sentence=sentence)


def _trace(desk: Desk, number: int) -> Trace:
    place = desk.futures.place(number)
    trace: Trace = desk.clock.trace if place is None else desk.clock.branches[place].trace
    return trace


def _pairing(desk: Desk, number: int) -> Pairing:
    futures = desk.futures
    shared = futures.shared(futures.present, number)
    return Pairing(branch_title(number), desk.clock.trace, _trace(desk, number), same_until=shared)


def branch_title(number: int) -> str:
    """What branch `number` is called beside another run."""
    return tr("branch {number}").format(number=number)


def answer_text(trace: Trace) -> str:
    """The answer of a run in a few words; "" where there is none (yet)."""
    result: Any = trace.result
    if "entities" in result:
        found = entities(result, trace.header.text)
        text = trace.header.text or ""
        named = [f"{text[e['start'] : e['end']]} {e['label']}" for e in found]
        return ", ".join(named) or tr("no name found")
    if "label" in result:
        return f"{result['label']} {float(result.get('score') or 0):.2f}"
    lines = brief(result)
    if len(lines) == 1:
        score = "" if lines[0].score is None else f" {lines[0].score:.2f}"
        return f"{lines[0].word}{score}"
    return ", ".join(f"{line.name} {line.word}" for line in lines)

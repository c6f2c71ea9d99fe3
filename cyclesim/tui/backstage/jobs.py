"""Jobs: work with the model or its tensors that the session's thread does between two cycles.

A job is asked for with `Session.ask`, given a `Desk` with all there is, and answers with a report.
What a job is for lives beside the part of the screen that asks for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from cyclesim.trace import Query, Trace
from cyclesim.tui.messages import Answered, Report

if TYPE_CHECKING:
    from cyclesim.tui.backstage.engine import Engine, Opener
    from cyclesim.tui.backstage.futures import Futures
    from cyclesim.tui.launch import LaunchOptions

__all__ = ["AnswerJob", "Desk", "Job"]


@dataclass(frozen=True, slots=True)
class Desk:
    """What a job can work with, while nothing else runs.

    Attributes:
        options: what the app was asked to open.
        opener: loads another machine.
        engine: what rehearses and makes clocks.
        machine: what runs; a trace where a saved one is shown.
        clock: the clock of the present run.
        plan: its rehearsal.
        text: what it reads, as the engine takes it.
        futures: the branches of the run.
        report: tells the screen something before the job is done.
        given_up: whether something more urgent waits, so that a long job should return None.
        hurried: the same, or cycles are to run: what nobody waits for should make way for them.
    """

    options: LaunchOptions
    opener: Opener
    engine: Engine
    machine: Any
    clock: Any
    plan: Trace | None
    text: Any
    futures: Futures
    report: Callable[[Report], None]
    given_up: Callable[[], bool]
    hurried: Callable[[], bool]


class Job(Protocol):
    """Something to do between two cycles."""

    #: Of each kind only the newest waits.
    kind: ClassVar[str]

    def __call__(self, desk: Desk) -> Report | None:
        """Do it; the report goes to the screen."""

    def failed(self, desk: Desk, sentence: str) -> Report | None:
        """What to report if it raised."""


@dataclass(frozen=True, slots=True)
class AnswerJob:
    """Which cycles make `query` true, among those that ran."""

    kind: ClassVar[str] = "answer"

    query: Query

    def __call__(self, desk: Desk) -> Report | None:
        trace, executed = desk.clock.trace, desk.clock.executed
        self.query.check(trace)
        found: list[int] = []
        for cycle in trace.cycles[:executed]:
            if desk.given_up():
                return None
            if self.query(cycle, trace):
                found.append(cycle.number)
        return Answered(self.query, trace, executed, tuple(found))

    def failed(self, desk: Desk, sentence: str) -> Report | None:
        return Answered(self.query, desk.clock.trace, desk.clock.executed, (), sentence)

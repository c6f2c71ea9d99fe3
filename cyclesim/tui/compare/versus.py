"""The other run of a comparison: what it can be, and the job that makes it and compares.

A second run never touches the first: it has a clock of its own, and a machine of its own where
another attention implementation or another model is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any, ClassVar, Literal

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.trace import Trace
from cyclesim.tui.backstage.branches import branch_title
from cyclesim.tui.backstage.jobs import Desk
from cyclesim.tui.compare.alignment import Comparison, compare_runs
from cyclesim.tui.launch import LaunchOptions
from cyclesim.tui.messages import Report

__all__ = [
    "Against", "CompareJob", "Compared", "NotCompared", "Offered", "Postponed", "Preparing",
    "WaysJob",
]  # fmt: skip

#: What the other run is: see `Against`.
Way = Literal["attention", "text", "model", "unedited", "branch", "file", "again"]
#: Seconds between two lines of progress.
OFTEN = 0.1
_OTHER = {"eager": "sdpa", "sdpa": "eager"}


@dataclass(frozen=True, slots=True)
class Against:
    """What to put beside this run.

    Attributes:
        way: the same text with another `attention`; another `text`; another `model`; this run
            `unedited`; another `branch` of it; a saved `file`; or the other run of the last
            comparison `again`.
        value: the attention implementation, text, model, number of the branch, or path.
        label: what it is called.
        last: the comparison to bring up to date, for `again`.
    """

    way: Way
    value: str = ""
    label: str = ""
    last: Comparison | None = None

    @property
    def asked(self) -> bool:
        """Whether a person has yet to say which."""
        return self.way in ("text", "model", "file") and not self.value


def ways(desk: Desk, last: Comparison | None) -> Iterator[Against]:
    """What the present run can be compared with."""
    trace: Trace = desk.clock.trace
    if last is not None and last.ours is trace:
        yield Against("again", label=last.title, last=last)
    if not desk.engine.live:
        yield Against("file")
        return
    attention = _OTHER.get(trace.header.attention)
    if attention is not None:
        yield Against("attention", attention)
    yield Against("text")
    yield Against("model")
    if any(cycle.edited for cycle in trace.cycles):
        yield Against("unedited")
    for future in desk.futures.listed:
        if future.place is not None:
            ran = len(desk.clock.branches[future.place].trace)
            said = tr("{count} cycles ran").format(count=ran)
            yield Against("branch", str(future.number), ", ".join((*future.notes, said)))
    yield Against("file")


# -- reports -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Offered(Report):
    """What there is to compare with."""

    handler: ClassVar[str] = "compare_offered"

    choices: tuple[Against, ...]


@dataclass(frozen=True, slots=True)
class Preparing(Report):
    """What is going on, while the other run is made."""

    handler: ClassVar[str] = "compare_progressed"

    text: str


@dataclass(frozen=True, slots=True)
class Compared(Report):
    """The two runs have been compared."""

    handler: ClassVar[str] = "compared"

    comparison: Comparison


@dataclass(frozen=True, slots=True)
class NotCompared(Report):
    """Why they could not be, in one sentence."""

    handler: ClassVar[str] = "compare_failed"

    sentence: str


@dataclass(frozen=True, slots=True)
class Postponed(Report):
    """Something more urgent came in between: ask again."""

    handler: ClassVar[str] = "compare_postponed"

    job: CompareJob


# -- the job -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WaysJob:
    """Say what the present run can be compared with; `last` is the last comparison."""

    kind: ClassVar[str] = "ways"

    last: Comparison | None

    def __call__(self, desk: Desk) -> Report | None:
        return Offered(tuple(ways(desk, self.last)))

    def failed(self, desk: Desk, sentence: str) -> Report | None:
        return NotCompared(sentence)


class _GivenUp(BaseException):
    """Unwind. Not an `Exception`, so that no loader swallows it."""


@dataclass(slots=True)
class CompareJob:
    """Make the other run, to its end, and compare.

    Attributes:
        against: what it is.
        cancelled: set by the screen when nobody waits for it any more.
    """

    kind: ClassVar[str] = "compare"

    against: Against
    cancelled: Event = field(default_factory=Event)
    #: The other run and what it is called, once it is made.
    _made: tuple[str, Trace] | None = None

    def __call__(self, desk: Desk) -> Report | None:
        def given_up() -> bool:
            return desk.given_up() or self.cancelled.is_set()

        try:
            if self._made is None:
                self._made = self._make(desk, given_up)
            title, theirs = self._made
            desk.report(Preparing(tr("comparing")))
            found = compare_runs(title, desk.clock.trace, theirs, given_up=given_up)
        except _GivenUp:
            found = None
        if found is not None:
            return Compared(found)
        return None if self.cancelled.is_set() else Postponed(self)

    def failed(self, desk: Desk, sentence: str) -> Report | None:
        return NotCompared(sentence)

    def _make(self, desk: Desk, given_up: Callable[[], bool]) -> tuple[str, Trace]:
        way, value, last = self.against.way, self.against.value, self.against.last
        if last is not None:
            return last.title, last.theirs
        if way == "file":
            from cyclesim.trace import open_trace

            return Path(value).name, open_trace(Path(value).expanduser())
        if way == "branch":
            place = desk.futures.place(int(value))
            if place is None:
                raise CyclesimError(tr("Branch {number} is the present one.").format(number=value))
            return branch_title(int(value)), desk.clock.branches[place].trace

        def say(text: str) -> None:
            if given_up():
                raise _GivenUp
            desk.report(Preparing(text))

        machine, options, title = desk.machine, desk.options, tr("without the edits")
        if way == "attention":
            from cyclesim.machine.variant import with_attention

            say(tr("preparing {attention} attention").format(attention=value))
            machine, title = with_attention(machine, value), value
        elif way == "model":
            machine, title = desk.opener(_options(desk, value), say), value
        elif way == "text":
            options, title = options.saying(value), value
        return title, _run(desk, machine, options, say)


def _options(desk: Desk, model: str) -> Any:
    """To load `model` as this machine was loaded. That one was trusted says nothing of another."""
    attention = desk.clock.trace.header.attention or "eager"
    return replace(
        desk.options, model=model, task=None, attention=attention,
        trust_remote_code=False, random_init=False,
    )  # fmt: skip


def _run(desk: Desk, machine: Any, options: LaunchOptions, say: Callable[[str], None]) -> Trace:
    """A run of its own, to its end; of a training step no weights are left."""
    assert desk.plan is not None
    training = options.training and replace(options.training, keep_update=False)
    clock = desk.engine.clock(machine, options.given, desk.plan, training)
    told = 0.0
    try:
        while not clock.finished and (cycle := clock.step()) is not None:
            _ = cycle.has_nan  # the strip marks NaNs: summarise here, not while painting
            if desk.given_up() or monotonic() - told >= OFTEN:
                told = monotonic()
                said = tr("running the other: cycle {number}, {label}")
                say(said.format(number=cycle.number, label=cycle.label))
        trace: Trace = clock.trace
        return trace
    finally:
        clock.close()

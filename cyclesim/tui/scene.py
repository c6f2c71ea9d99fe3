"""Everything the views read: one trace, one current cycle, one plan of what will come.

A `Scene` is made anew for every repaint and never changes, so no view can show another moment than
its neighbour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from cyclesim.trace import Cycle, Group, Resolution, Trace, Verdict
from cyclesim.tui.backstage.measures import Measures

__all__ = ["Marks", "Other", "Scene", "State"]

State = Literal["done", "now", "waiting"]


@dataclass(frozen=True, slots=True)
class Marks:
    """What a person has put on the run.

    Attributes:
        stops: cycles where a breakpoint is known to stop.
        edited: cycles whose output was changed.
        bookmarks: the cycle that each digit leads to.
    """

    stops: frozenset[int] = frozenset()
    edited: tuple[int, ...] = ()
    bookmarks: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Other:
    """Another run that this one is looked at against: a branch, another setting, another text.

    Attributes:
        title: what it is, in a few words.
        trace: the run.
        partners: number of the same cycle in `trace`, for each of ours that has one.
        first: number of the first of our cycles that differs, or None.
    """

    title: str
    trace: Trace
    partners: Mapping[int, int]
    first: int | None = None

    def partner(self, number: int) -> Cycle | None:
        """The same cycle in the other run, if it has one."""
        there = self.partners.get(number)
        return None if there is None or there >= len(self.trace) else self.trace.cycles[there]


@dataclass(frozen=True, slots=True)
class Scene:
    """One moment of one run.

    Attributes:
        plan: the rehearsal: all cycles, without tensors, with full-speed times.
        trace: what has run.
        executed: how many cycles of `trace` count (it may be growing).
        at: the cycle being looked at; None before the first.
        ended: nothing more will run.
        resolution: how far one step goes.
        playing: the clock ticks by itself.
        running: cycles are running right now.
        failure: why the run broke off, or "".
        speeds: median time of each cycle at full speed, nanoseconds; empty if not known.
        marks: breakpoints and edits.
        branch: which future of the run this is; 1 is the first.
        saved: it is a saved trace: nothing can run.
        other: a run to look at this one against, or None.
        following: whether the view goes along with the run.
        measures: what was measured and asked beside the run.
    """

    plan: Trace
    trace: Trace
    executed: int = 0
    at: int | None = None
    ended: bool = False
    resolution: Resolution = "step"
    playing: bool = False
    running: bool = False
    failure: str = ""
    speeds: tuple[int, ...] = ()
    marks: Marks = Marks()
    branch: int = 1
    saved: bool = False
    other: Other | None = None
    following: bool = True
    measures: Measures = field(default_factory=Measures)

    @property
    def total(self) -> int:
        """How many cycles the run has, as far as is known."""
        if self.ended and not self.failure:
            return self.executed
        return max(len(self.plan), self.executed)

    @property
    def last(self) -> int:
        """Number of the last cycle that ran; -1 if none has."""
        return self.executed - 1

    @property
    def current(self) -> Cycle | None:
        """The cycle being looked at, with its tensors."""
        return None if self.at is None else self.trace.cycles[self.at]

    @property
    def looking_back(self) -> bool:
        """Whether later cycles of a live run than the current one have run."""
        return not self.saved and self.at is not None and self.at < self.last

    @property
    def coming(self) -> Cycle | None:
        """The next cycle after the current one: recorded if it ran, else as planned."""
        number = 0 if self.at is None else self.at + 1
        return self.cycle(number) if number < self.total else None

    @property
    def verdict(self) -> Verdict:
        return self.trace.verdict

    def cycle(self, number: int) -> Cycle:
        """Cycle `number`: as it ran, or as the rehearsal says it will."""
        if number < self.executed:
            return self.trace.cycles[number]
        return self.plan.cycles[number]

    def run_of(self, number: int) -> Trace:
        """The trace that `cycle` takes cycle `number` from."""
        return self.trace if number < self.executed else self.plan

    @property
    def steps(self) -> set[str]:
        """Names of all steps: in a condition they stand for themselves."""
        return {c.step for c in self.plan.cycles} | {c.step for c in self.trace.cycles}

    def state(self, first: int, last: int | None = None) -> State:
        """Whether the cycles from `first` to `last` have run, are where we look, or are to come."""
        last = first if last is None else last
        if self.at is not None and first <= self.at <= last:
            return "now"
        if first < self.executed:
            return "done"
        return "waiting"

    def readers(self, number: int) -> tuple[int, ...]:
        """Which cycles read what `number` wrote, or will."""
        trace = self.plan if number < len(self.plan) else self.trace
        return trace.consumers(number) if number < len(trace) else ()

    def full_speed(self, number: int) -> int | None:
        """Median time of cycle `number` in unpaused runs, nanoseconds."""
        return self.speeds[number] if number < len(self.speeds) else None

    def groups(self, resolution: Resolution) -> list[Group]:
        """The ticks of a clock at `resolution` over the whole run."""
        return (self.trace if self.ended else self.plan).groups(resolution)

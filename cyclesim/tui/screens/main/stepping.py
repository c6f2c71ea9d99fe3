"""Stepping like a debugger: in, over, out, and to a cycle that is named by a condition.

Where a step ends is known beforehand, from the module calls of the plan; what is asked for is a
number like any other. Only a condition on the tensors or times of cycles to come has to be run for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cyclesim.language import tr
from cyclesim.trace import Query, Trace
from cyclesim.tui.backstage.jobs import Desk
from cyclesim.tui.backstage.stops import foreseen
from cyclesim.tui.messages import Report
from cyclesim.tui.scene import Scene
from cyclesim.tui.screens.dialogs.line import GotoDialog
from cyclesim.tui.screens.main.running import ASKED, Running

__all__ = ["SeekJob", "Sought", "Stepping", "last_inside"]


def last_inside(scene: Scene, front: int) -> int:
    """The last cycle before the module that cycle `front` ran in is left.

    A leaf (`query`, `LayerNorm`) is left together with its parent; a module that has already
    returned, together with the one around it. `Clock.step_out` goes there too.
    """
    number, end = front + 1, scene.total - 1
    if number > end:
        return end
    owners = [] if front < 0 else [call for call in scene.cycle(front).stack if not call.leaf]
    while owners and owners[-1] not in scene.cycle(number).stack:
        owners.pop()
    while number < end:
        stack = scene.cycle(number + 1).stack
        if (owners[-1] not in stack) if owners else bool(stack):
            break
        number += 1
    return number


@dataclass(frozen=True, slots=True)
class Sought(Report):
    """The next cycle that has run and makes `query` true.

    Attributes:
        number: None if there is none.
        again: it is not a later one: the search began anew at the start.
        sentence: why nobody can know, or "".
    """

    handler: ClassVar[str] = "sought"

    query: Query
    trace: Trace
    number: int | None = None
    again: bool = False
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class SeekJob:
    """Look for the next cycle after `after` that makes `query` true, among those that ran."""

    kind: ClassVar[str] = "seek"

    query: Query
    after: int

    def __call__(self, desk: Desk) -> Report | None:
        trace = desk.clock.trace
        self.query.check(trace)
        later = trace.cycles[self.after + 1 :]
        # What is still to run comes before beginning anew.
        earlier = trace.cycles[: self.after + 1] if desk.clock.finished else []
        for cycle in (*later, *earlier):
            if desk.given_up():
                return None
            if self.query(cycle, trace):
                return Sought(self.query, trace, cycle.number, cycle.number <= self.after)
        return Sought(self.query, trace)

    def failed(self, desk: Desk, sentence: str) -> Report | None:
        return Sought(self.query, desk.clock.trace, sentence=sentence)


class Stepping(Running):
    """`i`, `v`, `u` and `g`."""

    def _may_step(self) -> bool:
        """Whether another step may be asked for: none is saved up while the model is busy."""
        return self._ready and not self._behind

    def action_step_in(self) -> None:
        """Run one cycle, whatever the clock's resolution."""
        if self._may_step():
            self._go(self._front() + 1)

    def action_step_over(self) -> None:
        """Run the next module, or the rest of this one, to its end."""
        if self._may_step():
            _, last = self._group_of(self._front() + 1, "module")
            self._go(last)

    def action_step_out(self) -> None:
        """Run until the module that the current cycle ran in is left."""
        if not self._may_step() or self._scene is None:
            return
        front = self._front()
        last = last_inside(self._scene, front)
        self._go(last if last > front else front + 1)

    # -- to a number or a condition ----------------------------------------------------------

    def action_goto(self) -> None:
        """Ask where to go, and go there."""
        if not self._ready or self._scene is None:
            return
        self._stop()
        scene = self._scene

        def answered(where: int | Query | None) -> None:
            if isinstance(where, int):
                self._jump(where)
            elif where is not None:
                self._seek(where)

        self.app.push_screen(GotoDialog(scene.total - 1, scene.executed, scene.steps), answered)

    def _seek(self, query: Query) -> None:
        """Go to the next cycle that makes `query` true."""
        scene, at = self._scene, -1 if self._at is None else self._at
        assert scene is not None
        if not foreseen(query):
            self.tell(tr("Looking for {condition}…").format(condition=query.text))
            self.session.ask(SeekJob(query, at))
            return
        found = [n for n in range(scene.total) if query(scene.cycle(n), scene.run_of(n))]
        later = next((n for n in found if n > at), None)
        self._arrive(query, found[0] if later is None and found else later, later is None)

    def sought(self, report: Sought) -> None:
        """What has run was searched: go there, or run until there is one."""
        if report.trace is not self._trace:
            return
        if report.sentence:
            self.tell(report.sentence, bad=True)
        elif report.number is not None or self._ended:
            self._arrive(report.query, report.number, report.again)
        else:
            self._following, self._sought = True, report.query.text
            self.session.run_until(report.query)
            self._stale(ASKED)

    def _arrive(self, query: Query, number: int | None, again: bool) -> None:
        condition = query.text.strip()
        if number is None:
            said = tr("No cycle of this run makes it true: {condition}")
            self.tell(said.format(condition=condition))
        else:
            said = tr("No later cycle makes it true; this is the first one that does: {condition}")
            self._jump(number, said.format(condition=condition) if again else "")

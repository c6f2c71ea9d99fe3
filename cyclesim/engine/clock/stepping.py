"""Stepping through a run: how far a live clock goes, and where it looks.

What has run is stepped through by moving a position; what has not, by letting the worker run until
one of two conditions is true (see `session`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from cyclesim.engine.clock.branches import Owner
from cyclesim.engine.clock.breakpoints import Breakpoint, Breakpoints, Condition, condition
from cyclesim.engine.clock.session import Place, Session, Upcoming
from cyclesim.engine.running.timing import Stopwatch
from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.trace import Cycle, Resolution, Trace
from cyclesim.trace.groups import group_key

__all__ = ["Stepping"]


class Stepping:
    """The part of a `Clock` that goes forward and looks back.

    Attributes:
        plan: a rehearsal of the same run, if one was given.
        breakpoints: where `resume`, `tick`, `step_over`, `step_out` and `run_to` stop early.
        stopped_at: the breakpoint that ended the last of these, or None.
    """

    def __init__(self, owner: Owner, plan: Trace | None) -> None:
        self._owner = owner
        self._position: int | None = None
        self.plan = plan
        self.breakpoints = Breakpoints()
        self.stopped_at: Breakpoint | None = None

    # -- where it stands ---------------------------------------------------------------------

    @property
    def trace(self) -> Trace:
        """What has run: it grows with every cycle and is complete when `finished`."""
        return self._session.run.trace

    @property
    def executed(self) -> int:
        """How many cycles have run."""
        return len(self.trace.cycles)

    @property
    def position(self) -> int | None:
        """Number of the cycle that is looked at; None before the first."""
        return self._position

    @property
    def current(self) -> Cycle | None:
        """The cycle that is looked at."""
        return None if self._position is None else self.trace.cycles[self._position]

    @property
    def finished(self) -> bool:
        """Whether the run has ended: verdict, times and result are in the trace."""
        return self.trace.complete

    @property
    def looking_back(self) -> bool:
        """Whether `position` is before the last executed cycle."""
        return self._position is not None and self._position < self.executed - 1

    @property
    def stopwatch(self) -> Stopwatch:
        """Time of the model's forward in this run, and apart from it how long it has waited."""
        return self._session.run.stopwatch

    # -- forward -----------------------------------------------------------------------------

    def step(self, n: int = 1) -> Cycle | None:
        """Go `n` cycles on: through recorded ones when looking back, then by running.

        Returns the cycle arrived at, or None if there was none left.
        """
        arrived: Cycle | None = None
        for _ in range(n):
            before = self.executed
            if self._position is not None and self._position < before - 1:
                self._position += 1
            else:
                self._go(after=_always)
                if self.executed == before:
                    return None
            arrived = self.current
        return arrived

    def tick(self, resolution: Resolution = "step") -> Cycle | None:
        """Go to the end of the next tick of a clock: a token, a layer, a module, a step."""
        if resolution == "step":
            return self.step()
        if self.looking_back and self._position is not None:
            key = group_key(self.trace.cycles[self._position + 1], resolution)
            while self.looking_back:
                if group_key(self.trace.cycles[self._position + 1], resolution) != key:
                    return self.current
                self._position += 1
            return self.current  # what comes next has not run; the next tick runs it
        before = self.executed
        started: list[tuple[object, ...]] = []

        def first(cycle: Cycle) -> bool:
            started.append(group_key(cycle, resolution))
            return False

        def left(place: Place) -> bool:
            return bool(started) and _key(place, resolution) != started[0]

        self._go(after=first, before=left)
        return self.current if self.executed > before else None

    def step_over(self) -> Cycle | None:
        """Run the next submodule (or the rest of this one) as one tick."""
        return self.tick("module")

    def step_out(self) -> Cycle | None:
        """Run until the module that the current cycle ran in has returned.

        A leaf (`query`, `LayerNorm`) is left together with its parent.
        """
        current = self.current
        stack = current.stack if current is not None else ()
        owners = [c for c in stack if not c.leaf]
        if self.looking_back and self._position is not None:
            while self.looking_back:
                following = self.trace.cycles[self._position + 1]
                if not owners or owners[-1] not in following.stack:
                    break
                self._position += 1
            if self.current is not current:
                return self.current
            return self.step()
        before = self.executed
        ran: list[Cycle] = []

        def left(place: Place) -> bool:
            while owners and not ran and owners[-1] not in place.stack:
                owners.pop()  # that one had already returned: leave the one around it
            return bool(ran) and (owners[-1] not in place.stack if owners else bool(place.stack))

        def note(cycle: Cycle) -> bool:
            ran.append(cycle)
            return False

        self._go(after=note, before=left)
        return self.current if self.executed > before else None

    def run_to(self, where: Condition) -> Cycle | None:
        """Run until a cycle has run that makes `where` true.

        Args:
            where: a cycle number, an expression such as `"softmax and layer 3 and max > 0.9"`, or
                a function of a cycle. Only cycles that have not run yet are asked.

        Returns:
            The cycle, or None if the run ended, or stopped at a breakpoint, without it.

        Raises:
            QueryError: the expression is wrong; the message points at the word.
        """
        if isinstance(where, int) and 0 <= where < self.executed:
            return self.goto(where)
        matches = self._condition(where)
        found: list[Cycle] = []

        def ask(cycle: Cycle) -> bool:
            if matches(cycle):
                found.append(cycle)
            return bool(found)

        self._go(after=ask)
        return found[0] if found else None

    def resume(self) -> Cycle | None:
        """Run until a breakpoint stops the run; None if none did."""
        self._go(after=lambda _: False)
        return self.current if self.stopped_at is not None else None

    def add_breakpoint(self, where: Condition) -> Breakpoint:
        """Stop whenever a cycle has run that makes `where` true (see `run_to`).

        Example:
            >>> with cyclesim.Clock(machine, text) as clock:
            ...     stop = clock.add_breakpoint("softmax and layer 2")
            ...     cycle = clock.resume()
            ...     cycle.step, cycle.layer, clock.stopped_at is stop
            ('softmax', 2, True)
        """
        return self.breakpoints.add(where, self._condition(where))

    def finish(self) -> Trace:
        """Run to the end, whatever breakpoints there are, and return the complete trace."""
        self._go()
        return self.trace

    def __iter__(self) -> Iterator[Cycle]:
        """Step to the end, handing out each cycle."""
        while (cycle := self.step()) is not None:
            yield cycle

    # -- looking -----------------------------------------------------------------------------

    def back(self, n: int = 1) -> Cycle | None:
        """Look `n` cycles back (not before the first). Nothing runs, nothing is lost."""
        if self._position is not None:
            self._position = max(0, self._position - n)
        return self.current

    def goto(self, number: int) -> Cycle | None:
        """Look at cycle `number`; if it has not run yet, run up to it.

        Raises:
            CyclesimError: the run has ended and has no such cycle.
        """
        if number < 0 or (self.finished and number >= self.executed):
            said = tr("there is no cycle {number}: this run has cycles 0 to {last}.")
            raise CyclesimError(said.format(number=number, last=self.executed - 1))
        if number >= self.executed:
            cycle = self.run_to(number)
            if cycle is None:
                return self.goto(number)  # it ended before: say so
            return cycle
        self._position = number
        return self.current

    def _go(
        self,
        *,
        after: Callable[[Cycle], bool] | None = None,
        before: Upcoming | None = None,
        breaks: bool = True,
    ) -> None:
        if self.finished:
            return
        self._open()
        if self._session.rendezvous.ended:
            raise CyclesimError(
                tr("this run was cancelled or failed: make a new clock to run again.")
            )
        self.stopped_at = None

        def stop(cycle: Cycle) -> bool:
            self.stopped_at = self.breakpoints.hit(cycle) if breaks else None
            wanted = after is not None and after(cycle)
            return wanted or self.stopped_at is not None

        try:
            self._session.go(None if after is None else stop, before)
        finally:
            if self.executed:
                self._position = self.executed - 1

    def _condition(self, where: Condition) -> Callable[[Cycle], bool]:
        known = (*self.trace.cycles, *(self.plan.cycles if self.plan else ()))
        return condition(where, lambda: self.trace, lambda: {c.step for c in known})

    def _open(self) -> None:
        """Make sure that the run may go on."""
        raise NotImplementedError

    @property
    def _session(self) -> Session:
        return self._owner.session


def _always(cycle: Cycle) -> bool:
    return True


def _key(place: Place, resolution: Resolution) -> tuple[object, ...]:
    """The group that a cycle to come will belong to, as far as its place tells."""
    unit: Any = place.unit or "other"
    cycle = Cycle(0, unit, "", "", 1, "", phase=place.phase, stack=place.stack, layer=place.layer)
    cycle.token = place.token
    return group_key(cycle, resolution)

"""The live clock: the model runs in a worker thread and really waits between cycles.

    with cyclesim.Clock(machine, text) as clock:
        clock.step()                                   # one cycle
        clock.run_to(lambda c: c.step == "softmax")    # runs until that cycle has run
        clock.current.outputs[0].numpy()
        clock.back()                                   # look back: nothing runs
        clock.finish()

Nothing executes before it is asked for. The worker pauses right after a cycle has run, before its
output is handed on; a coarser tick pauses right before the first cycle of the next group.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from cyclesim.engine.breakpoints import Breakpoint, Breakpoints, Condition, condition
from cyclesim.engine.data import TorchData
from cyclesim.engine.edits import Edit, apply
from cyclesim.engine.increments import GrownData
from cyclesim.engine.run import new_run
from cyclesim.engine.session import Place, Session, Upcoming
from cyclesim.engine.timing import Stopwatch
from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.machine import Machine, Training
from cyclesim.trace import Cycle, Resolution, Trace, Value
from cyclesim.trace.groups import group_key

__all__ = ["Branch", "Clock"]


class Clock:
    """Steps one run of `machine`.

    Args:
        machine: from `cyclesim.load`, or any `torch.nn.Module`.
        text: what to run it on.
        inputs: tensors instead of a text (see `cyclesim.trace`).
        tokenizer: for a bare Hugging Face model that is given text.
        train: make it a training step (see `cyclesim.Training`); pausing, edits and rewinding work
            in backward and update too.
        measure: repeat the run at full speed when it has ended, for the times.
        plan: a rehearsal of the same run, for views that show what will come.
        memory: bytes of tensors to keep in memory; beyond it the oldest go to a temporary file.

    Attributes:
        plan: the rehearsal that was given, if any.
        branches: futures that were left behind by `rewind` or `edit`, oldest first.
        breakpoints: where `resume`, `tick`, `step_over`, `step_out` and `run_to` stop early.
        stopped_at: the breakpoint that ended the last of these, or None.

    Use it as a context manager, or call `close`: a clock that is dropped stops its run as well,
    leaving no thread and no hook.
    """

    def __init__(
        self,
        machine: Machine | torch.nn.Module,
        text: Any = None,
        *,
        inputs: Any = None,
        tokenizer: Any = None,
        train: Training | bool | None = None,
        measure: bool = True,
        plan: Trace | None = None,
        memory: int | None = None,
    ) -> None:
        run = new_run(
            machine, text, inputs, train, tokenizer=tokenizer, memory=memory, resumable=True
        )
        self._owner = _Owner(Session(run, measure))
        self._position: int | None = None
        self.plan = plan
        self.branches: list[Branch] = []
        self.breakpoints = Breakpoints()
        self.stopped_at: Breakpoint | None = None
        # The sessions know nothing of the clock, so a forgotten clock can be collected.
        self._finalizer = weakref.finalize(self, self._owner.stop)

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
            if self.looking_back and self._position is not None:
                self._position += 1
                arrived = self.current
                continue
            before = self.executed
            self._go(after=lambda _: True)
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

    # -- changing the run --------------------------------------------------------------------

    def rewind(self, number: int, branch: Branch | None = None) -> Cycle | None:
        """Stand right after cycle `number` again, with everything after it yet to run.

        What ran up to there is handed back from the record, so no kernel runs again. The future
        that is left behind is kept in `branches`.

        Args:
            number: a cycle that has run.
            branch: go back into this earlier future instead of the present one.

        Raises:
            CyclesimError: that cycle has not run.

        Example:
            >>> with cyclesim.Clock(machine, text) as clock:
            ...     trace = clock.finish()
            ...     cycle = clock.rewind(20)
            ...     clock.executed, clock.branches[0].trace is trace
            ...     cyclesim.diff(clock.finish(), trace).equal
            (21, True)
            True
        """
        source = self._session if branch is None else branch.session
        executed = len(source.run.trace.cycles)
        if not 0 <= number < executed:
            said = tr("cycle {number} has not run: cycles 0 to {last} can be rewound to.")
            raise CyclesimError(said.format(number=number, last=executed - 1))
        self._resume(source, number)
        return self.current

    def _resume(
        self, source: Session, number: int, edit: Mapping[int, torch.Tensor] | None = None
    ) -> None:
        """Stand after cycle `number` of `source`; with `edit`, it has written these instead."""
        self._open()
        left = self._session
        self._owner.stop()
        self.branches.append(Branch(len(self.branches), number, left.run.trace, left))
        self._owner.session = source.resumed(number, edit)
        left.run.shelve()
        self._go(after=lambda c: c.number == number, breaks=False)

    def edit(self, new: Edit, *, index: Any = None, output: int = 0, branch: bool = False) -> Cycle:
        """Change what the current cycle wrote; the run goes on from the changed numbers.

        Looking back, the run is first rewound to the cycle that is looked at.

        Args:
            new: a tensor, an array, a number, or a function `(tensor, cycle) -> tensor` such as
                those of `cyclesim.edits`.
            index: the slice to change; the whole tensor otherwise.
            output: which output, where the cycle has several.
            branch: keep the unedited run in `branches` even if nothing has run after the cycle.

        Raises:
            CyclesimError: nothing has run yet, or shape, type or device do not fit.

        Example:
            >>> with cyclesim.Clock(machine, text) as clock:
            ...     cycle = clock.run_to("layer 1 and softmax")
            ...     cycle = clock.edit(cyclesim.edits.zero_head(2))
            ...     print(clock.finish().verdict)
            edited at ...
        """
        number = self._position
        if number is None:
            raise CyclesimError(tr("nothing has run yet: step to a cycle first, then edit it."))
        cycle = self.trace.cycles[number]
        if not 0 <= output < len(cycle.outputs):
            said = tr("cycle {number} has {count} output(s), from 0.")
            raise CyclesimError(said.format(number=number, count=len(cycle.outputs)))
        run = self._session.run
        rewrite, again = run.builder.rewrites.get(number), run.must_run_again(cycle)
        if run.is_host(cycle) and rewrite is None and not again:
            said = tr(
                "cycle {number} ({step}) is a step outside the model: edit a cycle of the model, "
                "or run another text."
            )
            raise CyclesimError(said.format(number=number, step=cycle.step))
        tensors = [_tensor(v) for v in cycle.outputs]
        tensors[output] = apply(new, tensors[output], cycle, index)  # before anything is undone
        if rewrite is not None:
            rewrite(tuple(tensors))  # says what is wrong with them, if anything is
        if again:
            self._resume(self._session, number, {output: tensors[output]})
            return self.trace.cycles[number]
        if branch or self.looking_back or not self._session.can_edit:
            self.rewind(number)
        self._session.replace(tensors)
        return self.trace.cycles[number]

    # -- ending ------------------------------------------------------------------------------

    def cancel(self) -> None:
        """Stop the run at the next pause point. May be called from any thread; does not wait."""
        self._session.rendezvous.cancel()

    def close(self) -> None:
        """Stop the run and wait until its thread and hooks are gone. The trace stays."""
        self._finalizer()

    def __enter__(self) -> Clock:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

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
        if not self._finalizer.alive:
            raise CyclesimError(tr("this clock is closed: make a new one to run again."))

    @property
    def _session(self) -> Session:
        return self._owner.session


@dataclass(frozen=True, slots=True)
class Branch:
    """A future that was left behind.

    Attributes:
        number: its place in `Clock.branches`.
        at: the cycle that was rewound to.
        trace: what had run when it was left.
    """

    number: int
    at: int
    trace: Trace
    session: Session = field(repr=False)


class _Owner:
    """Holds the session that runs at present, for the clock and for its finalizer."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def stop(self) -> None:
        self.session.stop()


def _tensor(value: Value) -> torch.Tensor:
    if isinstance(value.data, (TorchData, GrownData)):
        return value.data.tensor
    said = tr("the values of {name!r} were not kept, so they cannot be edited.")
    raise CyclesimError(said.format(name=value.name))


def _key(place: Place, resolution: Resolution) -> tuple[object, ...]:
    """The group that a cycle to come will belong to, as far as its place tells."""
    unit: Any = place.unit or "other"
    cycle = Cycle(0, unit, "", "", 1, "", phase=place.phase, stack=place.stack, layer=place.layer)
    cycle.token = place.token
    return group_key(cycle, resolution)

"""The engine's side of the app: one thread that loads, rehearses, and runs cycles when told to.

The screen states a wish and never waits: *have run up to cycle k* (`run_to`), *run until this is
true* (`run_until`), *stop where you are* (`hold`), *start again* (`restart`), *open another*
(`reopen`), *end* (`close`). The wish is one number, not a queue of commands, so a key held down can
never pile up work: the thread runs towards the newest wish and reports where it is at most every
`REPORT_EVERY` seconds, and always when it arrives. What changes the run (`rewind`, `edit`, `undo`,
`switch`) and other work with the model or its tensors (`ask`, see `jobs`) is done between two
cycles. Another machine is loaded beside the present one, which stays until the other is ready.

One thread of our own, and not one of asyncio's pool: those stay alive, idle, after their work is
done; this one is gone when `join` says so.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from time import monotonic, sleep
from typing import Any

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.trace import Query, Trace
from cyclesim.tui.backstage import forks
from cyclesim.tui.backstage.edits import EditWish
from cyclesim.tui.backstage.engine import Engine, Opener
from cyclesim.tui.backstage.forks import Fork
from cyclesim.tui.backstage.futures import Futures
from cyclesim.tui.backstage.jobs import Desk, Job
from cyclesim.tui.backstage.stops import Stop, Stops
from cyclesim.tui.launch import LaunchOptions
from cyclesim.tui.messages import Changed, Failed, Loading, Moved, Opened, Report

__all__ = ["END", "Session", "sentence_of"]

#: A number that no cycle has: `run_to(END)` runs to the end.
END = 10**9

#: Seconds between two reports while many cycles run in a row.
REPORT_EVERY = 0.04

#: Seconds that painting a line of progress may take.
SETTLE = 0.1


class _Closed(BaseException):
    """The app is leaving: unwind. Not an `Exception`, so that no loader swallows it."""


class Session:
    """Owns the machine, the plan and the clock; runs in its own thread.

    Args:
        options: what to open.
        report: called from the thread with each report; must not block.
        opener: loads the machine.
        engine: rehearses, makes clocks, edits.

    Attributes:
        stops: the breakpoints, which outlive a clock.
    """

    def __init__(
        self,
        options: LaunchOptions,
        report: Callable[[Report], None],
        *,
        opener: Opener,
        engine: Engine,
    ) -> None:
        self._options = options
        self._report = report
        self._opener = opener
        self._engine = engine
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="cyclesim-session", daemon=True)
        self._machine: Any = None
        self._clock: Any = None
        self._next: LaunchOptions | None = None
        self.stops = Stops()
        self._futures = Futures()
        self._changes: deque[Fork] = deque()
        self._jobs: dict[str, Job] = {}
        self._through = False
        self._target = -1
        self._most = END
        self._plan: Trace | None = None
        self._ended = False
        self._closing = False
        self._busy_since: float | None = None

    # -- the screen's side -------------------------------------------------------------------

    @property
    def options(self) -> LaunchOptions:
        """What the present run was opened with."""
        return self._options

    @property
    def text(self) -> str:
        """The text of the present run."""
        return self._options.text

    @property
    def given(self) -> Any:
        """All that the present run reads, as the engine takes it."""
        return self._options.given

    @property
    def target(self) -> int:
        """Number of the cycle it was last asked to have run; -1 for none."""
        return self._target

    @property
    def opened(self) -> bool:
        """Whether a run has been opened; until then, nothing that is under way need be ended."""
        return self._clock is not None

    @property
    def executed(self) -> int:
        """How many cycles have run."""
        clock = self._clock
        return 0 if clock is None else clock.executed

    @property
    def busy_seconds(self) -> float:
        """How long it has been running towards the present wish; 0 while it waits."""
        since = self._busy_since
        return 0.0 if since is None else monotonic() - since

    def start(self) -> None:
        """Begin loading."""
        if not self._closing:
            self._thread.start()

    def run_to(self, number: int, *, through: bool = False) -> None:
        """Have cycle `number` run; never less than was asked before.

        Args:
            through: whatever breakpoints there are.
        """
        with self._changed:
            self._through = through or (self._through and self._wanted)
            if through:
                self.stops.until(None)
            self._target = max(self._target, number)
            self._changed.notify()

    def run_until(self, query: Query) -> None:
        """Run until a cycle has run that makes `query` true, or a breakpoint stops the run."""
        with self._changed:
            self._through = False
            self.stops.until(query)
            self._target = END
            self._changed.notify()

    def hold(self) -> None:
        """Run nothing more after the cycle that is running."""
        with self._changed:
            self.stops.until(None)
            self._target = min(self._target, self.executed - 1)

    def limit(self, number: int) -> None:
        """Run nothing after cycle `number`, whatever is asked for; `END` lifts that."""
        with self._changed:
            self._most = number
            self._changed.notify()

    @property
    def idle(self) -> bool:
        """Whether there is nothing left to do, or nothing that may be done."""
        with self._changed:
            return self._busy_since is None and not self._called and not self._wanted

    def restart(self, text: str | None = None) -> None:
        """Drop this run and pause before cycle 0 of a new one, of the same text or another."""
        self.reopen(self._options if text is None else self._options.saying(text))

    def reopen(self, options: LaunchOptions) -> None:
        """Open another machine, or another text on this one; this run stays until that is ready."""
        with self._changed:
            self._next = options
            self._target = -1
            self._changed.notify()

    def rewind(self, number: int) -> None:
        """Stand right after cycle `number` again, with everything after it yet to run."""
        self._change(forks.rewound(number))

    def edit(self, number: int, wish: EditWish) -> None:
        """Change what cycle `number` wrote."""
        self._change(forks.edited(self._engine, number, wish))

    def undo(self, number: int) -> None:
        """Run cycle `number`, which was edited, again as the model has it."""
        self._change(forks.undone(number))

    def switch(self, number: int) -> None:
        """Go on with branch `number` where it was left; the present one is kept."""
        self._change(forks.switched(self._futures, number))

    def _change(self, fork: Fork) -> None:
        with self._changed:
            self.stops.until(None)
            self._target = min(self._target, self.executed - 1)
            self._changes.append(fork)
            self._changed.notify()

    def ask(self, job: Job) -> None:
        """Do `job` between two cycles; of each kind the newest wins."""
        with self._changed:
            self._jobs.pop(job.kind, None)
            self._jobs[job.kind] = job
            self._changed.notify()

    def close(self) -> None:
        """Stop as soon as possible. Does not wait."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        clock = self._clock
        if clock is not None:
            clock.cancel()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until the thread is gone; whether it is."""
        if self._thread.is_alive():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    # -- the thread --------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            began = monotonic()
            machine = self._opener(self._options, self._progress)
            self._open(machine, self._options, began)
            del machine  # or another one, opened later, would have it for company
            while self._wait():
                if self._next is not None:
                    self._changes.clear()
                    self._reopen()
                elif self._changes:
                    self._make_change(self._changes.popleft())
                elif self._jobs:
                    self._do()
                else:
                    self._run()
        except _Closed:
            pass
        except Exception as error:
            self._report(Failed(sentence_of(error), fatal=True))
        finally:
            if self._clock is not None:
                self._clock.close()

    def _progress(self, text: str) -> None:
        if self._closing:
            raise _Closed
        self._report(Loading(text))

    def _open(self, machine: Any, options: LaunchOptions, began: float) -> None:
        """Rehearse and make a clock. Leaves everything as it was if that fails."""
        live = self._engine.live
        if live:
            self._progress(tr("rehearsing at full speed, to know what will come"))
            # The rehearsal measures: let the screen finish painting that line first.
            sleep(SETTLE)
        if options.example:
            options = options.reading(machine.example)
        plan = self._engine.rehearse(machine, options.given, options.training)
        clock = self._engine.clock(machine, options.given, plan, options.training)
        if self._clock is not None:
            self._clock.close()
        self._machine, self._options = machine, options
        self._clock, self._plan, self._ended = clock, plan, not live
        self._futures = Futures()
        self.stops.until(None)
        if self._closing:
            raise _Closed
        self._report(Opened(plan, clock.trace, monotonic() - began, live, options))

    def _reopen(self) -> None:
        options, self._next = self._next, None
        assert options is not None
        began = monotonic()
        try:
            machine, before = self._machine, self._options
            if _machine_of(options) != _machine_of(before):
                machine = self._opener(options, self._progress)
            elif options.generation != before.generation:
                machine = self._engine.writing(machine, options.generation)
            self._open(machine, options, began)
        except Exception as error:
            self._report(Failed(sentence_of(error)))

    def _wait(self) -> bool:
        """Sleep until there is something to do; False when it is time to leave."""
        with self._changed:
            self._busy_since = None
            while not (self._closing or self._called or self._wanted):
                self._changed.wait()
            self._busy_since = monotonic()
            return not self._closing

    @property
    def _called(self) -> bool:
        """Whether something else than running is asked for."""
        return bool(self._next is not None or self._changes or self._jobs)

    @property
    def _wanted(self) -> bool:
        most = min(self._target, self._most)
        return not self._ended and self._clock is not None and self.executed <= most

    def _run(self) -> None:
        clock, told = self._clock, monotonic()
        stopped: Stop | None = None
        try:
            while self._wanted and not self._closing and not self._called:
                cycle = clock.step()
                if cycle is not None:
                    # The timeline marks NaNs: summarise the tensors here, not while painting.
                    _ = cycle.has_nan
                    if cycle.phase in ("backward", "update"):
                        clock.trace.learning.note(cycle)
                    stopped = None if self._through else self.stops.hit(cycle, clock.trace)
                    if stopped is not None:
                        self.hold()
                if cycle is None or clock.finished:
                    self._ended = True
                elif monotonic() - told >= REPORT_EVERY:
                    told = monotonic()
                    self._report(Moved(clock.trace, clock.executed, False))
        except Exception as error:
            self._ended = True
            if not self._closing:
                self._report(Moved(clock.trace, clock.executed, True))
                self._report(Failed(sentence_of(error), ended=True))
            return
        if not self._closing:
            self._report(Moved(clock.trace, clock.executed, self._ended, stopped))

    def _make_change(self, fork: Fork) -> None:
        clock, before, sentence = self._clock, self._clock.trace, ""
        left: int | None = None
        try:
            fork.make(clock)
        except Exception as error:
            sentence = sentence_of(error)
        other = clock.trace is not before
        if self._closing:
            return
        if other:
            left = self._futures.present
            self._futures.leave(len(clock.branches) - 1, clock.branches[-1].at, fork.into)
        if other or not sentence:
            self._futures.note(fork.note)
            with self._changed:
                self._ended = bool(sentence) or clock.finished
                self._target = clock.executed - 1
            for cycle in clock.trace.cycles:
                _ = cycle.has_nan
            edited = tuple(c.number for c in clock.trace.cycles if c.edited)
            branch = self._futures.present
            self._report(Changed(clock.trace, clock.executed, branch, edited, fork.said, left))
            if self._ended:
                self._report(Moved(clock.trace, clock.executed, True))
        if sentence:
            self._report(Failed(sentence, ended=other))

    def _do(self) -> None:
        """The oldest job."""
        with self._changed:
            kind = next(iter(self._jobs))
            job = self._jobs.pop(kind)
        desk = Desk(
            options=self._options,
            opener=self._opener,
            engine=self._engine,
            machine=self._machine,
            clock=self._clock,
            plan=self._plan,
            text=self.given,
            futures=self._futures,
            report=self._report,
            given_up=lambda: self._closing or self._called,
            hurried=lambda: self._closing or self._called or self._wanted,
        )
        try:
            report = job(desk)
        except Exception as error:
            report = job.failed(desk, sentence_of(error))
        if report is not None and not self._closing:
            self._report(report)


def _machine_of(options: LaunchOptions) -> LaunchOptions:
    """The options without what may change while the model stays the same."""
    return replace(options, text="", prompts=(), example=False, training=None, generation=None)


def sentence_of(error: Exception) -> str:
    """One line for a person; our own errors already are one."""
    if isinstance(error, CyclesimError):
        return str(error)
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__

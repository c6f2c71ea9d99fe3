"""One run of a machine: its execution under the recorder, the verdict, the times.

`Run` is what the script path and the live clock share. `trace` runs it to the end in the caller's
thread, with nothing in between; a `Clock` runs it in a worker thread with a gate at every event.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch

from cyclesim.engine.recording.events import Event, HostEvent
from cyclesim.engine.recording.recorder import Recorder
from cyclesim.engine.running.execution import Execution
from cyclesim.engine.running.locating import first_difference
from cyclesim.engine.running.timing import Speeds, full_speed, untraced_times
from cyclesim.engine.running.verdict import compare, snapshot
from cyclesim.language import N_
from cyclesim.machine import ModelCall, drive
from cyclesim.trace import Cycle, Timing, Verdict
from cyclesim.trace.trace import NOT_COMPARED

__all__ = ["Run"]


class Run(Execution):
    """One run that can be compared, timed, edited and resumed (see `Execution` for how it is made).

    A training step is a run of another kind: it answers some of these questions differently.
    """

    def resumed(self, number: int, edit: Mapping[int, torch.Tensor] | None = None) -> Run:
        """A run that hands back cycles 0 to `number` of this one and then goes on.

        With `edit`, cycle `number` writes these numbers as its outputs: only for a run that says
        that an edit of it `must_run_again`.
        """
        assert edit is None
        return Run(
            self.machine,
            self.text,
            self.inputs,
            memory=self.memory,
            resume=(self, number),
            resumable=True,
        )

    def certify(self) -> None:
        """Compute the verdict against an untraced run from the same state."""
        edited = tuple(c.number for c in self.trace.cycles if c.edited)
        if edited:
            self.trace.verdict = Verdict(
                reason=N_("the run was edited, so it was not compared"), edited=edited
            )
            return
        try:
            computed = self._computed()
            untraced = self._reference() if self._untraced is None else self._untraced
            self.trace.verdict = compare(computed, untraced)
        except Exception as error:
            reason = NOT_COMPARED.format(error=type(error).__name__)
            self.trace.verdict = Verdict(reason=reason)
            return
        if self.trace.verdict.bit_identical is False:
            self.trace.verdict = self._locate(self.trace.verdict)

    def measure(self, *, stepped: bool = False) -> None:
        """Fill in the three clocks."""
        assert self._fresh is not None
        with self.state.again():
            if self.keeper is not None and self.keeper.let_go:
                # Repeating the run, recorded, would need the memory that there is not.
                speeds = Speeds((), self.stopwatch.elapsed_ns, 0)
            else:
                speeds = self.repeat()
            untraced = self._untraced_ns()
        self.trace.timing = Timing(
            traced_ns=self.stopwatch.elapsed_ns if stepped else speeds.wall_ns,
            untraced_ns=untraced,
            full_speed=speeds.medians,
            stepped=stepped,
            repeats=speeds.repeats,
            clock="cuda events" if self.machine.device.type == "cuda" else "perf_counter_ns",
        )

    def repeat(self, **how: Any) -> Speeds:
        """Run the forward again at full speed (see `timing.full_speed`)."""
        assert self._fresh is not None
        return full_speed(self.machine, self._fresh, self.builder, self.recorder.events, **how)

    def _untraced_ns(self) -> int:
        assert self._fresh is not None
        return untraced_times(self.machine, self._fresh)

    def complete(self) -> None:
        """Verdict and times are known: the trace is whole."""
        self.trace.complete = True

    def close(self, *, resumable: bool = False) -> None:
        """Drop everything that only the run itself needed, and what resuming it would need."""
        if resumable and not (self.keeper is not None and self.keeper.let_go):
            self.past.extend()
        if self.keeper is not None:
            self.keeper.settle()
        self.recorder.events.clear()
        self.recorder.overwrites.before = None
        self.builder.close(resumable=resumable)
        self._untraced = None

    # -- edits -------------------------------------------------------------------------------

    def can_edit(self, event: Any) -> bool:
        """Whether the run, paused right after `event`, can go on with other numbers."""
        if isinstance(event, HostEvent):
            return event.step.rewrite is not None
        return isinstance(event, Event)

    def is_host(self, cycle: Cycle) -> bool:
        """Whether `cycle` is a step outside the model."""
        return cycle.unit in ("input", "output") and not cycle.stack

    def must_run_again(self, cycle: Cycle) -> bool:
        """Whether an edit of `cycle` needs the run to begin again (see `resumed`)."""
        return False

    def edit_again(self, new: Sequence[Cycle], event: Any) -> list[torch.Tensor] | None:
        """The edit that an earlier run had at the cycle that `event` has just become, if any."""
        return None

    def go_on(self, edited: Event, event: Event) -> Event:
        """The event to go on with, where the user has edited `event`."""
        return edited

    # -- verdict ------------------------------------------------------------------------------

    def _computed(self) -> Any:
        """Copies of what was computed: the untraced run may write to the same memory."""
        return snapshot(self.outputs)

    def _locate(self, verdict: Verdict) -> Verdict:
        """Find the first cycle that differs, by what another recorded run can tell."""
        if self.keeper is not None and self.keeper.let_go:
            reason = N_("the numbers to compare cycle by cycle were not kept")
            return replace(verdict, reason=reason)
        assert self._fresh is not None
        again = Recorder(self.layout)

        def call(model_call: ModelCall) -> Any:
            with again.of(model_call):
                return self.machine.call(model_call)

        with self.state.again():
            drive(self.machine.program(self._fresh.copied()), call=call)
        first = first_difference(self.recorder, again)
        if first is None:
            reason = N_("two traced runs agree: this model takes another path when it is observed")
            return replace(verdict, reason=reason)
        number = next((n for n, event in enumerate(self.builder.event_of) if event >= first), None)
        reason = N_("two traced runs differ too: the model is not deterministic, or keeps a state")
        return replace(verdict, first_difference=number, reason=reason)

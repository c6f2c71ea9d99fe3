"""The baseline observed: recorded without pauses, and stepped through to the end."""

from __future__ import annotations

from time import perf_counter_ns
from typing import NamedTuple

from cyclesim.cost import is_counted
from cyclesim.engine.clock.clock import Clock
from cyclesim.engine.compare.forms import Form
from cyclesim.engine.recording.events import Event
from cyclesim.engine.running.run import Run
from cyclesim.engine.running.timing import Speeds
from cyclesim.errors import CyclesimError
from cyclesim.trace import Cycle, Verdict
from cyclesim.versus import CycleWork, Part, Times
from cyclesim.versus.sentences import NO_TIMES

__all__ = ["Recorded", "Stepped", "stepped"]


class Recorded:
    """The forward, recorded again and again; its cycles, and each of their times.

    Attributes:
        walls: the recorded forwards, raw.
    """

    def __init__(self, form: Form) -> None:
        self._run = Run(form.machine, **form.source, keep="nothing")
        try:
            self._run.execute()
        finally:
            _let_go(self._run)
        self.walls: list[int] = []
        self._raw: list[list[int]] = [[] for _ in self._run.trace.cycles]

    @property
    def cycles(self) -> list[Cycle]:
        """The cycles of the model; the host's, before and after it, are not repeated."""
        return [cycle for cycle in self._run.trace.cycles if cycle.stack]

    @property
    def times(self) -> list[tuple[int, ...]]:
        """For each of `cycles`, its raw times."""
        return [tuple(self._raw[cycle.number]) for cycle in self.cycles]

    def time(self) -> int:
        """Wall nanoseconds of one more recorded forward."""
        self.walls.append(self._again(keep=True).wall_ns)
        return self.walls[-1]

    def time_cycles(self) -> int:
        """Time each cycle once more, in a forward that keeps nothing; their sum."""
        speeds = self._again(keep=False)
        for times, new in zip(self._raw, speeds.raw, strict=True):
            times.append(new[0])
        return sum(self._raw[cycle.number][-1] for cycle in self.cycles)

    def _again(self, *, keep: bool) -> Speeds:
        speeds = self._run.repeat(repeats=1, keep=keep)
        if not speeds.repeats:
            raise CyclesimError(NO_TIMES)
        return speeds

    def works(self) -> tuple[CycleWork, ...]:
        """The cycles, for a roofline."""
        return tuple(
            CycleWork(
                cycle.number,
                cycle.unit,
                cycle.step,
                cycle.label,
                cycle.layer,
                cycle.flops if cycle.nop or is_counted(cycle.op) else None,
                cycle.bytes_read + cycle.bytes_written,
                Times(times),
                cycle.phase,
                cycle.token,
            )
            for cycle, times in zip(self.cycles, self.times, strict=True)
        )

    def parts(self) -> tuple[Part, ...]:
        """The cycles summed by unit and step, over all layers."""
        found: dict[tuple[str, str], list[int]] = {}
        cycles, times = self.cycles, self.times
        for index, cycle in enumerate(cycles):
            found.setdefault((cycle.unit, cycle.step), []).append(index)
        return tuple(
            Part(
                unit,
                step,
                len(of),
                Times(tuple(map(sum, zip(*(times[i] for i in of), strict=True)))),
                sum(cycles[i].flops for i in of),
                sum(cycles[i].bytes_read + cycles[i].bytes_written for i in of),
                sum(_kept(cycles[i]) for i in of),
            )
            for (unit, step), of in found.items()
        )


class Stepped(NamedTuple):
    """One run under a clock, nanoseconds.

    `wall` is from before the first step was asked for until the last cycle had run; `forward` is
    the part of it inside the model, its pauses included; `host` is what the cycles before and
    after the model took. `verdict` is the run's.
    """

    wall: int
    forward: int
    host: int
    verdict: Verdict


def stepped(form: Form) -> Stepped:
    """Step through every cycle, without waiting for anyone."""
    arrivals: list[int] = []

    def arrived(cycle: Cycle) -> bool:
        arrivals.append(perf_counter_ns())
        return True

    # Stepping needs no keys pressed: whoever asks for the next cycle asks at once.
    with Clock(form.machine, **form.source, measure=False) as clock:
        began = perf_counter_ns()
        while not clock.finished:
            clock.run_to(arrived)
        watch = clock.stopwatch
        host = sum(cycle.self_ns for cycle in clock.trace.cycles if not cycle.stack)
        forward = watch.elapsed_ns + watch.paused_ns
        return Stepped(arrivals[-1] - began, forward, host, clock.trace.verdict)


def _kept(cycle: Cycle) -> int:
    """Bytes of what a cycle wrote: nothing new where it is a NOP, or wrote over what was there."""
    if cycle.nop or cycle.inplace:
        return 0
    return sum(value.nbytes for value in cycle.outputs)


def _let_go(run: Run) -> None:
    """Keep the order of the calls and let go of the tensors: only times are still wanted."""
    run.recorder.events[:] = [
        event._replace(args=(), kwargs={}, output=None, edits=None)
        if isinstance(event, Event)
        else event
        for event in run.recorder.events
    ]
    run.builder.close()

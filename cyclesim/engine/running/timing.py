"""The three clocks, kept apart: the observed run, its operations at full speed, and the bare model.

One run can be preempted in the middle of a dropout. What is shown as *full speed* is therefore the
median over several unpaused runs, as many as fit into a small budget.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from statistics import median, quantiles
from time import perf_counter_ns
from typing import Any, NamedTuple

import torch

from cyclesim.engine.building.builder import Builder
from cyclesim.engine.recording.events import AnyEvent, Event, HostEvent, Node
from cyclesim.engine.recording.layout import Layout
from cyclesim.engine.recording.recorder import Recorder
from cyclesim.machine import Encoding, Machine, ModelCall, drive

__all__ = ["Quartiles", "Speeds", "Stopwatch", "full_speed", "untraced_times"]

#: Stop repeating after this many runs, or when this many nanoseconds have gone.
REPEATS = 5
BUDGET_NS = 250_000_000


class Stopwatch:
    """Wall time of a block, or of several, without the time spent waiting for a person.

    On a GPU a block ends when the GPU has finished.
    """

    def __init__(self, device: torch.device) -> None:
        self.elapsed_ns = 0
        #: How long it waited, which `elapsed_ns` leaves out.
        self.paused_ns = 0
        self.device = device
        self._started = 0
        self._paused_before = 0
        self.running = False

    def __enter__(self) -> Stopwatch:
        self._finish_work()
        self._paused_before = self.paused_ns
        self.running = True
        self._started = perf_counter_ns()
        return self

    def __exit__(self, *exception: object) -> None:
        if exception == (None, None, None):
            self._finish_work()
        paused = self.paused_ns - self._paused_before
        self.elapsed_ns += perf_counter_ns() - self._started - paused
        self.running = False

    def leave_out(self, nanoseconds: int) -> None:
        """Do not count this long: the run was waiting."""
        if self.running:
            self.paused_ns += nanoseconds

    def _finish_work(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


class Quartiles(NamedTuple):
    """A median, and the ends of the middle half: what a quarter stays below, and above."""

    low: int
    median: int
    high: int

    @classmethod
    def of(cls, values: Sequence[int]) -> Quartiles:
        """The quartiles of one value or more, between neighbours where they fall between."""
        if len(values) == 1:
            return cls(values[0], values[0], values[0])
        low, middle, high = quantiles(values, n=4, method="inclusive")
        return cls(round(low), round(middle), round(high))


class Speeds(NamedTuple):
    """Medians over `repeats` unpaused recorded runs, in nanoseconds.

    `medians` has the self time of each cycle and `spread` their quartiles; `wall_ns` is the time of
    the whole forward. `raw` has, for each cycle, what the median is of.
    """

    medians: tuple[int, ...]
    wall_ns: int
    repeats: int
    spread: tuple[Quartiles, ...] = ()
    raw: tuple[tuple[int, ...], ...] = ()


def full_speed(
    machine: Machine,
    encoding: Encoding,
    built: Builder,
    events: list[Event | HostEvent],
    *,
    repeats: int = REPEATS,
    budget_ns: int = BUDGET_NS,
    going: Callable[[int], bool] = lambda done: True,
    keep: bool = True,
) -> Speeds:
    """Run the program again, recorded but unpaused, and take each cycle's median self time.

    Steps outside the model are not repeated; their one measured time stands. If a repeated run
    does not call the same functions in the same order, its times are not used.

    Args:
        repeats, budget_ns: stop after so many runs, or after the run that uses up the time.
        going: told how many runs are done, before each; False stops here.
        keep: hold what each cycle wrote until the call of the model ends, as a trace does.
            Without, the memory is used again at once, as when nothing watches: that is what
            operations themselves cost, but the wall time of such a run means nothing.
    """
    first = [e.func for e in events if isinstance(e, Event)]
    place: dict[int, int] = {}  # event index in `events` → index among the torch events
    for index, event in enumerate(events):
        if isinstance(event, Event):
            place[index] = len(place)
    rounds: list[list[int]] = []
    walls: list[int] = []
    while len(rounds) < repeats and (sum(walls) < budget_ns or not rounds):
        if not going(len(rounds)):
            break
        seen, wall = _observed(machine, encoding, built.layout, keep)
        if [func for func, _ in seen] != first:
            break
        rounds.append([self_ns for _, self_ns in seen])
        walls.append(wall)
    if not rounds:
        return Speeds((), 0, 0)
    raw = tuple(
        tuple(r[place[event]] for r in rounds) if event in place else (cycle.self_ns,)
        for cycle, event in zip(built.cycles, built.event_of, strict=True)
    )
    spread = tuple(map(Quartiles.of, raw))
    medians = tuple(s.median for s in spread)
    return Speeds(medians, round(median(walls)), len(rounds), spread, raw)


def _observed(
    machine: Machine, encoding: Encoding, layout: Layout, keep: bool
) -> tuple[list[tuple[Any, int]], int]:
    """One unpaused recorded run: the functions with their self times, and the model's wall time."""
    watch = Stopwatch(machine.device)
    seen: list[tuple[Any, int]] = []

    def call(model_call: ModelCall) -> Any:
        recorder = Recorder(layout)
        if not keep:
            recorder.gate = _Forgetting(recorder)
        with recorder, watch:
            outputs = machine.call(model_call)
        seen.extend((e.func, e.self_ns) for e in recorder.events if isinstance(e, Event))
        return outputs

    drive(machine.program(encoding.copied()), call=call)
    return seen, watch.elapsed_ns


class _Forgetting:
    """Lets go of every tensor as soon as the model does; only functions and times stay."""

    def __init__(self, recorder: Recorder) -> None:
        self._events, self._overwrites = recorder.events, recorder.overwrites

    def before(self, node: Node | None, call: Any, args: tuple[Any, ...]) -> None:
        pass

    def after(self, event: AnyEvent) -> AnyEvent:
        if isinstance(event, Event):
            self._events[-1] = event._replace(args=(), kwargs={}, output=None)
            # Nothing is kept that could be overwritten.
            self._overwrites.forget(len(self._events) - 1)
        return event


def untraced_times(
    machine: Machine, encoding: Encoding, *, repeats: int = REPEATS, budget_ns: int = BUDGET_NS
) -> int:
    """Median wall time of the bare model's calls, with nothing watching, in nanoseconds."""
    times: list[int] = []
    while len(times) < repeats and (sum(times) < budget_ns or not times):
        watch = Stopwatch(machine.device)
        drive(machine.program(encoding.copied()), call=partial(_timed, machine, watch))
        times.append(watch.elapsed_ns)
    return round(median(times))


def _timed(machine: Machine, watch: Stopwatch, call: ModelCall) -> Any:
    with watch:
        return machine.call(call)

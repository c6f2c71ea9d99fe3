"""The times of a training step: as it is recorded, and as nobody watches it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from statistics import median
from typing import Any, Protocol

from cyclesim.engine.running.timing import BUDGET_NS, REPEATS, Quartiles, Speeds, Stopwatch
from cyclesim.machine import Encoding, TrainingMachine, drive
from cyclesim.trace import Cycle, Trace

__all__ = ["repeated_steps", "untraced_steps"]


class _Step(Protocol):
    """A run of the step that has not begun."""

    trace: Trace
    stopwatch: Stopwatch

    def execute(self) -> Any: ...

    def close(self) -> None: ...


def repeated_steps(
    cycles: Sequence[Cycle],
    again: Callable[[], _Step],
    *,
    repeats: int = REPEATS,
    budget_ns: int = BUDGET_NS,
    going: Callable[[int], bool] = lambda done: True,
) -> Speeds:
    """Run the step of `cycles` again, recorded but unpaused (see `timing.full_speed`).

    `again` makes a new run of it.
    """
    steps = [(c.op, c.step, c.path) for c in cycles]
    rounds: list[list[int]] = []
    walls: list[int] = []
    while len(rounds) < repeats and (sum(walls) < budget_ns or not rounds):
        if not going(len(rounds)):
            break
        step = again()
        step.execute()
        if [(c.op, c.step, c.path) for c in step.trace.cycles] != steps:
            break
        rounds.append([c.self_ns for c in step.trace.cycles])
        walls.append(step.stopwatch.elapsed_ns)
        step.close()
    if not rounds:
        return Speeds((), 0, 0)
    raw = tuple(zip(*rounds, strict=True))
    spread = tuple(map(Quartiles.of, raw))
    medians = tuple(s.median for s in spread)
    return Speeds(medians, round(median(walls)), len(rounds), spread, raw)


def untraced_steps(machine: TrainingMachine, encoding: Encoding) -> int:
    """Median wall time of the plain step, with nothing watching, in nanoseconds."""
    times: list[int] = []
    while len(times) < REPEATS and (sum(times) < BUDGET_NS or not times):
        times.append(_untraced(machine.fresh(), encoding))
    return round(median(times))


def _untraced(machine: TrainingMachine, encoding: Encoding) -> int:
    watch = Stopwatch(machine.device)

    def timed(work: Callable[[], Any]) -> Any:
        with watch:
            return work()

    drive(
        machine.program(encoding.copied()),
        call=lambda call: timed(partial(machine.call, call)),
        work=lambda work: timed(work.run),
    )
    return watch.elapsed_ns

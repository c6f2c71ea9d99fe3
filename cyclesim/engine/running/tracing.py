"""Running a machine to the end: a whole trace, a rehearsal of one, times alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from cyclesim.engine.running.keeper import Keep
from cyclesim.engine.running.run import Run
from cyclesim.engine.running.timing import Speeds
from cyclesim.engine.training import TrainingRun
from cyclesim.machine import Machine, Training
from cyclesim.trace import Timing, Trace

__all__ = ["measure", "new_run", "rehearse", "trace"]


def new_run(
    machine: Machine | torch.nn.Module,
    text: str | None = None,
    inputs: Any = None,
    train: Training | bool | None = None,
    *,
    tokenizer: Any = None,
    **how: Any,
) -> Run:
    """A run of `machine`, or a training step of it (see `Run` for `how`)."""
    known = Machine.of(machine, tokenizer)
    if train is None or train is False:
        return Run(known, text, inputs, **how)
    return TrainingRun.start(known, text, inputs, Training() if train is True else train, **how)


def trace(
    machine: Machine | torch.nn.Module,
    text: Any = None,
    *,
    inputs: Any = None,
    tokenizer: Any = None,
    train: Training | bool | None = None,
    measure: bool = True,
    keep: Keep = "all",
    memory: int | None = None,
) -> Trace:
    """Run `machine` on `text` (or on `inputs`) and record every cycle.

    Args:
        machine: from `cyclesim.load`, or any `torch.nn.Module`.
        text: what it reads: a text; two as a tuple; a mapping such as `{"question": …, "context":
            …}` (`machine.inputs` names what the task reads); or a list of these: a batch.
        inputs: keyword tensors (a mapping), positional ones (a tuple) or one tensor, instead.
        tokenizer: for a bare Hugging Face model that is given text.
        train: make it a training step: forward and loss, backward, clip and update.
        measure: also repeat the run at full speed, for the times (a few runs, half a second).
        keep: which numbers stay readable: `all`, only `outputs`, or only their `stats`.
        memory: bytes of tensors to keep in memory; beyond it the oldest go to a temporary file.

    Returns:
        The complete trace: its cycles with their tensors, verdict, times and result.

    Raises:
        CyclesimError: the input makes no sense.
        ModelError: the model raised; its `trace` holds the cycles up to there.

    Example:
        >>> trace = cyclesim.trace(machine, text, memory=100_000)
        >>> trace.kept_bytes <= 100_000, trace[20].outputs[0].numpy().size > 0
        (True, True)
        >>> cyclesim.trace(torch.nn.Linear(4, 2), inputs=torch.ones(1, 4)).verdict.bit_identical
        True
    """
    run = new_run(machine, text, inputs, train, tokenizer=tokenizer, keep=keep, memory=memory)
    try:
        run.execute(warm=True)
        run.certify()
        if measure:
            run.measure()
        else:
            run.trace.timing = Timing(traced_ns=run.stopwatch.elapsed_ns)
        run.complete()
    finally:
        run.close()
    return run.trace


def rehearse(
    machine: Machine | torch.nn.Module,
    text: Any = None,
    *,
    inputs: Any = None,
    train: Training | bool | None = None,
) -> Trace:
    """Run once at full speed to learn what will come: a complete trace without tensors.

    The live views draw the cycles to come from it, and its times are the full-speed times.
    """
    run = new_run(machine, text, inputs, train, keep="nothing")
    try:
        run.execute(warm=True)
        run.certify()
        run.measure()
        run.trace.complete = True  # a rehearsal leaves no updated weights
    finally:
        run.close()
    return run.trace


def measure(
    machine: Machine | torch.nn.Module,
    text: Any = None,
    *,
    inputs: Any = None,
    train: Training | bool | None = None,
    repeats: int = 25,
    seconds: float = 5.0,
    going: Callable[[int], bool] = lambda done: True,
) -> Speeds:
    """Repeat the forward at full speed, recorded but unpaused; leave the model as it was.

    Args:
        machine, text, inputs, train: as for `trace`.
        repeats, seconds: stop after so many runs, or after the run that uses up the time.
        going: told how many runs are done, before each; False stops here.

    Returns:
        The median and quartiles of each cycle, over the runs there were: perhaps none.

    Example:
        >>> speeds = cyclesim.engine.measure(machine, text, repeats=3)
        >>> speeds.repeats, speeds.spread[20].low <= speeds.medians[20] <= speeds.spread[20].high
        (3, True)
    """
    run = new_run(machine, text, inputs, train, keep="nothing")
    run.state.note()
    try:
        with run.state.again():
            run.execute()
            return run.repeat(repeats=repeats, budget_ns=round(seconds * 1e9), going=going)
    finally:
        run.close()

"""The optimizer and the learning-rate schedule of a training step."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

import torch

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.machine.training.spec import Training

__all__ = ["make_optimizer", "make_schedule", "schedule_arguments"]


def make_optimizer(
    training: Training, parameters: Iterable[torch.nn.Parameter]
) -> torch.optim.Optimizer:
    """The optimizer of `training`, for those of `parameters` that are trained.

    Raises:
        CyclesimError: there are none, or the function makes no optimizer that can take one step.
    """
    trained = [p for p in parameters if p.requires_grad]
    if not trained:
        raise CyclesimError(
            tr("no parameter of this model can be trained: all of them are frozen.")
        )
    if training.optimizer == "adamw":
        return torch.optim.AdamW(trained, lr=training.rate, weight_decay=training.weight_decay)
    if training.optimizer == "sgd":
        return torch.optim.SGD(
            trained,
            lr=training.rate,
            weight_decay=training.weight_decay,
            momentum=training.momentum,
        )
    made = _made(training.optimizer, trained)
    if not isinstance(made, torch.optim.Optimizer):
        said = tr("the optimizer function made a {kind}, not a torch.optim.Optimizer.")
        raise CyclesimError(said.format(kind=type(made).__name__))
    closure = inspect.signature(made.step).parameters.get("closure")
    if closure is not None and closure.default is inspect.Parameter.empty:
        said = tr("{kind} runs the model several times in a step, so it cannot be stepped.")
        raise CyclesimError(said.format(kind=type(made).__name__))
    return made


def make_schedule(training: Training, optimizer: torch.optim.Optimizer) -> Any:
    """The learning-rate schedule of `training`; None for none.

    Raises:
        CyclesimError: there is no schedule of that name, or the function makes none.
    """
    if training.schedule is None:
        return None
    if callable(training.schedule):
        made = _made(training.schedule, optimizer)
        if not hasattr(made, "get_last_lr"):
            said = tr("the schedule function made a {kind}, not a scheduler of torch.")
            raise CyclesimError(said.format(kind=type(made).__name__))
        return made
    from transformers import SchedulerType, get_scheduler

    try:
        kind = SchedulerType(training.schedule)
        return get_scheduler(
            kind,
            optimizer,
            num_warmup_steps=training.warmup,
            num_training_steps=training.steps,
        )
    except (ValueError, TypeError, AttributeError) as error:
        names = ", ".join(sorted(k.value for k in SchedulerType))
        said = tr("no schedule {name!r} can be made ({why}): use one of {names}.")
        said = said.format(name=training.schedule, why=error, names=names)
        raise CyclesimError(said) from None


def schedule_arguments(training: Training, schedule: Any) -> tuple[tuple[str, str], ...]:
    """What decides the next learning rate, as text; nothing for a schedule of the user's own.

    `base_lrs` are the highest rates, one for each parameter group; `next` is the number of the next
    step, from 0.
    """
    if not isinstance(training.schedule, str):
        return ()
    return (
        ("schedule", repr(training.schedule)),
        ("base_lrs", repr(tuple(map(float, schedule.base_lrs)))),
        ("next", repr(schedule.last_epoch + 1)),
        ("warmup", repr(training.warmup)),
        ("steps", repr(training.steps)),
    )


def _made(function: Any, given: Any) -> Any:
    try:
        return function(given)
    except Exception as error:
        said = tr("the function for the optimizer or the schedule failed: {kind}: {why}")
        said = said.format(kind=type(error).__name__, why=str(error) or "?")
        raise CyclesimError(said) from error

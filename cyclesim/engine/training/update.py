"""The optimizer's update, one parameter at a time.

An optimizer's `step()` goes through all parameters that have a gradient. Given one gradient at a
time, it does the same arithmetic on the same numbers, and each call is a cycle. An optimizer that
mixes parameters (a norm over all of them, say) would do something else: that is tried out first, on
copies, unless it is one of torch's own that are known not to; then the whole step is one cycle.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import Any, Protocol

import torch

from cyclesim.engine.recording.events import Standing
from cyclesim.engine.training.events import Marks
from cyclesim.trace import Phase

__all__ = ["Changed", "UpdateEvent", "Updater", "module_of", "update"]

_APART = tuple(
    getattr(torch.optim, name)
    for name in (
        "SGD", "Adam", "AdamW", "Adamax", "NAdam", "RAdam", "RMSprop", "Rprop", "Adagrad",
        "Adadelta", "ASGD", "Adafactor", "SparseAdam",
    )
    if hasattr(torch.optim, name)
)  # fmt: skip


@dataclass(eq=False)
class Changed:
    """One parameter in an update: its gradient, and its state before and after.

    `before` and `after` are the optimizer's tensors for it (`exp_avg`, `momentum_buffer`, `step`).
    """

    parameter: torch.nn.Parameter
    gradient: torch.Tensor
    before: dict[str, torch.Tensor]
    after: dict[str, torch.Tensor] = field(default_factory=dict)


@dataclass(eq=False)
class UpdateEvent(Standing):
    """One call of the optimizer's step.

    Attributes:
        kind: class of the optimizer.
        options: the settings of the parameter's group, as text.
        changed: the parameters that it changed; one, unless the optimizer mixes them.
        replaced: the user put other numbers in place of what was written.
    """

    kind: str
    options: Mapping[str, str]
    changed: list[Changed]
    spent: int = 0
    marks: list[Marks] = field(default_factory=list)
    replaced: bool = False
    unit: str = "optimizer"
    phase: Phase = "update"

    def place(self, builder: Any) -> Any:
        """In the module that the parameter belongs to."""
        if len(self.changed) != 1:
            return (), None
        return builder.module(module_of(self.changed[0].parameter, builder))

    @property
    def self_ns(self) -> int:
        """Time inside `step()`; on a GPU, between two marks in its stream (waits for them)."""
        if not self.marks:
            return self.spent
        self.marks[0][1].synchronize()
        return round(self.marks[0][0].elapsed_time(self.marks[0][1]) * 1e6)

    def release(self) -> None:
        """Let go of the tensors: the cycle that was made of it has them."""
        self.changed = []


def module_of(parameter: torch.nn.Parameter, builder: Any) -> str:
    """Qualified name of the module that `parameter` belongs to."""
    return (builder.layout.name_of(parameter) or "").rpartition(".")[0]


class Updater(Protocol):
    """What is told of an update."""

    def begins(self, event: UpdateEvent) -> None:
        """A call of the optimizer is about to run. May block; may raise to cancel the run."""

    def ended(self, event: UpdateEvent) -> None:
        """It has run. May block or raise."""


def update(optimizer: torch.optim.Optimizer, updater: Updater, *, cuda: bool = False) -> None:
    """Let `optimizer` take its step, a call for each parameter; the gradients stay as they are."""
    settings: dict[torch.nn.Parameter, Mapping[str, str]] = {}
    for group in optimizer.param_groups:
        settings.update(dict.fromkeys(group["params"], _options(group)))
    if not isinstance(optimizer, _APART) and _mixes(optimizer):
        given = [p for p in settings if p.grad is not None]
        _call(optimizer, given, settings[given[0]], updater, cuda)
        return
    for parameter in _alone(settings):
        _call(optimizer, [parameter], settings[parameter], updater, cuda)


def _alone(parameters: Iterable[torch.nn.Parameter]) -> Iterator[torch.nn.Parameter]:
    """Each parameter that has a gradient, while none of the others has one."""
    gradients = {p: p.grad for p in parameters if p.grad is not None}
    try:
        for parameter in gradients:
            parameter.grad = None
        for parameter, gradient in gradients.items():
            parameter.grad = gradient
            yield parameter
            parameter.grad = None
    finally:
        for parameter, gradient in gradients.items():
            parameter.grad = gradient


def _call(
    optimizer: torch.optim.Optimizer,
    parameters: list[torch.nn.Parameter],
    options: Mapping[str, str],
    updater: Updater,
    cuda: bool,
) -> None:
    changed = [Changed(p, p.grad, _state(optimizer, p, copies=True)) for p in parameters]
    event = UpdateEvent(type(optimizer).__name__, options, changed)
    updater.begins(event)
    marks = None
    if cuda:
        marks = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        marks[0].record()
    started = perf_counter_ns()
    optimizer.step()
    event.spent = perf_counter_ns() - started
    if marks is not None:
        marks[1].record()
        event.marks.append(marks)
    for one in changed:
        one.after = _state(optimizer, one.parameter)
    updater.ended(event)


def _state(
    optimizer: torch.optim.Optimizer, parameter: torch.nn.Parameter, *, copies: bool = False
) -> dict[str, torch.Tensor]:
    """What the optimizer remembers of `parameter`, as far as it is tensors."""
    state = optimizer.state.get(parameter, {})
    tensors = {str(k): v for k, v in state.items() if isinstance(v, torch.Tensor)}
    return {k: v.detach().clone() for k, v in tensors.items()} if copies else tensors


def _options(group: Mapping[str, Any]) -> dict[str, str]:
    return {
        str(k): repr(v)
        for k, v in group.items()
        if k != "params" and v is not None and isinstance(v, (bool, int, float, tuple))
    }


def _mixes(optimizer: torch.optim.Optimizer) -> bool:
    """Whether `optimizer` does something else when it is given one gradient at a time."""
    whole, apart = _copied(optimizer), _copied(optimizer)
    # By its class: a schedule puts a wrapper of its own around the method of the optimizer.
    type(whole).step(whole)
    for _ in _alone(_parameters(apart)):
        type(apart).step(apart)
    pairs = zip(_parameters(whole), _parameters(apart), strict=True)
    return not all(torch.equal(one, other) for one, other in pairs)


def _copied(optimizer: torch.optim.Optimizer) -> torch.optim.Optimizer:
    made = copy.deepcopy(optimizer)
    for old, new in zip(_parameters(optimizer), _parameters(made), strict=True):
        new.grad = None if old.grad is None else old.grad.clone()
    return made


def _parameters(optimizer: torch.optim.Optimizer) -> list[torch.nn.Parameter]:
    return [p for group in optimizer.param_groups for p in group["params"]]

"""What the recorder notes of a run, and who may take part in it while it goes on.

An event is one torch function call, one step outside the model, or (in a training step) something
that stands by itself. A `Gate` is called around each of them; a `Player` answers in place of the
functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import CodeType
from typing import Any, NamedTuple, Protocol, TypeVar

import torch

from cyclesim.machine import HostResult, HostStep
from cyclesim.trace import Phase

__all__ = [
    "AnyEvent",
    "Event",
    "Gate",
    "HostEvent",
    "Node",
    "Part",
    "Player",
    "Standing",
    "copies_of",
]


class Node(NamedTuple):
    """One call of one module: of the model's own, or of one that it calls without having it.

    The object's identity is the call's identity. `entered` is how many events there were when it
    began, `started` the clock, and `seal` what keeps the recorder out of a module that must not be
    looked into.
    """

    module: torch.nn.Module
    parent: Node | None
    entered: int
    started: int
    seal: Any

    def outwards(self) -> Iterator[Node]:
        """It, and the calls that it runs in, up to the outermost."""
        node: Node | None = self
        while node is not None:
            yield node
            node = node.parent


class Event(NamedTuple):
    """One torch function call, as it happened. Times are `perf_counter_ns` readings."""

    func: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    output: Any
    node: Node | None
    code: CodeType
    instruction: int
    started: int
    ended: int
    marks: tuple[torch.cuda.Event, torch.cuda.Event] | None
    #: What the user put in place of the outputs, or None.
    edits: tuple[torch.Tensor, ...] | None = None

    @property
    def self_ns(self) -> int:
        """Time inside the function; on a GPU, between two marks in its stream (waits for them)."""
        if self.marks is None:
            return self.ended - self.started
        self.marks[1].synchronize()
        return round(self.marks[0].elapsed_time(self.marks[1]) * 1e6)


class HostEvent(NamedTuple):
    """One step of input preprocessing or output, run outside the model."""

    step: HostStep
    result: HostResult
    started: int
    ended: int
    #: What it wrote, as it was then: the tensors themselves are the caller's, or the model's to
    #: write to.
    copies: tuple[Any, ...]

    @property
    def self_ns(self) -> int:
        """Time inside the step."""
        return self.ended - self.started


def copies_of(result: HostResult) -> tuple[Any, ...]:
    """What a step outside the model wrote, as it is now; what lasts is nobody else's."""
    return tuple(
        item.value.detach().clone()
        if isinstance(item.value, torch.Tensor) and not item.lasting
        else item.value
        for item in result.outputs
    )


class Part(NamedTuple):
    """One call of the model in a program: its first event, and what its cycles are part of."""

    first: int
    phase: Phase
    token: int | None


class Standing:
    """An event that is neither, and knows by itself where its cycle stands.

    Attributes:
        unit: of the cycle, where it stands in no module.
        phase: of the cycle.
    """

    unit: str = ""
    phase: Phase = "forward"

    def place(self, builder: Any) -> tuple[tuple[Any, ...], int | None]:
        """The module calls that it stands in, and the block's index (see `Builder.place`)."""
        raise NotImplementedError


AnyEvent = TypeVar("AnyEvent", Event, HostEvent, Standing)


class Player(Protocol):
    """Hands back what an earlier run computed (see `replay.Script`)."""

    #: Nothing is left to hand back.
    done: bool
    #: Which modules must be watched until then; None for all.
    watched: Sequence[torch.nn.Module] | None

    def play(
        self,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        output: Any = None,
    ) -> tuple[Any, int, int]:
        """The output of the next event, and when it had started and ended.

        `output` is given for a module that could not be kept from running again.
        """

    def restore(self) -> None:
        """Everything was handed back: put the random state where it was then."""


class Gate(Protocol):
    """What a live clock puts into the run: called around every event, in the model's thread."""

    def before(
        self,
        node: Node | None,
        call: Callable[..., Any] | HostStep | Standing,
        args: tuple[Any, ...],
    ) -> None:
        """The event is about to run. May block; may raise to cancel the run."""

    def after(self, event: AnyEvent) -> AnyEvent:
        """The event has run; its output has not been handed on. May block or raise.

        Returns the event to go on with: the same one, or one with an edited output.
        """

"""What happened in a backward pass, as the recorder notes it.

Like the events of a forward these hold references and clock readings only. What cycle an event
becomes is worked out afterwards (`cycles`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch

from cyclesim.engine.recording.events import Node as ModuleCall
from cyclesim.engine.recording.events import Standing
from cyclesim.trace import Phase

__all__ = ["Arrival", "BackwardEvent", "Delivery", "Gradient", "Marks", "Origin", "Part", "Saved"]

#: Two marks in the stream of a GPU.
Marks = tuple[torch.cuda.Event, torch.cuda.Event]


@dataclass(eq=False)
class Origin:
    """What a backward cycle is known by to those that read its gradients.

    `event` is the index of its event, known when it has run.
    """

    event: int | None = None


class Part(NamedTuple):
    """A gradient as one backward cycle wrote it, or as wiring shows it."""

    origin: Origin
    tensor: torch.Tensor


class Delivery(NamedTuple):
    """What came along one edge of the graph.

    Attributes:
        parts: the gradients it is made of; one, as a rule.
        added, joined: they were added up on the way; wiring laid them side by side (`split`).
    """

    parts: tuple[Part, ...]
    added: bool = False
    joined: bool = False

    @classmethod
    def meeting(cls, deliveries: list[Delivery]) -> Delivery:
        """Several that come to one place: autograd adds them up."""
        return cls(
            tuple(part for delivery in deliveries for part in delivery.parts),
            len(deliveries) > 1 or any(d.added for d in deliveries),
            any(d.joined for d in deliveries),
        )


class Arrival(NamedTuple):
    """A gradient as it arrived, and how it came."""

    total: torch.Tensor
    by: Delivery


class Saved(NamedTuple):
    """A tensor that the forward kept for backward: for which node, and what that calls it."""

    node: str
    name: str
    tensor: torch.Tensor


class Gradient(NamedTuple):
    """A gradient that was written: `grad weight`, and of which leaf, if of one."""

    name: str
    tensor: torch.Tensor
    leaf: torch.Tensor | None = None
    #: What other cycles wrote before, where this is the sum of their gradients and this cycle's.
    earlier: tuple[Part, ...] = ()


@dataclass(eq=False)
class BackwardEvent(Standing):
    """The backward of one event of the forward.

    Attributes:
        of: index of that event.
        node: the module call that it ran in.
        ran: names of the nodes of autograd's graph, in the order they ran.
        arrived: the gradients of the forward's outputs.
        saved: what the nodes had kept of the forward.
        gradients: what was written.
        spent: nanoseconds inside the nodes; on a GPU `marks` say it, one pair for each node.
        replaced: the user put other numbers in place of what was written.
    """

    of: int
    node: ModuleCall | None
    origin: Origin = field(default_factory=Origin)
    ran: list[str] = field(default_factory=list)
    arrived: list[Arrival] = field(default_factory=list)
    saved: list[Saved] = field(default_factory=list)
    gradients: list[Gradient] = field(default_factory=list)
    spent: int = 0
    marks: list[Marks] = field(default_factory=list)
    replaced: bool = False
    unit: str = "loss"
    phase: Phase = "backward"

    def place(self, builder: Any) -> Any:
        """Where the forward stood."""
        return builder.place(self.node)

    @property
    def self_ns(self) -> int:
        """Time inside the nodes; on a GPU, between the marks in its stream (waits for them)."""
        if not self.marks:
            return self.spent
        self.marks[-1][1].synchronize()
        return round(sum(first.elapsed_time(last) for first, last in self.marks) * 1e6)

    def release(self) -> None:
        """Let go of the tensors: the cycle that was made of it has them."""
        self.arrived, self.saved, self.gradients = [], [], []

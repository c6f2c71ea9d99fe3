"""The recorder of a training step: each call claims the nodes that it leaves in the graph."""

from __future__ import annotations

from typing import Any

import torch

from cyclesim.engine.recording.events import Event, Standing
from cyclesim.engine.recording.recorder import Recorder
from cyclesim.engine.training.graph import Graph

__all__ = ["StraightThrough", "TrainingRecorder"]


class StraightThrough(torch.autograd.Function):
    """Other numbers in place of a tensor; the gradient passes as if they were the tensor's own."""

    @staticmethod
    def forward(ctx: Any, old: torch.Tensor, new: torch.Tensor) -> torch.Tensor:
        return new.clone()

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        return gradient, None


class _Events(list[Any]):
    """Events, which claim their nodes as soon as they are there: a list, and not a method of the
    recorder, so that a recorder that needs no graph has nothing to ask.
    """

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self._graph = graph

    def append(self, event: Any) -> None:
        super().append(event)
        self._claim(len(self) - 1, event)

    def __setitem__(self, place: Any, event: Any) -> None:
        super().__setitem__(place, event)
        if isinstance(event, Event) and event.edits is not None:
            self._claim(place % len(self), event)

    def _claim(self, index: int, event: Any) -> None:
        if isinstance(event, Event):
            # Asking a tensor for its node is a torch function too: it is not the model's.
            with torch._C.DisableTorchFunction():
                self._graph.claim(index, event)


class TrainingRecorder(Recorder):
    """Records a forward that is to be differentiated.

    Attributes:
        graph: which event made which node.
    """

    def __init__(self, *how: Any, **options: Any) -> None:
        super().__init__(*how, **options)
        self.graph = Graph()
        self.events = _Events(self.graph)

    def add(self, event: Standing) -> None:
        """Record an event of backward or of the update."""
        events: list[Any] = self.events
        events.append(event)
        if self.gate is not None:
            self.gate.after(event)

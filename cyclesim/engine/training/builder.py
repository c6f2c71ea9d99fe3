"""From the events of a training step to cycles: the forward's as always, and what follows it."""

from __future__ import annotations

from typing import Any

from cyclesim.engine.building.builder import Builder
from cyclesim.engine.recording.events import Event, Standing
from cyclesim.engine.recording.functions import written
from cyclesim.engine.training.changes import update_cycle
from cyclesim.engine.training.cycles import backward_cycle
from cyclesim.engine.training.events import BackwardEvent
from cyclesim.engine.training.graph import named_tensors
from cyclesim.engine.training.update import UpdateEvent

__all__ = ["TrainingBuilder"]


class TrainingBuilder(Builder):
    """Makes the cycles of a training step.

    Attributes:
        gradients: name of the parameter that a gradient is of, by the gradient's id.
    """

    def __init__(self, *how: Any, **options: Any) -> None:
        super().__init__(*how, **options)
        self.gradients: dict[int, str] = {}

    def _add_standing(self, event: Standing) -> None:
        if isinstance(event, BackwardEvent):
            self._append(backward_cycle(event, self))
            event.release()
        elif isinstance(event, UpdateEvent):
            self._append(update_cycle(event, self))
            event.release()

    def _add(self, event: Event) -> None:
        before = len(self.cycles)
        super()._add(event)
        if len(self.cycles) == before or not self.gradients:
            return
        cycle = self.cycles[-1]
        given = [tensor for _, tensor in named_tensors(event.func, event.args, event.kwargs)]
        made = written(event.func, event.args, event.output)
        for values, tensors in ((cycle.inputs, given), (cycle.outputs, made)):
            for value, tensor in zip(values, tensors, strict=False):
                value.of = self.gradients.get(id(tensor))

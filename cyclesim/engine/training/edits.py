"""The edits of a training step, which are made again when the step runs again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import torch

from cyclesim.engine.recording.events import Event
from cyclesim.engine.recording.functions import written
from cyclesim.engine.recording.layout import Layout
from cyclesim.engine.training.update import UpdateEvent
from cyclesim.trace import Cycle

__all__ = ["Edits"]


class _Edit(NamedTuple):
    """What the user put in place of what a cycle wrote, by the names of its outputs."""

    cycle: Cycle
    tensors: Mapping[str, torch.Tensor]


class Edits:
    """What the user has put in place of what cycles wrote."""

    def __init__(self, made: Iterable[_Edit] = ()) -> None:
        self._made = {edit.cycle.number: edit for edit in made}

    def __len__(self) -> int:
        return len(self._made)

    def until(self, number: int) -> Edits:
        """Those of the cycles 0 to `number`."""
        return Edits(edit for at, edit in self._made.items() if at <= number)

    def add(self, cycle: Cycle, tensors: Mapping[str, torch.Tensor]) -> None:
        """`cycle` shall write these, by the names of its outputs."""
        earlier = self._made[cycle.number].tensors if cycle.number in self._made else {}
        self._made[cycle.number] = _Edit(cycle, {**earlier, **tensors})

    def written(self, cycle: Cycle, event: Event) -> list[torch.Tensor] | None:
        """What `cycle`, of the forward, shall write instead of what `event` did, if anything."""
        edit = self._made.get(cycle.number)
        if edit is None:
            return None
        named = zip(cycle.outputs, written(event.func, event.args, event.output), strict=True)
        return [edit.tensors.get(value.name, tensor.detach()) for value, tensor in named]

    def gradient(self, forward: int, name: str) -> torch.Tensor | None:
        """What the backward of cycle `forward` shall write under `name`, if anything else."""
        edits = (e for e in self._made.values() if e.cycle.forward == forward)
        return next((e.tensors[name] for e in edits if name in e.tensors), None)

    def put_into(self, event: UpdateEvent, number: int, layout: Layout) -> None:
        """Let cycle `number`, the update that has just run, have written something else."""
        edit = self._made.get(number)
        if edit is None:
            return
        event.replaced = True
        with torch.no_grad():
            for one in event.changed:
                of = f" of {layout.name_of(one.parameter)}"
                for name, tensor in (("value", one.parameter), *one.after.items()):
                    new = edit.tensors.get(name, edit.tensors.get(name + of))
                    if new is not None:
                        tensor.copy_(new)

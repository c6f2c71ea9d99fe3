"""From a step outside the model, of input preprocessing or of output, to its cycle."""

from __future__ import annotations

from collections.abc import Callable

import torch

from cyclesim.engine.building.flow import Flow
from cyclesim.engine.building.hosts import Hosts
from cyclesim.engine.building.shown import Shown
from cyclesim.engine.recording.data import storage_key
from cyclesim.engine.recording.events import HostEvent
from cyclesim.machine import Written
from cyclesim.trace import Cycle, Value

__all__ = ["HostCycles"]


class HostCycles:
    """Makes the cycles of one run's steps outside the model.

    Args:
        hosts: what these steps wrote, by identity.
        flow: told who wrote the tensors among it.
        shown: told which values show memory that lasts.
        source: the cycle that a tensor comes from, whoever wrote it.
    """

    def __init__(
        self,
        hosts: Hosts,
        flow: Flow,
        shown: Shown,
        source: Callable[[torch.Tensor], int | None],
    ) -> None:
        self._hosts = hosts
        self._flow = flow
        self._shown = shown
        self._source = source

    def make(self, event: HostEvent, number: int, at: int, *, edited: bool) -> Cycle:
        """Cycle `number`, of `event`, which is event number `at`."""
        step = event.step
        inputs = []
        for read in step.reads:
            value = self._hosts.value(read)
            value.source = self._source_of(read)
            inputs.append(value)
        outputs = self.outputs(event, number, at)
        return Cycle(
            number=number,
            unit=step.unit,
            step=step.step,
            path="",
            call=1,
            op=step.op,
            inputs=tuple(inputs),
            outputs=outputs,
            arguments=dict(step.arguments),
            nop=event.result.nop,
            phase=step.phase,
            token=step.token,
            self_ns=event.self_ns,
            note=event.result.note,
            edited=edited,
            device=outputs[0].device if outputs else "cpu",
        )

    def outputs(self, event: HostEvent, number: int, at: int) -> tuple[Value, ...]:
        """What cycle `number` wrote; whoever reads it from here on reads from this cycle."""
        outputs = []
        pairs = zip(event.result.outputs, event.copies, strict=True)
        for place, (item, copy) in enumerate(pairs):
            value = self._hosts.wrote(number, item, copy)
            if isinstance(item.value, torch.Tensor):
                self._flow.wrote(number, item.value)
            if item.lasting:
                self._shown.output(storage_key(copy)[0], value, at, place)
            outputs.append(value)
        return tuple(outputs)

    def _source_of(self, read: Written) -> int | None:
        if read.view_of is not None:
            return self._source_of(read.view_of)
        source = self._hosts.source(read)
        if source is None and isinstance(read.value, torch.Tensor):
            return self._source(read.value)
        return source

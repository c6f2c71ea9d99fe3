"""Letting go of what the events of a run hold, while their cycles stay.

The model may still hold some of these tensors and read them later: so they are watched until they
die, and who reads them is told where they came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch

from cyclesim.engine.building.flow import Flow
from cyclesim.engine.building.hosts import Hosts
from cyclesim.engine.recording.data import storage_key
from cyclesim.engine.recording.events import Event, HostEvent
from cyclesim.engine.recording.functions import tensors_in
from cyclesim.engine.recording.recorder import Recorder
from cyclesim.machine import HostResult

__all__ = ["Holding"]


class Holding:
    """What the events of `recorder` hold, after cycles were made of them.

    Args:
        recorder: whose events.
        flow, hosts: who wrote the tensors in them.
    """

    def __init__(self, recorder: Recorder, flow: Flow, hosts: Hosts) -> None:
        self._recorder = recorder
        self._flow = flow
        self._hosts = hosts
        self._forgotten = 0

    def forget(self, last: int) -> None:
        """Let go of the tensors of the events up to number `last`."""
        events = self._recorder.events
        for index in range(self._forgotten, min(last + 1, len(events))):
            event = events[index]
            if isinstance(event, Event):
                self._flow.let_go(tensors_in(event.output))
                events[index] = event._replace(args=(), kwargs={}, output=None)
        self._forgotten = max(self._forgotten, last + 1)
        self._recorder.overwrites.forget(last)

    def release(self, keys: set[int], first: int) -> list[int]:
        """Let go of the memory at `keys` in the events from number `first` on.

        Returns the numbers of the events whose outputs were let go of.
        """
        events, gone = self._recorder.events, []
        for index in range(first, len(events)):
            event = events[index]
            if isinstance(event, HostEvent):
                if any(_lies_in(item.value, keys) for item in event.result.outputs):
                    events[index] = self._emptied(event)
            elif event.edits is None and event.args:
                outputs = tensors_in(event.output)
                out = _any_in(outputs, keys)
                if out or _any_in(tensors_in((event.args, event.kwargs)), keys):
                    self._flow.let_go(outputs if out else ())
                    output = None if out else event.output
                    events[index] = event._replace(args=(), kwargs={}, output=output)
                    gone += [index] * out
        self._recorder.overwrites.release(keys)
        return gone

    def _emptied(self, event: HostEvent) -> HostEvent:
        for item in event.result.outputs:
            self._hosts.forget(item)
            if isinstance(item.value, torch.Tensor):
                self._flow.let_go([item.value])
        nothing = HostResult(())
        step = replace(event.step, reads=(), run=lambda: nothing)
        return event._replace(step=step, result=nothing, copies=())


def _any_in(tensors: Sequence[torch.Tensor], keys: set[int]) -> bool:
    return any(_lies_in(tensor, keys) for tensor in tensors)


def _lies_in(item: Any, keys: set[int]) -> bool:
    return isinstance(item, torch.Tensor) and storage_key(item)[0] in keys

"""Taking over from an earlier run what it made of the events that this run replays.

The cycles themselves are known. What has to be found out again is what the cycles to come will ask
for: who wrote the tensors that are handed back, and which module calls are still running.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch

from cyclesim.engine.building.flow import Flow
from cyclesim.engine.building.naming import Name, Namer
from cyclesim.engine.building.places import Places
from cyclesim.engine.building.shown import Shown
from cyclesim.engine.recording.data import TorchData, storage_key
from cyclesim.engine.recording.events import Event, Node
from cyclesim.engine.recording.functions import written
from cyclesim.trace import Cycle, Value

__all__ = ["NOTHING", "Adopter", "Known"]


class Known(NamedTuple):
    """What an earlier run made of the first events.

    Attributes:
        cycles: its cycles up to the one that is gone back to.
        names: what they are called.
        events: for each of them, the index of its event.
        end: how many events are replayed.

    Names and events may go on.
    """

    cycles: Sequence[Cycle] = ()
    names: Sequence[Name] = ()
    events: Sequence[int] = ()
    end: int = 0


#: Of a run that begins at its beginning.
NOTHING = Known()


class Adopter:
    """Takes over cycles of function calls, in order.

    Args:
        flow: told who wrote what they wrote.
        shown: told which values look at which memory.
        places, namer: told of them all, for the sake of the cycles that follow.
    """

    def __init__(self, flow: Flow, shown: Shown, places: Places, namer: Namer) -> None:
        self._flow = flow
        self._shown = shown
        self._places = places
        self._namer = namer
        self._taken: list[Cycle] = []
        self._node: Node | None = None

    def take(self, cycle: Cycle, event: Event, at: int) -> None:
        """`cycle` is that of `event`, which is event number `at`."""
        self._taken.append(cycle)
        self._node = event.node
        output = event.output
        if isinstance(output, torch.Tensor):
            self._wrote(cycle, cycle.outputs[0], output, at, 0)
            return
        results = written(event.func, event.args, output)
        for place, (value, tensor) in enumerate(zip(cycle.outputs, results, strict=True)):
            self._wrote(cycle, value, tensor, at, place)

    def _wrote(self, cycle: Cycle, value: Value, tensor: torch.Tensor, at: int, place: int) -> None:
        data = value.data
        if isinstance(data, TorchData) and data.tensor is tensor:
            storage = data.storage
            self._flow.wrote(cycle.number, tensor, storage, value)
        else:
            storage = storage_key(tensor)
            self._flow.wrote(cycle.number, tensor, storage)
        self._shown.output(storage[0], value, at, place)
        if cycle.inplace:
            self._flow.overwrote(cycle.number, storage[0])

    def settle(self) -> None:
        """For now these were the last."""
        if self._taken:
            self._places.adopt(self._taken, self._node)
            self._namer.adopt(self._taken)
            self._taken = []

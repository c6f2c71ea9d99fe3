"""Taking over from an earlier run what it made of the events that this run replays.

The cycles themselves are known. What has to be found out again is what the cycles to come will ask
for: who wrote the tensors that are handed back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch

from cyclesim.engine.building.flow import Flow
from cyclesim.engine.building.increments import Increments
from cyclesim.engine.building.naming import Name
from cyclesim.engine.building.shown import Shown
from cyclesim.engine.recording.data import TorchData, storage_key
from cyclesim.engine.recording.events import Event
from cyclesim.engine.recording.functions import overwritten, written
from cyclesim.trace import Cycle

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
    """Follows the dataflow through the function calls that one run replays.

    Args:
        known: whose cycles these are.
        flow: told who wrote what is handed back.
        shown: told which values look at which memory.
        increments: told of the cycles that work for a token.
        pass_on: follows a call that is no cycle.
        part_with: told what a call overwrote.
    """

    def __init__(
        self,
        known: Known,
        flow: Flow,
        shown: Shown,
        increments: Increments,
        pass_on: Callable[[Event], None],
        part_with: Callable[[Sequence[torch.Tensor]], None],
    ) -> None:
        self._known = known
        self._flow = flow
        self._shown = shown
        self._increments = increments
        self._pass_on = pass_on
        self._part_with = part_with

    def take(self, calls: Sequence[Event], at: int, number: int) -> int:
        """Take over what was made of `calls`, of which the first is event number `at`.

        Its cycles begin with `number`; the number that comes after them is returned.
        """
        cycles, made_of, count = self._known.cycles, self._known.events, len(self._known.cycles)
        wrote, show = self._flow.wrote, self._shown.output
        for index, event in enumerate(calls, at):
            if number == count or made_of[number] != index:
                self._pass_on(event)
                continue
            cycle, output = cycles[number], event.output
            value = cycle.outputs[0]
            data = value.data
            # Nearly always it wrote one tensor, the very one that is handed back.
            if isinstance(data, TorchData) and data.tensor is output and not cycle.inplace:
                wrote(number, output, data.storage, value)
                show(data.storage[0], value, index, 0)
            else:
                self._wrote(cycle, event, index)
            if cycle.token is not None:
                self._increments.add(cycle, event)
            number += 1
        return number

    def _wrote(self, cycle: Cycle, event: Event, at: int) -> None:
        if cycle.inplace:
            self._part_with(overwritten(event.func, event.args, event.kwargs))
        results = written(event.func, event.args, event.output)
        for place, (value, tensor) in enumerate(zip(cycle.outputs, results, strict=True)):
            storage = storage_key(tensor)
            same = isinstance(value.data, TorchData) and value.data.tensor is tensor
            self._flow.wrote(cycle.number, tensor, storage, value if same else None)
            self._shown.output(storage[0], value, at, place)
            if cycle.inplace:
                self._flow.overwrote(cycle.number, storage[0])

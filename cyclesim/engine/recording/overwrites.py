"""Copy on write: what a recording refers to is copied before the model writes over it.

A recording keeps references, so that it costs nothing to keep a tensor that nobody overwrites. The
outputs of a run are looked through by their memory only when something is about to be overwritten.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from cyclesim.engine.recording.data import storage_key
from cyclesim.engine.recording.events import Event, HostEvent, Standing
from cyclesim.engine.recording.functions import only_rearranges, written

__all__ = ["Overwrites"]


class Overwrites:
    """The numbers of one run that were overwritten later in it.

    Attributes:
        saved: what an output was when it was written: `saved[event index][output index]`.
        before: told the address of the memory that is about to be written to.
    """

    def __init__(self) -> None:
        self.saved: dict[int, dict[int, torch.Tensor]] = {}
        self.before: Callable[[int], None] | None = None
        #: Event, output and tensor, by the address of the memory, of the events looked at so far.
        self._written: dict[int, list[tuple[int, int, torch.Tensor]]] = {}
        self._indexed = 0

    def save(self, targets: Sequence[torch.Tensor], events: Sequence[Event | HostEvent]) -> None:
        """Copy what `events` wrote to the memory of `targets`, which is about to be written to."""
        if not targets:
            return
        for number in range(self._indexed, len(events)):
            for place, tensor in enumerate(_written_by(events[number])):
                if isinstance(tensor, torch.Tensor):
                    key = storage_key(tensor)[0]
                    self._written.setdefault(key, []).append((number, place, tensor))
        self._indexed = len(events)
        for target in targets:
            address = storage_key(target)[0]
            if self.before is not None:
                self.before(address)
            for number, place, tensor in self._written.pop(address, ()):
                self.saved.setdefault(number, {})[place] = tensor.detach().clone()

    def forget(self, last: int) -> None:
        """The events up to number `last` have been stored elsewhere: nothing to save of them."""
        self._indexed = max(self._indexed, last + 1)
        for key, places in list(self._written.items()):
            self._written[key] = [place for place in places if place[0] > last]
        for event in [event for event in self.saved if event <= last]:
            del self.saved[event]

    def release(self, keys: set[int]) -> None:
        """Nothing looks at the memory at `keys` any more."""
        for key in keys:
            self._written.pop(key, None)


def _written_by(event: Event | HostEvent | Standing) -> list[Any]:
    if isinstance(event, HostEvent):
        return [item.value for item in event.result.outputs]
    if isinstance(event, Standing):
        return []  # it writes to memory that nothing overwrites
    if only_rearranges(event.func, event.args):
        return []  # whoever wrote what it looks at has the copy
    return written(event.func, event.args, event.output)

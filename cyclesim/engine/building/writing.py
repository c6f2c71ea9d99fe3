"""What a call wrote: its outputs, and from here on who reads them reads from its cycle."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from cyclesim.engine.building.flow import Flow
from cyclesim.engine.building.reading import Read
from cyclesim.engine.building.shown import Shown
from cyclesim.engine.recording.data import storage_key, value_of
from cyclesim.engine.recording.layout import Layout
from cyclesim.trace import Value

__all__ = ["Writer"]


class Writer:
    """Describes the outputs of the calls of one run.

    Args:
        layout: whose memory must be copied to be kept.
        flow: told who wrote them.
        shown: told which values look at which memory.
        keep: refer to the tensors (False: shapes and names only).
    """

    def __init__(self, layout: Layout, flow: Flow, shown: Shown, *, keep: bool) -> None:
        self._layout = layout
        self._flow = flow
        self._shown = shown
        self._keep = keep

    def write(
        self, tensors: Sequence[torch.Tensor], read: Read, number: int, at: int
    ) -> tuple[tuple[Value, ...], bool]:
        """The outputs of cycle `number`, which is event number `at` and was given `read`.

        Also whether all of it is what it was given.
        """
        outputs, same = [], True
        for place, tensor in enumerate(tensors):
            storage = storage_key(tensor)
            address = storage[0]
            same = same and read.holds(tensor, address)
            label = "output" if len(tensors) == 1 else f"output {place}"
            if address in self._layout.memory:
                # Memory of the model itself (a buffer) can be written to when the run is over.
                value = value_of(label, tensor.clone(), keep=self._keep)
                self._flow.wrote(number, tensor, storage)
            else:
                value = value_of(label, tensor, keep=self._keep, storage=storage)
                self._flow.wrote(number, tensor, storage, value)
            self._shown.output(address, value, at, place)
            outputs.append(value)
        return tuple(outputs), same

"""A limit on the memory a recording takes: beyond it, the oldest numbers go to disk.

Without a limit a recording keeps a reference to everything the run computed. With one, the keeper
looks after each cycle at what is kept, and when it is too much, writes the numbers of the oldest
cycles to a temporary file and lets go of the tensors. They are still read from the trace as
before. The file has no name, so the system removes it with the last trace that reads from it.
"""

from __future__ import annotations

import os
import tempfile
import threading
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch

from cyclesim.engine.building.builder import Builder
from cyclesim.engine.building.increments import GrownData
from cyclesim.engine.recording.data import TorchData, storage_key, to_numpy
from cyclesim.engine.recording.events import AnyEvent, Node
from cyclesim.engine.recording.recorder import Recorder
from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.trace import Stats
from cyclesim.trace.tensor import Index, Raw

__all__ = ["Keep", "Keeper", "KeepingGate", "SpilledData"]

#: What stays readable: everything, what cycles wrote, or only minimum, maximum, mean, NaN and Inf.
Keep = Literal["all", "outputs", "stats"]


class _Spill:
    """An unnamed temporary file that tensors are appended to."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="cyclesim-")  # noqa: SIM115 — lives as we do
        self._lock = threading.Lock()
        self.size = 0

    def append(self, data: memoryview) -> int:
        start = self.size
        try:
            with self._lock:
                written = 0
                while written < len(data):
                    written += os.pwrite(self._file.fileno(), data[written:], start + written)
        except OSError as error:
            said = tr(
                "the numbers of this run do not fit into memory, and the temporary folder {folder} "
                "cannot take them ({why}): give a larger --memory, or --keep stats."
            )
            said = said.format(folder=tempfile.gettempdir(), why=error.strerror)
            raise CyclesimError(said) from None
        self.size += len(data)
        return start

    def read(self, start: int, stop: int) -> bytearray:
        buffer = bytearray(stop - start)
        with self._lock:
            if os.preadv(self._file.fileno(), [buffer], start) != len(buffer):
                raise CyclesimError(tr("the temporary file of this run was cut short."))
        return buffer


@dataclass(frozen=True, slots=True)
class SpilledData:
    """Numbers that were moved to disk; read back when asked for."""

    spill: _Spill
    start: int
    nbytes: int
    shape: tuple[int, ...]
    dtype: torch.dtype
    summary: Stats | None

    def read(self, index: Index = ...) -> np.ndarray:
        return to_numpy(self.tensor()[index])

    def stats(self) -> Stats:
        return TorchData(self.tensor()).stats() if self.summary is None else self.summary

    @property
    def storage(self) -> tuple[object, int]:
        # On disk, not in memory: nothing is kept alive.
        return (id(self.spill), self.start), 0

    def raw(self) -> Raw | None:
        return TorchData(self.tensor()).raw()

    def tensor(self) -> torch.Tensor:
        """All of them, read back."""
        if not self.nbytes:
            return torch.empty(self.shape, dtype=self.dtype)
        data = self.spill.read(self.start, self.start + self.nbytes)
        return torch.frombuffer(data, dtype=self.dtype).reshape(self.shape)


class Keeper:
    """Holds one run's recording to what may be kept.

    Args:
        keep: see `Keep`.
        memory: bytes of tensors to keep in memory; None for no limit.

    Attributes:
        let_go: whether anything was let go of, so that the run cannot be resumed from the record.
    """

    def __init__(
        self, recorder: Recorder, builder: Builder, keep: Keep = "all", memory: int | None = None
    ) -> None:
        self._recorder = recorder
        self._builder = builder
        self._keep = keep
        self._memory = memory
        self._spill: _Spill | None = None
        self._sizes: dict[int, int] = {}
        self._seen = 0
        self._oldest = 0
        self.let_go = False

    def update(self) -> None:
        """Look at the cycles that were built since the last call."""
        cycles = self._builder.cycles
        for cycle in cycles[self._seen :]:
            if self._keep != "all":
                for value in cycle.inputs:
                    value.data = None
            for value in cycle.outputs:
                if isinstance(value.data, TorchData):
                    key, nbytes = storage_key(value.data.tensor)
                    self._sizes[key] = nbytes
        self._seen = len(cycles)
        if self._keep == "stats":
            self._release(self._seen, to_disk=False)
        elif self._memory is not None:
            # The newest cycle stays: the model is about to read it.
            while self._kept > self._memory and self._oldest < self._seen - 1:
                self._release(self._oldest + 1, to_disk=True)

    def shelve(self) -> None:
        """The run is left behind: everything it still keeps in memory goes to disk."""
        self.update()
        if self._oldest < self._seen:
            self._release(self._seen, to_disk=True)
        self._store_grown()

    def settle(self) -> None:
        """The run has ended: what the model itself held until now goes, too, if it is too much."""
        if self._memory is not None and self._kept > self._memory:
            self._store_grown()

    @property
    def _kept(self) -> int:
        """Bytes of tensors in memory; of what grows, the newest."""
        grown = self._builder.increments.in_memory()
        return sum(self._sizes.values()) + sum(storage_key(tensor)[1] for tensor in grown)

    def _store_grown(self) -> None:
        for newest in self._builder.increments.newest:
            if newest.tensor is not None:
                newest.put_away(self._stored(newest.tensor, None).tensor)
                self.let_go = True

    def _release(self, until: int, *, to_disk: bool) -> None:
        self.let_go = True
        for cycle in self._builder.cycles[self._oldest : until]:
            for value in cycle.outputs:
                if isinstance(value.data, GrownData) and not to_disk:
                    value._stats, value.data = value.stats, None
                if isinstance(value.data, TorchData):
                    self._release_memory(storage_key(value.data.tensor)[0], to_disk=to_disk)
                if isinstance(value.data, TorchData):  # a copy of the trace's own
                    tensor, summary = value.data.tensor, value.stats
                    value.data = self._stored(tensor, summary) if to_disk else None
                    self._sizes.pop(storage_key(tensor)[0], None)
            for value in cycle.inputs:
                if value.kind in ("observed", "constant"):
                    value.data = None  # the cycle that wrote it has the numbers
        self._oldest = until
        self._builder.holding.forget(self._builder.event_of[until - 1])

    def _release_memory(self, key: int, *, to_disk: bool) -> None:
        """Let go of one piece of memory, wherever the trace looks at it."""
        outputs, inputs = self._builder.views_of(key)
        stored: dict[object, SpilledData] = {}
        for value in outputs:
            if isinstance(value.data, TorchData):
                tensor, summary = value.data.tensor, value.stats
                view = (tensor.shape, tensor.stride(), tensor.storage_offset(), tensor.dtype)
                if to_disk and view not in stored:
                    stored[view] = self._stored(tensor, summary)
                value.data = stored.get(view)
        for value in inputs:
            value.data = None  # some cycle wrote these numbers, and has them
        self._sizes.pop(key, None)

    def _stored(self, tensor: torch.Tensor, summary: Stats | None) -> SpilledData:
        self._spill = self._spill or _Spill()
        data = tensor.detach().cpu().resolve_conj().resolve_neg().contiguous()
        flat: Any = data.reshape(-1).view(torch.uint8).numpy() if data.numel() else np.empty(0)
        start = self._spill.append(memoryview(flat))
        return SpilledData(
            self._spill, start, data.numel() * data.element_size(), tuple(data.shape), data.dtype,
            summary,
        )  # fmt: skip


class KeepingGate:
    """Builds the cycles as the run goes, so that the keeper can look after each of them."""

    def __init__(self, builder: Builder, keeper: Keeper) -> None:
        self._builder = builder
        self._keeper = keeper

    def before(self, node: Node | None, call: Any, args: tuple[Any, ...]) -> None:
        pass

    def after(self, event: AnyEvent) -> AnyEvent:
        if self._builder.update():
            self._keeper.update()
        return event

"""A cache that grows by one position with every token, kept once and not once for each token.

The key-value cache of a layer is copied when a token is appended, so every token leaves a tensor
behind that begins with all the earlier ones: kept as they are, they take memory that grows with the
square of the length. But what the earlier one held is the beginning of the later one, bit for bit.
So what a trace shows of the earlier ones looks at the newest, and the memory of the others is free.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch

from cyclesim.engine.recording.data import TorchData, storage_key
from cyclesim.engine.recording.functions import op_name, same_view
from cyclesim.trace import Cycle, Stats, Value
from cyclesim.trace.tensor import Index, Raw

__all__ = ["GrownData", "Increments"]

_STEPS = frozenset({"key_cache", "value_cache", "repeat_kv.key", "repeat_kv.value"})


class _Newest:
    """The newest of the tensors that each begin with the one before."""

    def __init__(self, tensor: torch.Tensor) -> None:
        self.tensor: torch.Tensor | None = tensor
        self._read_back: Callable[[], torch.Tensor] | None = None

    def base(self) -> torch.Tensor:
        """It, read back from where it was put if it is not in memory."""
        if self.tensor is not None:
            return self.tensor
        assert self._read_back is not None
        return self._read_back()

    def put_away(self, read_back: Callable[[], torch.Tensor]) -> None:
        """It is stored elsewhere; `read_back` gets it from there."""
        self.tensor, self._read_back = None, read_back


class _View(NamedTuple):
    """How a tensor looks at another: for each of its dimensions the other's, and where it begins.

    A dimension is None where there is one place, or the same shown again.
    """

    shape: tuple[int, ...]
    dims: tuple[int | None, ...]
    start: tuple[int, ...]

    @classmethod
    def of(cls, view: torch.Tensor, base: torch.Tensor) -> _View | None:
        """How `view` looks at the memory of `base`; None where it cannot be said so simply."""
        if view.dtype != base.dtype:
            return None
        dims: list[int | None] = []
        for size, stride in zip(view.shape, view.stride(), strict=True):
            if size == 1 or stride == 0:
                dims.append(None)
                continue
            known = (d for d in range(base.dim()) if base.stride(d) == stride and base.shape[d] > 1)
            found = next(known, None)
            if found is None or found in dims:
                return None
            dims.append(found)
        rest = view.storage_offset() - base.storage_offset()
        start = [0] * base.dim()
        for d in sorted(range(base.dim()), key=lambda d: -base.stride(d)):
            if base.shape[d] > 1 and rest > 0:
                start[d], rest = divmod(rest, base.stride(d))
        ends = zip(view.shape, dims, strict=True)
        if rest or any(d is not None and start[d] + n > base.shape[d] for n, d in ends):
            return None
        return cls(tuple(view.shape), tuple(dims), tuple(start))

    def on(self, base: torch.Tensor) -> torch.Tensor:
        """The same view of another tensor, which begins with the same numbers."""
        strides = [0 if d is None else base.stride(d) for d in self.dims]
        offset = sum(n * base.stride(d) for d, n in enumerate(self.start))
        return torch.as_strided(base, self.shape, strides, base.storage_offset() + offset)


@dataclass(frozen=True, slots=True, eq=False)
class GrownData:
    """Numbers of a tensor that has grown since: the beginning of the newest."""

    newest: _Newest
    view: _View

    @property
    def tensor(self) -> torch.Tensor:
        """The tensor as it was."""
        return self.view.on(self.newest.base().detach())

    def read(self, index: Index = ...) -> np.ndarray:
        return TorchData(self.tensor).read(index)

    def stats(self) -> Stats:
        return TorchData(self.tensor).stats()

    @property
    def storage(self) -> tuple[object, int]:
        if self.newest.tensor is None:
            return id(self.newest), 0
        return storage_key(self.newest.tensor)

    def raw(self) -> Raw | None:
        return TorchData(self.tensor).raw()


class Increments:
    """The growing tensors of one run.

    Args:
        views_of: the outputs and inputs of a trace that look at a piece of memory.

    Attributes:
        newest: of each tensor that grows, or has grown, the newest.
    """

    def __init__(self, views_of: Callable[[int], tuple[list[Value], list[Value]]]) -> None:
        self._views_of = views_of
        self.newest: list[_Newest] = []
        self._newest: dict[tuple[str, str], _Newest] = {}
        self._free: set[int] = set()

    def add(self, cycle: Cycle, event: Any) -> None:
        """Cycle `cycle` has just run; its output may go on with an earlier one."""
        new = event.output
        if cycle.token is None or cycle.step not in _STEPS or not isinstance(new, torch.Tensor):
            return
        place = (cycle.path, cycle.step)
        newest, read = self._newest.get(place), _first(event)
        before = newest.tensor if newest is not None else None
        if newest is None or before is None or not _goes_on(before, new, event):
            newest = self._newest[place] = _Newest(new)
            self.newest.append(newest)
        else:
            self._fold(before, newest)
        if read is not None and read is not before and _goes_on(read, new, event):
            self._fold(read, newest)  # a beam search has reordered what was there before
        newest.tensor = new
        value, view = cycle.outputs[0], _View.of(new, new)
        if isinstance(value.data, TorchData) and view is not None:
            value.data = GrownData(newest, view)

    def freed(self) -> set[int]:
        """The pieces of memory that nothing in the trace looks at any more, since the last call."""
        free, self._free = self._free, set()
        return free

    def in_memory(self) -> list[torch.Tensor]:
        """The newest of each, as far as they are in memory."""
        return [n.tensor for n in self.newest if n.tensor is not None]

    def _fold(self, old: torch.Tensor, newest: _Newest) -> None:
        """Let whatever looks at `old` look at the newest."""
        key = storage_key(old)[0]
        outputs, inputs = self._views_of(key)
        for value in (*outputs, *inputs):
            if isinstance(value.data, TorchData) and storage_key(value.data.tensor)[0] == key:
                view = _View.of(value.data.tensor, old)
                if view is not None:
                    value.data = GrownData(newest, view)
        self._free.add(key)


def _first(event: Any) -> torch.Tensor | None:
    """The first of the tensors that were joined."""
    if op_name(event.func) != "cat" or not event.args:
        return None
    parts = event.args[0]
    return parts[0] if isinstance(parts, (tuple, list)) and parts else None


def _goes_on(old: torch.Tensor, new: torch.Tensor, event: Any) -> bool:
    """Whether `new` begins with `old`, and goes on along one dimension."""
    if old.dim() != new.dim() or old.dtype != new.dtype:
        return False
    longer = [d for d in range(new.dim()) if old.shape[d] != new.shape[d]]
    if len(longer) != 1 or old.shape[longer[0]] > new.shape[longer[0]]:
        return False
    read = _first(event)
    if read is not None and same_view(read, old):
        return True  # joining copies bits
    return torch.equal(new.narrow(longer[0], 0, old.shape[longer[0]]), old)

"""Who wrote a tensor: followed by identity, through wiring, from the writer to the readers."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import torch

from cyclesim.engine.recording.data import storage_key
from cyclesim.trace import Value

__all__ = ["Flow", "Origin"]


#: Makes a named tuple without its Python constructor.
_new = tuple.__new__


class Origin(NamedTuple):
    """Where a tensor comes from.

    Attributes:
        cycle: the cycle that wrote it.
        storage: the memory it lies in (see `storage_key`), where that has been asked for.
        value: how the trace describes this very tensor; None for another view of what was written.
        held: the tensor, or a weak reference to it.
    """

    cycle: int
    storage: tuple[int, int] | None
    value: Value | None
    held: Any


class Flow:
    """The origins of one run's tensors, by id.

    Ids are only unique while the object lives, so each is held or, once let go of, watched.
    """

    def __init__(self) -> None:
        self._origins: dict[int, Origin] = {}

    def of(self, tensor: torch.Tensor) -> Origin | None:
        """Where `tensor` comes from, if a cycle wrote it."""
        return self._origins.get(id(tensor))

    def wrote(
        self,
        cycle: int,
        tensor: torch.Tensor,
        storage: tuple[int, int] | None = None,
        value: Value | None = None,
    ) -> None:
        """`cycle` wrote `tensor`, or the memory that it looks at."""
        # Most of what wiring makes is handed to other wiring: nobody asks where it lies.
        self._origins[id(tensor)] = _new(Origin, (cycle, storage, value, tensor))

    def overwrote(self, cycle: int, address: int) -> None:
        """`cycle` wrote over what lay there: that is seen through every view of this memory."""
        for name, origin in self._origins.items():
            storage = origin.storage or storage_key(origin.held)
            if storage[0] == address:
                self._origins[name] = _new(Origin, (cycle, storage, None, origin.held))
            elif origin.storage is None:
                self._origins[name] = origin._replace(storage=storage)

    def let_go(self, tensors: Sequence[torch.Tensor]) -> None:
        """Hold these no longer. When one dies, its id may be given to another tensor."""
        for tensor in tensors:
            name = id(tensor)
            origin = self._origins.get(name)
            if origin is not None:
                watch = weakref.ref(tensor, partial(self._gone, name))
                storage = origin.storage or storage_key(tensor)
                self._origins[name] = origin._replace(storage=storage, held=watch)

    def _gone(self, name: int, _: object) -> None:
        self._origins.pop(name, None)

    def clear(self) -> None:
        """Let go of everything."""
        self._origins.clear()

"""What a call was given: its tensors, each with where it comes from, and the rest as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple

import torch

from cyclesim.engine.building.flow import Flow, Origin
from cyclesim.engine.building.hosts import Hosts
from cyclesim.engine.building.shown import Shown
from cyclesim.engine.recording.data import dtype_name, read_as, storage_key, value_of
from cyclesim.engine.recording.events import Event
from cyclesim.engine.recording.functions import (
    LEAVES,
    argument_names,
    same_view,
    tensors_in,
    traits,
)
from cyclesim.engine.recording.layout import Layout
from cyclesim.trace import Value

__all__ = ["Read", "Reader"]

#: Makes a named tuple without its Python constructor.
_new = tuple.__new__


class Read(NamedTuple):
    """What a call was given.

    Attributes:
        values: its tensors, as the trace shows them.
        tensors, addresses: the same, and where their memory is.
        weights: names of the model's own tensors among them, without the modules' paths.
        arguments: the rest, as text.
    """

    values: list[Value]
    tensors: list[torch.Tensor]
    addresses: list[int]
    weights: list[str]
    arguments: dict[str, str]

    def holds(self, tensor: torch.Tensor, address: int) -> bool:
        """Whether one of the tensors is `tensor`, or looks at the same numbers."""
        if address not in self.addresses:  # nearly always
            return False
        for given, at in zip(self.tensors, self.addresses, strict=True):
            if given is tensor or (at == address and same_view(tensor, given)):
                return True
        return False


class Reader:
    """Reads the arguments of the calls of one run.

    Args:
        layout: whose parameters and buffers are told by name.
        flow: who wrote the other tensors.
        shown: told which values look at which memory.
        hosts: what the steps outside the model gave it.
        keep: refer to the tensors (False: shapes and names only).
    """

    def __init__(
        self, layout: Layout, flow: Flow, shown: Shown, hosts: Hosts, *, keep: bool
    ) -> None:
        self._layout = layout
        self._flow = flow
        self._shown = shown
        self._hosts = hosts
        self._keep = keep

    def read(self, event: Event, targets: Sequence[torch.Tensor]) -> Read:
        """The arguments of `event`, which overwrote `targets`: tensors and the rest, by name."""
        read: Read = _new(Read, ([], [], [], [], {}))
        fused = traits[event.func].name == "scaled_dot_product_attention"
        for name, value in _named(event):
            if value is None or name[0] == "_":  # that is private to torch
                continue
            if isinstance(value, torch.Tensor):
                self._take(name, value, read, fused)
                continue
            tensors = () if type(value) in LEAVES else tensors_in(value)
            for place, tensor in enumerate(tensors):
                self._take(f"{name}[{place}]", tensor, read, fused)
            if not tensors:
                read.arguments[name] = _text(value)
        if targets:
            at = {storage_key(target)[0] for target in targets}
            for given, address in zip(read.values, read.addresses, strict=True):
                if address in at:
                    given.data = None  # it holds the new numbers by now
        return read

    def _take(self, name: str, tensor: torch.Tensor, read: Read, fused: bool) -> None:
        """Add one tensor to what a call was given."""
        own = self._layout.own.get(id(tensor))
        if own is not None:
            value = read_as(name, own.value, None, own.value.kind, keep=self._keep)
            address = own.address
            read.weights.append(own.last)
        elif (origin := self._flow.of(tensor)) is not None:
            value, address = self._observed(name, tensor, origin, fused)
        else:
            value, address = self._constant(name, tensor, read)
        read.values.append(value)
        read.tensors.append(tensor)
        read.addresses.append(address)

    def _observed(
        self, name: str, tensor: torch.Tensor, origin: Origin, fused: bool
    ) -> tuple[Value, int]:
        """An argument that a cycle wrote, and the address of its memory."""
        source, storage = origin.cycle, origin.storage or storage_key(tensor)
        address = storage[0]
        # A copy that wiring made (`contiguous`) would be kept twice: its producer has the numbers.
        # A fused attention is recomputed from exactly what it read: there it is kept.
        keep = self._keep and (fused or address in self._shown)
        if origin.value is not None:
            value = read_as(name, origin.value, source, "observed", keep=keep)
        else:
            value = value_of(name, tensor, source=source, keep=keep, storage=storage)
        if keep:
            self._shown.input(address, value)
        else:
            value.data = self._hosts.data(tensor, address)
        return value, address

    def _constant(self, name: str, tensor: torch.Tensor, read: Read) -> tuple[Value, int]:
        """An argument that no cycle wrote, and the address of its memory."""
        storage = storage_key(tensor)
        owner = self._layout.memory.get(storage[0])
        if owner is not None:  # a view of a weight
            shown = self._layout.shown(tensor, id(owner.tensor))
            read.weights.append(owner.last)
            kind, parameter = owner.value.kind, owner.value.parameter
            value = value_of(name, shown, kind=kind, parameter=parameter, keep=self._keep)
            return value, storage[0]
        value = value_of(name, tensor, kind="constant", keep=self._keep, storage=storage)
        if self._keep:
            self._shown.input(storage[0], value)
        else:
            value.data = self._hosts.data(tensor, storage[0])
        return value, storage[0]


def _named(event: Event) -> Iterable[tuple[str, Any]]:
    """The arguments of a call with their names."""
    args = event.args
    named = zip(argument_names(event.func, args), args, strict=False)
    return chain(named, event.kwargs.items()) if event.kwargs else named


def _text(value: Any) -> str:
    if isinstance(value, torch.dtype):
        return dtype_name(value)
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"

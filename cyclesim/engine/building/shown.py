"""Which values of a trace look at which piece of memory, so that none shows what came later.

A recording keeps references. When a function writes over memory, whoever showed it must show the
copy that was saved before, or nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import torch

from cyclesim.engine.recording.data import TorchData
from cyclesim.trace import Value

__all__ = ["Shown"]


class Shown:
    """The values of one run that show memory which may be written over, by its address."""

    def __init__(self) -> None:
        self._outputs: defaultdict[int, list[tuple[Value, int, int]]] = defaultdict(list)
        self._inputs: defaultdict[int, list[Value]] = defaultdict(list)
        # Little is ever written over: what is new is only noted, and put in order when asked for.
        self._written: list[tuple[int, Value, int, int]] = []
        self._read: list[tuple[int, Value]] = []
        self._addresses: set[int] = set()

    def __contains__(self, address: int) -> bool:
        """Whether some cycle's output lies there."""
        return address in self._addresses

    def output(self, address: int, value: Value, event: int, place: int) -> None:
        """`value` is output number `place` of `event`."""
        self._addresses.add(address)
        self._written.append((address, value, event, place))

    def input(self, address: int, value: Value) -> None:
        """`value` was read."""
        self._read.append((address, value))

    def _put_in_order(self) -> None:
        for address, value, event, place in self._written:
            self._outputs[address].append((value, event, place))
        for address, value in self._read:
            self._inputs[address].append(value)
        self._written.clear()
        self._read.clear()

    def forget(self, values: Iterable[Value]) -> None:
        """These outputs are shown by another run."""
        self._put_in_order()
        gone = {id(value) for value in values}
        for kept in self._outputs.values():
            kept[:] = [entry for entry in kept if id(entry[0]) not in gone]

    def part_with(
        self, address: int, saved: Mapping[int, Mapping[int, torch.Tensor]], keep: bool
    ) -> None:
        """Something wrote over this memory; `saved` has what was there, by event and place.

        Views of the old numbers that were inputs have no copy of their own; the cycle that wrote
        them has, and says so.
        """
        self._put_in_order()
        self._addresses.discard(address)
        for value, event, place in self._outputs.pop(address, ()):
            if _looks_at(value, address):
                copy = saved.get(event, {}).get(place)
                value.data = TorchData(copy) if copy is not None and keep else None
        for value in self._inputs.pop(address, ()):
            if _looks_at(value, address):
                value.data = None

    def take(self, address: int) -> tuple[list[Value], list[Value]]:
        """The outputs and inputs that look at this memory; tracked no more."""
        self._put_in_order()
        self._addresses.discard(address)
        outputs = [value for value, _, _ in self._outputs.pop(address, ())]
        return outputs, self._inputs.pop(address, [])

    def clear(self) -> None:
        """Track nothing."""
        self._outputs.clear()
        self._inputs.clear()
        self._written.clear()
        self._read.clear()
        self._addresses.clear()


def _looks_at(value: Value, address: int) -> bool:
    """Whether the numbers are still there, and not in a copy or on disk."""
    return value.data is not None and value.data.storage[0] == address

"""What the steps outside the model wrote and read: token ids, masks, logits, answers."""

from __future__ import annotations

from dataclasses import replace

import torch

from cyclesim.engine.recording.data import TorchData, storage_key, value_of
from cyclesim.machine import Written
from cyclesim.trace import ArrayData, TensorData, Value

__all__ = ["Hosts"]


class Hosts:
    """The arrays and tensors that pass between the steps outside the model, and into it.

    Args:
        keep: keep references to the numbers (False: shapes and names only).
    """

    def __init__(self, keep: bool) -> None:
        self._keep = keep
        # By id; what has the id is held beside, or by the event.
        self._writers: dict[int, tuple[Written, int]] = {}
        self._given: dict[int, Value] = {}
        self._given_at: dict[int, Value] = {}

    def wrote(self, cycle: int, item: Written, copy: object) -> Value:
        """`cycle` wrote `item`; `copy` is what nobody else can write to."""
        self._writers[id(item)] = (item, cycle)
        value = self.value(replace(item, value=copy))
        if isinstance(item.value, torch.Tensor) and not item.lasting:
            self._given[id(item.value)] = value
            self._given_at[storage_key(item.value)[0]] = value
        return value

    def source(self, item: Written) -> int | None:
        """The cycle that wrote `item`."""
        known = self._writers.get(id(item))
        return None if known is None else known[1]

    def forget(self, item: Written) -> None:
        """Nobody reads `item` any more."""
        self._writers.pop(id(item), None)

    def value(self, item: Written) -> Value:
        """`item` as the trace shows it."""
        if isinstance(item.value, torch.Tensor):
            value = value_of(item.name, item.value, keep=self._keep)
            value.words = item.words
            return value
        array = item.value
        return Value(
            name=item.name,
            shape=tuple(array.shape),
            dtype=str(array.dtype),
            nbytes=array.nbytes,
            data=ArrayData(array) if self._keep else None,
            words=item.words,
        )

    def data(self, tensor: torch.Tensor, address: int) -> TensorData | None:
        """The numbers of an input of the run, or of a view of all of it: its copy has them."""
        given = self._given.get(id(tensor))
        if given is not None:
            return given.data
        given = self._given_at.get(address)
        if given is None or not isinstance(given.data, TorchData):
            return None
        copy = given.data.tensor
        whole = copy.numel() == tensor.numel() and copy.dtype == tensor.dtype
        if whole and copy.is_contiguous() and tensor.is_contiguous():
            return TorchData(copy.view(tensor.shape))
        return None

    def clear(self) -> None:
        """Let go of everything."""
        self._writers.clear()
        self._given.clear()
        self._given_at.clear()

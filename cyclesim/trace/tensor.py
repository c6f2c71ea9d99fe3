"""A tensor of a run, as the views see it: its label, and a way to read the numbers behind it.

A view never holds a torch tensor. It holds a `Value`, whose `data` knows how to hand out a NumPy
slice. Where the numbers live (a torch tensor on a GPU, an array, a mapped file) is the business of
whoever made the `TensorData`, so a trace can be shown on a machine that has no torch at all.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np

from cyclesim.errors import CyclesimError
from cyclesim.language import tr

__all__ = ["ArrayData", "Index", "Kind", "Missing", "Raw", "Stats", "TensorData", "Value"]

#: What `ndarray.__getitem__` takes. Slicing happens where the tensor lives, before any copy.
Index = Any

#: What a shown tensor is: seen in the run, a weight, a buffer, an input that no cycle produced,
#: computed beside the run, or what the model's head would say of an intermediate state.
Kind = Literal["observed", "parameter", "buffer", "constant", "recomputed", "probe"]

#: Why a file has no numbers for a tensor: it is the model's own, an input of a trace that was saved
#: with its outputs only, saved with statistics only, or of a type that no file can hold.
Missing = Literal["", "model", "outputs", "stats", "type"]


class Stats(NamedTuple):
    """Summary of a tensor. `min`, `max` and `mean` leave NaN out; NaN where nothing is left."""

    min: float
    max: float
    mean: float
    nan: int
    inf: int

    @classmethod
    def of(cls, array: np.ndarray) -> Stats:
        """Summarise `array` of any numeric or boolean dtype; of complex numbers the magnitudes."""
        values = np.asarray(array)
        if values.dtype.kind == "c":
            values = np.abs(values)
        if values.size == 0:
            return cls(math.nan, math.nan, math.nan, 0, 0)
        if values.dtype.kind in "biu":
            return cls(float(values.min()), float(values.max()), float(values.mean()), 0, 0)
        with np.errstate(invalid="ignore"):
            low, high = float(values.min()), float(values.max())
        if math.isfinite(low) and math.isfinite(high):
            # NaN and Inf would have come through: three passes and no copy do for nearly all.
            return cls(low, high, float(values.mean(dtype=np.float64)), 0, 0)
        nans = int(np.isnan(values).sum())
        infs = int(np.isinf(values).sum())
        if nans == values.size:
            return cls(math.nan, math.nan, math.nan, nans, infs)
        with np.errstate(invalid="ignore", over="ignore"):
            mean = float(np.nanmean(values, dtype=np.float64))
        return cls(float(np.nanmin(values)), float(np.nanmax(values)), mean, nans, infs)


@dataclass(frozen=True, slots=True)
class Raw:
    """The bytes of a tensor as they lie in memory: what a file keeps, whatever the type.

    Attributes:
        storage: equal for tensors that share memory.
        dtype: the true type, also where NumPy has none (`bfloat16`).
        offset, strides: where the elements are in the storage, in bytes; never negative.
        fetch: the bytes of the storage from one offset to another.
    """

    storage: object
    dtype: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    fetch: Callable[[int, int], np.ndarray]


@runtime_checkable
class TensorData(Protocol):
    """Where the numbers of a tensor are."""

    def read(self, index: Index = ...) -> np.ndarray:
        """Return `tensor[index]` as a fresh NumPy array (bfloat16 comes as float32)."""

    def stats(self) -> Stats:
        """Summarise the whole tensor, where it lives."""

    @property
    def storage(self) -> tuple[object, int]:
        """A key that tensors sharing memory have in common, and that memory's size in bytes."""

    def raw(self) -> Raw | None:
        """The bytes themselves; None where they cannot be had (no memory of its own)."""


@dataclass(frozen=True, slots=True)
class ArrayData:
    """Numbers that are already in a NumPy array."""

    array: np.ndarray

    def read(self, index: Index = ...) -> np.ndarray:
        return np.array(self.array[index])

    def stats(self) -> Stats:
        return Stats.of(self.array)

    @property
    def storage(self) -> tuple[object, int]:
        return id(self.array), self.array.nbytes

    def raw(self) -> Raw | None:
        if self.array.dtype.kind not in "biufc":
            return None
        dtype = self.array.dtype.newbyteorder("<")
        flat = np.ascontiguousarray(self.array, dtype).reshape(-1).view(np.uint8)
        strides = tuple(
            dtype.itemsize * math.prod(self.array.shape[i + 1 :]) for i in range(self.array.ndim)
        )
        return Raw(
            ("array", id(self.array)),
            dtype.name,
            0,
            self.array.shape,
            strides,
            lambda start, stop: flat[start:stop],
        )


@dataclass(slots=True, repr=False)
class Value:
    """One tensor read or written by a cycle.

    Attributes:
        name: the argument's name in the torch function (`input`, `weight`, …) or the output's.
        shape, dtype, device, nbytes: as torch has them; dtype without the `torch.` prefix.
        source: for an input, the number of the cycle that produced it, through wiring; None for
            weights, buffers and constants.
        kind: see `Kind`.
        parameter: qualified name when it is a parameter or buffer of the model.
        data: where the numbers are, or None where they were not kept.
        of: for the gradient of a parameter, its new value or what an optimizer remembers of it, the
            qualified name of the parameter.
        words: one string per row where the rows have names of their own (tokens, labels).
        missing: why a saved trace has no numbers for it (see `Missing`).
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    device: str = "cpu"
    nbytes: int = 0
    source: int | None = None
    kind: Kind = "observed"
    parameter: str | None = None
    data: TensorData | None = None
    words: tuple[str, ...] | None = None
    missing: Missing = ""
    of: str | None = None
    _stats: Stats | None = field(default=None, repr=False, compare=False)

    def __repr__(self) -> str:
        origin = self.parameter or (self.kind if self.source is None else f"from {self.source}")
        return f"<Value {self.name} {list(self.shape)} {self.dtype}, {origin}>"

    @property
    def kept(self) -> bool:
        """Whether the numbers can be read."""
        return self.data is not None

    def numpy(self, index: Index = ...) -> np.ndarray:
        """The numbers (or the slice `index` of them) as a new NumPy array.

        Raises:
            CyclesimError: the numbers were not kept.
        """
        if self.data is None:
            raise CyclesimError(self._why())
        return self.data.read(index)

    @property
    def stats(self) -> Stats:
        """Minimum, maximum, mean, NaN and Inf counts; computed once, on first use."""
        if self._stats is None:
            if self.data is None:
                return Stats(math.nan, math.nan, math.nan, 0, 0)
            self._stats = self.data.stats()
        return self._stats

    def _why(self) -> str:
        kept = " (keep='outputs')" if self.missing == "outputs" else ""
        said = tr("the values of {name!r} {shape} were not kept{kept} in this trace.")
        if self.missing == "model":
            said = tr(
                "the values of {name!r} {shape} were not kept: the {kind}{owned} belongs to the "
                "model, not to a trace file."
            )
        elif self.missing == "stats":
            said = tr(
                "the values of {name!r} {shape} were not kept: this trace was saved with "
                "statistics only (keep='stats')."
            )
        elif self.missing == "type":
            said = tr(
                "the values of {name!r} {shape} were not kept: a trace file cannot hold this "
                "{dtype} tensor."
            )
        elif self.source is not None:
            said = tr(
                "the values of {name!r} {shape} were not kept{kept} in this trace; read them from "
                "the output of cycle {source}."
            )
        return said.format(
            name=self.name,
            shape=list(self.shape),
            kept=kept,
            kind=tr(self.kind),
            owned=f" {self.parameter!r}" if self.parameter else "",
            dtype=self.dtype,
            source=self.source,
        )

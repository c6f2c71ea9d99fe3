"""What a fused attention kernel kept to itself, recomputed beside it when it is looked at.

The two tensors stand among those of the cycle, as `Value`s of the kind *recomputed*. Nothing is
computed before one of them is read; then both are, once, and kept as long as the cycle is among the
last few that were looked at.
"""

from __future__ import annotations

import math
from collections import OrderedDict

import numpy as np

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.trace import Cycle, Stats, Value
from cyclesim.trace.attention import RecomputedAttention, is_fused_attention, recompute_attention
from cyclesim.trace.tensor import Index, Raw

__all__ = ["Beside", "BesideCache"]

#: More scores than this are not recomputed: three such arrays of float64 are held at once.
LARGEST = 1 << 25
#: So many cycles are remembered.
REMEMBERED = 4


class Beside:
    """Scores and probabilities of one fused attention cycle."""

    def __init__(self, cycle: Cycle) -> None:
        self.cycle = cycle
        self._made: RecomputedAttention | None = None
        self.values = tuple(self._value(name) for name in ("probabilities", "scores"))

    def _value(self, name: str) -> Value:
        given = {v.name: v for v in self.cycle.inputs}
        query, key = given["query"].shape, given["key"].shape
        shape = (*query[:-1], key[-2])
        nbytes = 8 * math.prod(shape)
        data = _Lazy(self, name)
        return Value(name, shape, "float64", nbytes=nbytes, kind="recomputed", data=data)

    @property
    def made(self) -> RecomputedAttention:
        """Both tensors, and how far they are from what the kernel wrote.

        Raises:
            CyclesimError: what the kernel read was not kept, or there are too many scores.
        """
        if self._made is None:
            count = math.prod(self.values[0].shape)
            if count > LARGEST:
                said = tr("{count} scores are too many to recompute beside the run.")
                raise CyclesimError(said.format(count=f"{count:,}"))
            self._made = recompute_attention(self.cycle)
        return self._made


class _Lazy:
    """One of the two, read through to `Beside.made`."""

    def __init__(self, beside: Beside, name: str) -> None:
        self._beside, self._name = beside, name

    @property
    def _value(self) -> Value:
        value: Value = getattr(self._beside.made, self._name)
        return value

    def read(self, index: Index = ...) -> np.ndarray:
        return self._value.numpy(index)

    def stats(self) -> Stats:
        return self._value.stats

    @property
    def storage(self) -> tuple[object, int]:
        return id(self._beside), 0

    def raw(self) -> Raw | None:
        return None


class BesideCache:
    """The last few, so that looking to and fro computes nothing twice."""

    def __init__(self) -> None:
        self._known: OrderedDict[int, Beside] = OrderedDict()

    def of(self, cycle: Cycle) -> Beside | None:
        """What can be recomputed beside `cycle`; None where nothing can."""
        if not is_fused_attention(cycle):
            return None
        if not {"query", "key"} <= {v.name for v in cycle.inputs}:
            return None
        found = self._known.get(id(cycle))
        if found is None or found.cycle is not cycle:
            found = self._known[id(cycle)] = Beside(cycle)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        self._known.move_to_end(id(cycle))
        return found

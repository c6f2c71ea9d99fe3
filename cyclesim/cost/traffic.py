"""Bytes that a cycle reads and writes, by its data: *logical traffic*.

It is what the computation asks for, not what a cache or a memory bus saw: every input is read once
and every output written once. A broadcast operand is read once, at its own size; an embedding reads
the rows it looks up, not its whole table; a NOP moves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import NamedTuple

from cyclesim.cost.names import canonical
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.tensor import Value

__all__ = ["Traffic", "traffic"]


class Traffic(NamedTuple):
    """Logical bytes."""

    read: int
    written: int


#: These look rows up in their first operand (or in `weight`) and read only those.
_LOOKUPS = frozenset(
    "embedding gather index_select take take_along_dim index getitem masked_select".split()
)
#: Names that the looked-up table goes by.
_TABLES = ("weight", "input", "self")


def traffic(cycle: Cycle) -> Traffic:
    """Bytes read and written by `cycle`. Never raises."""
    if cycle.nop:
        return Traffic(0, 0)
    name = canonical(cycle.op)
    written = _total(cycle.outputs)
    if cycle.forward is not None:
        return Traffic(_total(v for v in cycle.inputs if not _is_part(v)), written)
    if name == "setitem":
        # `x[i] = y` writes y's elements, not the whole of x.
        values = [v for v in cycle.inputs if v.name in ("value", "v")]
        moved = _total(v for v in cycle.inputs if v.name not in ("input", "self"))
        return Traffic(moved, min(written, _total(values)) if values else written)
    if name in _LOOKUPS and cycle.inputs and cycle.outputs:
        table = _table(name, cycle.inputs)
        rows = min(written, _size(table))
        return Traffic(rows + _total(v for v in cycle.inputs if v is not table), written)
    return Traffic(_total(cycle.inputs), written)


def _is_part(value: Value) -> bool:
    """One of several gradients that autograd has added up before the cycle reads their sum."""
    return value.name.startswith("grad ") and value.name.endswith("]")


def _table(name: str, inputs: tuple[Value, ...]) -> Value:
    if name == "embedding":
        found = next((v for v in inputs if v.name == "weight"), None)
        # Without names: the table is the one that is not integer.
        return found or next((v for v in inputs if "int" not in v.dtype), inputs[-1])
    return next((v for v in inputs if v.name in _TABLES), inputs[0])


def _total(values: Iterable[Value]) -> int:
    return sum(map(_size, values))


def _size(value: Value) -> int:
    nbytes = value.nbytes or prod(value.shape) * _width(value.dtype)
    if value.data is not None:
        # An expanded tensor repeats the same memory: it cannot read more than it has.
        stored = value.data.storage[1]
        if 0 < stored < nbytes:
            return stored
    return nbytes


def _width(dtype: str) -> int:
    """Bytes of an element, from its name: `float32` is 4, `bool` 1; unknown is 0."""
    if dtype == "bool":
        return 1
    if dtype.startswith("float8"):
        return 1
    digits = "".join(c for c in dtype if c.isdigit())
    return int(digits) // 8 if digits in ("8", "16", "32", "64", "128") else 0

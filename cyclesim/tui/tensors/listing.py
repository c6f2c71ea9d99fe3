"""Tensors that are names more than numbers (tokens, ids, spans, labels), as small tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cyclesim.language import N_, tr
from cyclesim.trace import Header, Value
from cyclesim.tui.words.text import number, printable

__all__ = ["Listing", "is_listed", "listing_of", "rows_of"]

#: What the words of a tensor are called, by the tensor's name.
_TITLES = {"labels": N_("label"), "spans": N_("entity")}


@dataclass(frozen=True, slots=True)
class Listing:
    """A small table. `columns` names them, `rows` are texts, `numeric` says which are numbers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]


def is_listed(value: Value) -> bool:
    """Whether `value` is shown as a table: whole numbers or words, a few in each row."""
    shape = value.shape
    if len(shape) > 2 or not shape:
        return False
    listed = tuple(s for i, s in enumerate(shape) if s != 1 or i == len(shape) - 1)
    whole = value.dtype.startswith(("int", "uint", "bool"))
    return (len(listed) < 2 or listed[1] <= 6) and (whole or value.words is not None)


def rows_of(value: Value) -> int:
    """How many rows the table of `value` has."""
    shape = value.shape
    return shape[1] if len(shape) == 2 and shape[0] == 1 and shape[1] != 2 else shape[0]


def listing_of(value: Value, header: Header) -> Listing:
    """`value` as a table: its words or tokens, and its numbers."""
    array: Any = np.asarray(value.numpy())
    count = rows_of(value)
    if array.ndim == 2 and len(array) != count:
        array = array[0]
    columns: list[tuple[str, list[str]]] = []
    words = value.words if value.words is not None and len(value.words) == count else None
    tokens = header.tokens
    if len(tokens) == count and (words is None or tuple(words) != tuple(tokens)):
        columns.append((tr("token"), [printable(t) for t in tokens]))
    if words is not None:
        title = tr(_TITLES.get(value.name, "token"))
        columns.append((title, [printable(w) for w in words]))
    named = len(columns)
    if array.ndim == 1:
        columns.append((value.name, [number(v) for v in array.tolist()]))
    else:
        wide = array.shape[-1]
        names = (tr("from"), tr("to")) if wide == 2 else tuple(map(str, range(wide)))
        for place, name in enumerate(names):
            columns.append((name, [number(v) for v in array[:, place].tolist()]))
    rows = zip(*(column for _, column in columns), strict=True)
    return Listing(
        ("#", *(name for name, _ in columns)),
        tuple((str(i), *row) for i, row in enumerate(rows)),
        (True, *(place >= named for place in range(len(columns)))),
    )

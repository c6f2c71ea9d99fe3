"""Saving a trace: one safetensors file, each piece of memory once, the old file safe to the end.

First everything is planned without writing: which values are kept, which bytes of which storage
they look at, and the manifest that says so. Then header and bytes stream into a new file that takes
the place of the old one (see `cyclesim.files`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain

import numpy as np

from cyclesim.collecting import uncollected
from cyclesim.errors import CyclesimError
from cyclesim.files import check_target, replace_file, shown
from cyclesim.language import tr
from cyclesim.trace.dtypes import DTYPES
from cyclesim.trace.file.checks import values_of
from cyclesim.trace.file.codec import Place
from cyclesim.trace.file.data import contiguous, span
from cyclesim.trace.file.limits import MAX_EXPANDED, MAX_HEADER, Wrong
from cyclesim.trace.file.manifest import Keep, encode
from cyclesim.trace.file.reader import METADATA
from cyclesim.trace.tensor import Missing, Raw, Stats, Value
from cyclesim.trace.trace import Trace

__all__ = ["save_trace"]

_KEEP = ("all", "outputs", "stats")
_CHUNK = 1 << 24


def save_trace(trace: Trace, path: str | os.PathLike[str], keep: Keep = "all") -> None:
    """Write `trace` to `path`, as one safetensors file.

    Args:
        path: where; an existing file is replaced, in one step, when everything is written.
        keep: `all` keeps what the cycles read and wrote; `outputs` what they wrote (and inputs
            that are part of it); `stats` no numbers, only their statistics. Weights belong to the
            model and are never in a trace file.

    Raises:
        CyclesimError: it cannot be written; an old file at `path` is as it was.
    """
    if keep not in _KEEP:
        said = tr("unknown keep {keep!r}: use all, outputs or stats.")
        raise CyclesimError(said.format(keep=keep))
    check_target(path)
    try:
        with uncollected():  # its parts are many, and none of them is garbage
            header, pieces = _plan(trace, keep)
    except Wrong as wrong:
        said = tr("the trace cannot be saved to {file}: {why}.")
        raise CyclesimError(said.format(file=shown(path), why=wrong)) from None
    replace_file(path, chain([header], *(piece.chunks() for piece in pieces)))


# -- what goes in ------------------------------------------------------------------------------


@dataclass(slots=True)
class _Piece:
    """The part of one storage that is looked at: from the lowest to the highest byte."""

    raw: Raw
    name: str
    low: int
    high: int
    dtypes: set[str] = field(default_factory=set)

    def entry(self) -> tuple[str, list[int]]:
        """Type and shape for other readers of the format: as the first value has it, if it fits."""
        known = DTYPES[self.raw.dtype]
        size = self.high - self.low
        if len(self.dtypes) > 1 or not known.entry or size % known.size:
            return "U8", [size]
        whole = self.raw.offset == self.low and size == known.size * int(
            np.prod(self.raw.shape, dtype=np.int64)
        )
        if whole and self.raw.strides == contiguous(self.raw.shape, known.size):
            return known.entry, list(self.raw.shape)
        return known.entry, [size // known.size]

    def chunks(self) -> Iterator[np.ndarray]:
        for start in range(self.low, self.high, _CHUNK):
            yield self.raw.fetch(start, min(start + _CHUNK, self.high))


def _plan(trace: Trace, keep: Keep) -> tuple[bytes, list[_Piece]]:
    """The header of the file, and what follows it."""
    raws: dict[int, Raw] = {}  # by id of the value
    pieces: dict[object, _Piece] = {}
    for cycle in trace.cycles:
        for held_by, place, value in values_of(cycle):
            raw = None if value.data is None else value.data.raw()
            if raw is None or raw.dtype not in DTYPES or raw.dtype != value.dtype:
                continue
            if raw.shape != value.shape or _expands(raw):
                continue
            raws[id(value)] = raw
            if _wanted(held_by, value, keep) and 0 not in raw.shape:
                low, high = _range(raw)
                name = f"{cycle.number}.{held_by}.{place}"
                piece = pieces.setdefault(raw.storage, _Piece(raw, name, low, high))
                piece.low, piece.high = min(piece.low, low), max(piece.high, high)
                piece.dtypes.add(raw.dtype)

    known: dict[object, Stats] = {}

    def described(held_by: str, value: Value) -> Value:
        """`value` as the manifest says it: its place in the file instead of its numbers."""
        raw = raws.get(id(value))
        key = (raw.storage, raw.dtype, raw.offset, raw.shape, raw.strides) if raw else id(value)
        stats = value._stats
        if stats is None and value.data is not None:
            # An input is nearly always some cycle's output, whose statistics are known.
            if key not in known:
                known[key] = value.stats
            stats = known[key]
        place = None
        if raw is not None and (0 not in raw.shape or _wanted(held_by, value, keep)):
            place = _place(raw, pieces)
        why = value.missing
        if value.data is not None:
            why = "" if place else _reason(held_by, value, keep)
        return replace(value, data=place, missing=why, _stats=stats)  # type: ignore[arg-type]

    cycles = []
    for cycle in trace.cycles:
        fields: dict[str, list[Value]] = {}
        for held_by, _, value in values_of(cycle):
            fields.setdefault(held_by, []).append(described(held_by, value))
        cycles.append(replace(cycle, **{k: tuple(v) for k, v in fields.items()}))  # type: ignore[arg-type]
    moved = tuple(trace.learning.parameters())
    manifest = encode(replace(trace, cycles=cycles, moved=moved), keep)

    # Large elements first: then all of them are aligned, for readers that map the file.
    ordered = sorted(pieces.values(), key=lambda p: -max(DTYPES[d].size for d in p.dtypes))
    header: dict[str, object] = {"__metadata__": {"format": "np", METADATA: manifest}}
    end = 0
    for piece in ordered:
        dtype, shape = piece.entry()
        start, end = end, end + piece.high - piece.low
        header[piece.name] = {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    if len(text) > MAX_HEADER:
        said = tr(
            "its {cycles:,} cycles take {count:,} bytes to describe, and a trace file holds at "
            "most {limit:,}"
        )
        raise Wrong(said.format(cycles=len(cycles), count=len(text), limit=MAX_HEADER))
    return len(text).to_bytes(8, "little") + text, ordered


def _wanted(held_by: str, value: Value, keep: Keep) -> bool:
    if keep == "stats" or value.kind in ("parameter", "buffer"):
        return False
    return keep == "all" or held_by != "inputs"


def _reason(held_by: str, value: Value, keep: Keep) -> Missing:
    if value.kind in ("parameter", "buffer"):
        return "model"
    if keep == "stats":
        return "stats"
    return "outputs" if not _wanted(held_by, value, keep) else "type"


def _range(raw: Raw) -> tuple[int, int]:
    return raw.offset, raw.offset + span(raw.shape, raw.strides, DTYPES[raw.dtype].size)


def _expands(raw: Raw) -> bool:
    """Whether reading it back would take more memory than a reader allows (see `MAX_EXPANDED`)."""
    low, high = _range(raw)
    size = DTYPES[raw.dtype].size * int(np.prod(raw.shape, dtype=np.float64))
    return 0 not in raw.shape and size > max(high - low, MAX_EXPANDED)


def _place(raw: Raw, pieces: dict[object, _Piece]) -> Place | None:
    """Where the file has these elements; None where they are not in it."""
    if 0 in raw.shape:
        return Place("")
    piece = pieces.get(raw.storage)
    low, high = _range(raw)
    if piece is None or low < piece.low or high > piece.high:
        return None
    plain = raw.strides == contiguous(raw.shape, DTYPES[raw.dtype].size)
    return Place(piece.name, raw.offset - piece.low, None if plain else raw.strides)

"""Opening a trace file: the header is read and checked, the numbers stay on disk until asked for.

The file is treated as hostile. The order of the checks is the order of trust: sizes before any
read, the strict JSON before any meaning, types and ranges before any object, and every byte range
before it is remembered. What fails is one sentence, always a `CyclesimError`.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import Any

from cyclesim.collecting import uncollected
from cyclesim.errors import CyclesimError
from cyclesim.files import shown
from cyclesim.language import tr
from cyclesim.trace.dtypes import DTYPES, entry_size
from cyclesim.trace.file.checks import check, values_of
from cyclesim.trace.file.codec import Place
from cyclesim.trace.file.data import FileData, TraceFile, contiguous, span
from cyclesim.trace.file.limits import MAX_DIMS, MAX_EXPANDED, MAX_HEADER, MAX_INTEGER, Wrong
from cyclesim.trace.file.manifest import decode
from cyclesim.trace.file.strict import parse
from cyclesim.trace.tensor import Value
from cyclesim.trace.trace import Trace

__all__ = ["METADATA", "open_trace"]

#: The key of the manifest among the safetensors metadata.
METADATA = "cyclesim.trace"


def open_trace(path: str | os.PathLike[str]) -> Trace:
    """Open a saved trace. No torch and no model are needed; numbers are read when asked for.

    Example:
        >>> cyclesim.trace(machine, text).save("run.safetensors")
        >>> saved = cyclesim.open_trace("run.safetensors")
        >>> saved[20].outputs[0].numpy().shape == saved[20].outputs[0].shape
        True

    Raises:
        CyclesimError: the file cannot be read or is no trace; the message says what is wrong.
    """
    name = shown(path)
    try:
        with uncollected():  # its parts are many, and none of them is garbage
            return _load(TraceFile(path))
    except Wrong as wrong:
        said = tr("{file} is not a trace that can be opened: {why}.")
        raise CyclesimError(said.format(file=name, why=wrong)) from None
    except MemoryError:
        said = tr("{file} cannot be opened: there is not enough memory.").format(file=name)
        raise CyclesimError(said) from None
    except OSError as error:
        why = error.strerror or type(error).__name__
        said = tr("{file} cannot be opened: {why}.").format(file=name, why=why)
        raise CyclesimError(said) from None
    except (ValueError, TypeError) as error:  # a NUL in the path, or no path at all
        said = tr("{file} cannot be opened: {why}.").format(file=name, why=error)
        raise CyclesimError(said) from None


@dataclass(frozen=True, slots=True)
class _Entry:
    start: int
    size: int


def _load(file: TraceFile) -> Trace:
    header, begin = _header(file)
    metadata = header.pop("__metadata__", None)
    entries = _entries(header, file.size - begin, begin)
    text = metadata.get(METADATA) if isinstance(metadata, dict) else None
    if not isinstance(text, str):
        raise Wrong(tr("it is a safetensors file without the manifest of a trace"))
    trace = decode(text).trace
    check(trace)
    for cycle in trace.cycles:
        for name, place, value in values_of(cycle):
            if value.data is not None:
                try:
                    value.data = _bind(file, entries, value, value.data)  # type: ignore[arg-type]
                except Wrong as wrong:
                    wrong.path.append(f"cycles[{cycle.number}].{name}[{place}]")
                    raise
    return trace


def _header(file: TraceFile) -> tuple[dict[str, Any], int]:
    """The JSON at the front of every safetensors file, and where the bytes after it begin."""
    if file.size < 8:
        raise Wrong(tr("it ends within its first 8 bytes") if file.size else tr("it is empty"))
    first = file.read(0, 8).tobytes()
    length = int.from_bytes(first, "little")
    if length > file.size - 8 or length < 2:
        said = tr("its header would take {length:,} bytes of {size:,}")
        if _pickled(first):
            said += tr("; it looks like a pickle or zip, which is never opened")
        raise Wrong(said.format(length=length, size=file.size))
    if length > MAX_HEADER:
        said = tr("its header takes {length:,} bytes; the limit is {limit:,}")
        raise Wrong(said.format(length=length, limit=MAX_HEADER))
    data = file.read(8, 8 + length).tobytes()
    if data[:1] != b"{":
        raise Wrong(tr("its header is not JSON"))
    try:
        header = parse(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        said = tr("its header is not UTF-8 at byte {place:,}").format(place=8 + error.start)
        raise Wrong(said) from None
    if not isinstance(header, dict):
        raise Wrong(tr("its header must be a mapping"))
    return header, 8 + length


def _pickled(first: bytes) -> bool:
    return first[:2] == b"PK" or (first[0] == 0x80 and first[1] <= 5)


def _entries(header: dict[str, Any], available: int, begin: int) -> dict[str, _Entry]:
    """The tensors of the file: they must fill it, in order, without gap, overlap or rest."""
    ranges: list[tuple[int, int, str]] = []
    for name, entry in header.items():
        if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
            raise Wrong(tr("must have dtype, shape and data_offsets, nothing else"), _tensor(name))
        size, shape, offsets = entry_size(entry["dtype"]), entry["shape"], entry["data_offsets"]
        if size is None:
            raise Wrong(tr("has an unknown dtype"), _tensor(name))
        if not _integers(shape) or len(shape) > MAX_DIMS:
            raise Wrong(tr("has a shape that is no list of sizes"), _tensor(name))
        if not _integers(offsets) or len(offsets) != 2:
            raise Wrong(tr("has data_offsets that are no two positions"), _tensor(name))
        start, stop = offsets
        if stop > available:
            said = tr("ends at byte {stop:,} of {size:,}").format(stop=stop, size=available)
            raise Wrong(said, _tensor(name))
        # Factor by factor, so that no product grows without end.
        expected = size
        for n in shape:
            expected = min(expected * n, MAX_INTEGER)
        if stop - start != expected:
            said = tr("has {count:,} bytes and a shape for {expected:,}")
            raise Wrong(said.format(count=stop - start, expected=expected), _tensor(name))
        ranges.append((start, stop, name))
    ranges.sort()
    end = 0
    for start, stop, name in ranges:
        if start != end:
            said = tr("leaves a gap at byte {start:,}")
            if start < end:
                said = tr("overlaps the one before at byte {start:,}")
            raise Wrong(said.format(start=start), _tensor(name))
        end = stop
    if end != available:
        said = tr("its tensors take {count:,} bytes, and it has {size:,}")
        raise Wrong(said.format(count=end, size=available))
    return {name: _Entry(begin + start, stop - start) for start, stop, name in ranges}


def _bind(file: TraceFile, entries: dict[str, _Entry], value: Value, place: Place) -> FileData:
    """Check that a value's elements lie within its entry, and point at them."""
    dtype = DTYPES.get(value.dtype)
    if dtype is None:
        raise Wrong(tr("has numbers of an unknown type"))
    count = 1
    for n in value.shape:
        count = min(count * n, MAX_INTEGER)
    if 0 in value.shape:
        # Whatever the other sizes are, NumPy must be able to say them.
        if math.prod(n for n in value.shape if n) * dtype.size >= MAX_INTEGER:
            raise Wrong(tr("is too large"))
        strides = (0,) * len(value.shape)
        return FileData(file, 0, 0, value.dtype, 0, value.shape, strides)
    entry = entries.get(place.tensor)
    if entry is None:
        raise Wrong(tr("points to a tensor that is not in the file"))
    strides = contiguous(value.shape, dtype.size) if place.strides is None else place.strides
    if len(strides) != len(value.shape):
        raise Wrong(tr("has another number of strides than of dimensions"))
    if place.offset + span(value.shape, strides, dtype.size) > entry.size:
        raise Wrong(tr("reaches beyond its tensor"))
    if count * dtype.size > max(entry.size, MAX_EXPANDED):
        said = tr("would expand to {count:,} bytes; the limit is {limit:,}")
        raise Wrong(said.format(count=count * dtype.size, limit=MAX_EXPANDED))
    # Where there is one element, the way to the next says nothing, and may be any number.
    strides = tuple(s if n > 1 else 0 for n, s in zip(value.shape, strides, strict=True))
    return FileData(file, entry.start, entry.size, value.dtype, place.offset, value.shape, strides)


def _integers(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(n, int) and not isinstance(n, bool) and 0 <= n < MAX_INTEGER for n in value
    )


def _tensor(name: str) -> str:
    return tr("tensor {name!a}").format(name=name[:40])

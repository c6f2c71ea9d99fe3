"""Numbers that stay in the file until they are asked for, and then only those.

They are read with `pread` and not mapped: a mapped file that shrinks kills the process with SIGBUS,
while a read that comes up short can be said in one sentence. A slice is cut out on paper first
(which bytes would it need?) and only those bytes are read.
"""

from __future__ import annotations

import math
import os
import stat
import weakref
from dataclasses import dataclass
from typing import Any

import numpy as np

from cyclesim.errors import CyclesimError
from cyclesim.files import shown
from cyclesim.language import tr
from cyclesim.trace.dtypes import DTYPES, Dtype
from cyclesim.trace.file.limits import Wrong
from cyclesim.trace.tensor import Index, Raw, Stats

__all__ = ["FileData", "TraceFile", "contiguous", "span"]

#: A slice with wide gaps between its elements is read in pieces from this size on.
_PIECES_FROM = 1 << 20
_CHUNK = 1 << 26


class TraceFile:
    """The bytes of an open file, read where asked; closed when nothing refers to it any more.

    Attributes:
        bytes_read: how many so far.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.name = shown(path)
        # Without O_NONBLOCK, opening a pipe would wait for a writer.
        self._handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self._finalizer = weakref.finalize(self, os.close, self._handle)
        found = os.fstat(self._handle)
        if not stat.S_ISREG(found.st_mode):
            self._finalizer()
            folder = stat.S_ISDIR(found.st_mode)
            raise Wrong(tr("it is a directory") if folder else tr("it is not a file"))
        self.size = found.st_size
        self._changed = found.st_mtime_ns
        self.bytes_read = 0

    def read(self, start: int, stop: int) -> np.ndarray:
        """The bytes from `start` to `stop`.

        Raises:
            CyclesimError: the file was changed or cannot be read.
        """
        try:
            found = os.fstat(self._handle)
            if (found.st_size, found.st_mtime_ns) != (self.size, self._changed):
                said = tr("{file} was changed after it was opened: open it again.")
                raise CyclesimError(said.format(file=self.name))
            made = np.empty(stop - start, np.uint8)
            filled = 0
            while filled < made.size:
                piece = os.pread(
                    self._handle, min(made.size - filled, _CHUNK), start + filled
                )  # fmt: skip
                if not piece:
                    said = tr("{file} ends early: it was cut while it was read.")
                    raise CyclesimError(said.format(file=self.name))
                made[filled : filled + len(piece)] = np.frombuffer(piece, np.uint8)
                filled += len(piece)
        except OSError as error:
            said = tr("{file} cannot be read: {why}.").format(file=self.name, why=error.strerror)
            raise CyclesimError(said) from None
        except MemoryError:
            said = tr("{count:,} bytes of {file} do not fit into memory: read a slice.")
            raise CyclesimError(said.format(count=stop - start, file=self.name)) from None
        self.bytes_read += filled
        return made


@dataclass(frozen=True, slots=True)
class FileData:
    """Numbers in a trace file, as `Value.data`.

    Attributes:
        start, size: the bytes of the entry that it looks at, in the file.
        offset, strides: of its elements in that entry, in bytes.
    """

    file: TraceFile
    start: int
    size: int
    dtype: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def read(self, index: Index = ...) -> np.ndarray:
        dtype = DTYPES[self.dtype]
        # NumPy cuts an array that has this shape and these strides but no memory behind it: basic
        # slicing touches no element. What is left tells which bytes to read.
        hollow = np.lib.stride_tricks.as_strided(
            np.empty(1, dtype.stored), self.shape, self.strides, writeable=False
        )
        parts = index if isinstance(index, tuple) else (index,)
        if _are_basic(parts):
            # With dots a single element stays an array, and is not looked at.
            cut = hollow[parts if any(p is Ellipsis for p in parts) else (*parts, ...)]
            return self._numbers(dtype, cut, _address(cut) - _address(hollow))
        return np.array(self._numbers(dtype, hollow, 0)[index])

    def stats(self) -> Stats:
        return Stats.of(self.read())

    @property
    def storage(self) -> tuple[object, int]:
        return (id(self.file), self.start), self.size

    def raw(self) -> Raw | None:
        return Raw(
            (id(self.file), self.start),
            self.dtype,
            self.offset,
            self.shape,
            self.strides,
            lambda start, stop: self.file.read(self.start + start, self.start + stop),
        )

    def _numbers(self, dtype: Dtype, cut: np.ndarray, offset: int) -> np.ndarray:
        try:
            found = self._gather(dtype, cut.shape, cut.strides, self.offset + offset)
            return found if dtype.widen is None else dtype.widen(found)
        except MemoryError:
            said = tr("{shape} numbers of {file} do not fit into memory: read a slice.")
            said = said.format(shape=list(cut.shape), file=self.file.name)
            raise CyclesimError(said) from None

    def _gather(
        self, dtype: Dtype, shape: tuple[int, ...], strides: tuple[int, ...], offset: int
    ) -> np.ndarray:
        """The elements at `offset` with `shape` and `strides`, as a fresh array."""
        if 0 in shape:
            return np.empty(shape, dtype.stored)
        low = offset + sum(min(s * (n - 1), 0) for n, s in zip(shape, strides, strict=True))
        high = offset + span(shape, strides, dtype.size)
        needed = dtype.size * math.prod(
            n for n, s in zip(shape, strides, strict=True) if s and n > 1
        )  # fmt: skip
        if high - low > max(_PIECES_FROM, 4 * needed):
            axis = max(range(len(shape)), key=lambda i: abs(strides[i]) if shape[i] > 1 else 0)
            rest = shape[:axis] + shape[axis + 1 :], strides[:axis] + strides[axis + 1 :]
            made = np.empty(shape, dtype.stored)
            for i in range(shape[axis]):
                piece = self._gather(dtype, *rest, offset + i * strides[axis])
                made[(slice(None),) * axis + (i,)] = piece
            return made
        bytes_ = self.file.read(self.start + low, self.start + high)
        return np.array(np.ndarray(shape, dtype.stored, bytes_, offset - low, strides), order="C")


def span(shape: tuple[int, ...], strides: tuple[int, ...], size: int) -> int:
    """Bytes from the first element to the end of the one that lies furthest behind it."""
    return sum(max(s * (n - 1), 0) for n, s in zip(shape, strides, strict=True)) + size


def contiguous(shape: tuple[int, ...], size: int) -> tuple[int, ...]:
    """The strides, in bytes, of elements without gaps, the last dimension fastest."""
    strides = [size] * len(shape)
    for i in range(len(shape) - 2, -1, -1):
        strides[i] = strides[i + 1] * shape[i + 1]
    return tuple(strides)


def _are_basic(parts: tuple[Any, ...]) -> bool:
    return all(
        p is None
        or p is Ellipsis
        or (isinstance(p, (slice, int, np.integer)) and not isinstance(p, bool))
        for p in parts
    )


def _address(array: np.ndarray) -> int:
    return int(array.__array_interface__["data"][0])

"""The element types a trace file can hold, and how NumPy shows those that it does not have.

A file keeps the true bytes of every type. To be read as numbers, bfloat16 and the 8-bit floats are
widened to float32, which holds each of their values exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

__all__ = ["DTYPES", "Dtype", "entry_size"]


class Dtype(NamedTuple):
    """One element type.

    Attributes:
        size: bytes of an element.
        entry: its name in a safetensors file; "" where the format has none (then bytes, `U8`).
        stored: the NumPy type with the same bytes.
        widen: from an array of `stored` to numbers; None where `stored` has the numbers already.
    """

    size: int
    entry: str
    stored: np.dtype
    widen: Callable[[np.ndarray], np.ndarray] | None = None


def _bfloat16(bits: np.ndarray) -> np.ndarray:
    # bfloat16 is the upper half of a float32.
    return (bits.astype(np.uint32) << np.uint32(16)).view(np.float32)


def _float8(exponent: int, bias: int, special: str) -> Callable[[np.ndarray], np.ndarray]:
    """A table look-up: 8 bits have only 256 values.

    `special` says which codes are no numbers: `ieee` (the top exponent is Inf and NaN), `fn` (only
    all ones are NaN), `fnuz` (only the code of minus zero is NaN), `scale` (no sign, no fraction).
    """

    @cache
    def table() -> np.ndarray:
        codes = np.arange(256)
        if special == "scale":
            values = np.exp2(codes.astype(np.float64) - bias)
            values[255] = np.nan
            return values.astype(np.float32)
        width = 7 - exponent
        power = (codes >> width) & ((1 << exponent) - 1)
        fraction = (codes & ((1 << width) - 1)) / (1 << width)
        normal = np.exp2(power - float(bias)) * (1 + fraction)
        values = np.where(power == 0, np.exp2(1.0 - bias) * fraction, normal)
        if special == "ieee":
            top = power == (1 << exponent) - 1
            values = np.where(top, np.where(fraction == 0, np.inf, np.nan), values)
        values = np.where(codes >= 128, -values, values)
        if special == "fn":
            values[[0x7F, 0xFF]] = np.nan
        if special == "fnuz":
            values[0x80] = np.nan
        return values.astype(np.float32)

    return lambda bits: np.asarray(table()[bits])


def _plain(name: str, entry: str) -> Dtype:
    stored = np.dtype(name).newbyteorder("<")
    return Dtype(stored.itemsize, entry, stored)


_BYTE, _TWO = np.dtype(np.uint8), np.dtype("<u2")
DTYPES: dict[str, Dtype] = {
    "bool": _plain("bool", "BOOL"),
    "uint8": _plain("uint8", "U8"),
    "int8": _plain("int8", "I8"),
    "uint16": _plain("uint16", "U16"),
    "int16": _plain("int16", "I16"),
    "uint32": _plain("uint32", "U32"),
    "int32": _plain("int32", "I32"),
    "uint64": _plain("uint64", "U64"),
    "int64": _plain("int64", "I64"),
    "float16": _plain("float16", "F16"),
    "float32": _plain("float32", "F32"),
    "float64": _plain("float64", "F64"),
    "complex64": _plain("complex64", ""),
    "complex128": _plain("complex128", ""),
    "bfloat16": Dtype(2, "BF16", _TWO, _bfloat16),
    "float8_e4m3fn": Dtype(1, "F8_E4M3", _BYTE, _float8(4, 7, "fn")),
    "float8_e5m2": Dtype(1, "F8_E5M2", _BYTE, _float8(5, 15, "ieee")),
    "float8_e4m3fnuz": Dtype(1, "", _BYTE, _float8(4, 8, "fnuz")),
    "float8_e5m2fnuz": Dtype(1, "", _BYTE, _float8(5, 16, "fnuz")),
    "float8_e8m0fnu": Dtype(1, "", _BYTE, _float8(8, 127, "scale")),
}
_ENTRY_SIZES = {d.entry: d.size for d in DTYPES.values() if d.entry}


def entry_size(name: object) -> int | None:
    """Bytes of an element of a safetensors entry of type `name`; None for one we never write."""
    return _ENTRY_SIZES.get(name) if isinstance(name, str) else None

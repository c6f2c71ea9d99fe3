"""Arguments and answers as JSON. What comes from a student's process is checked like any file."""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np

__all__ = ["Unsendable", "pack", "unpack"]

#: Most numbers in an array, most items in all, deepest nesting.
MOST_NUMBERS, MOST_ITEMS, MOST_DEPTH = 1 << 21, 100_000, 12


class Unsendable(ValueError):
    """A value that is none of the kinds an exercise may take or return."""


def pack(value: Any, depth: int = 0) -> Any:
    """`value` as JSON can hold it.

    Raises:
        Unsendable: it cannot.
    """
    if depth > MOST_DEPTH:
        raise Unsendable("it nests too deep")
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, str)):
        if isinstance(value, int) and value.bit_length() > 256:
            raise Unsendable("the number is too large")
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": repr(value)}
    if isinstance(value, np.ndarray):
        return _pack_array(value)
    if isinstance(value, (list, tuple)):
        return [pack(item, depth + 1) for item in value]
    if isinstance(value, (set, frozenset)):
        return [pack(item, depth + 1) for item in sorted(value)]
    if isinstance(value, dict):
        return {"dict": [[pack(k, depth + 1), pack(v, depth + 1)] for k, v in value.items()]}
    raise Unsendable(f"a {type(value).__name__} cannot be returned")


def _pack_array(value: np.ndarray) -> Any:
    if value.dtype.kind not in "biuf" or value.dtype.itemsize > 8:
        raise Unsendable(f"an array of {value.dtype} cannot be returned")
    if value.size > MOST_NUMBERS:
        raise Unsendable("the array is too large")
    flat = np.ascontiguousarray(value, value.dtype.newbyteorder("<"))
    data = base64.b64encode(flat.tobytes()).decode("ascii")
    return {"array": data, "dtype": value.dtype.name, "shape": list(value.shape)}


def unpack(content: Any) -> Any:
    """The value that `pack` made `content` of.

    Raises:
        Unsendable: `content` is nothing that `pack` makes.
    """
    return _Unpacker().value(content, 0)


class _Unpacker:
    def __init__(self) -> None:
        self._items = 0

    def value(self, content: Any, depth: int) -> Any:
        self._items += 1
        if depth > MOST_DEPTH or self._items > MOST_ITEMS:
            raise Unsendable("it is too large")
        if content is None or isinstance(content, (bool, int, float, str)):
            return content
        if isinstance(content, list):
            return [self.value(item, depth + 1) for item in content]
        if isinstance(content, dict) and set(content) == {"float"}:
            return self._float(content["float"])
        if isinstance(content, dict) and set(content) == {"dict"}:
            return self._dict(content["dict"], depth)
        if isinstance(content, dict) and set(content) == {"array", "dtype", "shape"}:
            return self._array(content)
        raise Unsendable("it is of no kind that is known")

    @staticmethod
    def _float(text: Any) -> float:
        if text not in ("nan", "inf", "-inf"):
            raise Unsendable("it is no number")
        return float(text)

    def _dict(self, pairs: Any, depth: int) -> dict[Any, Any]:
        if not isinstance(pairs, list) or not all(
            isinstance(p, list) and len(p) == 2 and not isinstance(p[0], (list, dict))
            for p in pairs
        ):
            raise Unsendable("it is no dictionary")
        return {k: self.value(v, depth + 1) for k, v in pairs}

    @staticmethod
    def _array(content: dict[str, Any]) -> np.ndarray:
        shape, name, data = content["shape"], content["dtype"], content["array"]
        if not (isinstance(shape, list) and all(type(n) is int and n >= 0 for n in shape)):
            raise Unsendable("it has no shape")
        if not isinstance(name, str) or not isinstance(data, str):
            raise Unsendable("it is no array")
        try:
            dtype = np.dtype(name)
            raw = base64.b64decode(data, validate=True)
        except (TypeError, ValueError):
            raise Unsendable("it is no array") from None
        count = math.prod(shape)
        if dtype.kind not in "biuf" or count > MOST_NUMBERS or len(raw) != count * dtype.itemsize:
            raise Unsendable("it is no array")
        return np.frombuffer(raw, dtype.newbyteorder("<")).reshape(shape).astype(dtype)

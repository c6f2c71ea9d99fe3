"""A picture of few colours as PNG: the standard library is enough for that."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["png"]


def png(places: npt.NDArray[np.integer], colours: Sequence[str]) -> bytes:
    """The matrix `places` of places in `colours` (`#rrggbb`, at most 256), one pixel each."""
    height, width = places.shape
    palette = bytes.fromhex("".join(colours).replace("#", ""))
    # Every line begins with its filter, 0 for none.
    lines = np.zeros((height, width + 1), np.uint8)
    lines[:, 1:] = places
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"PLTE", palette)
        + _chunk(b"IDAT", zlib.compress(lines.tobytes()))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

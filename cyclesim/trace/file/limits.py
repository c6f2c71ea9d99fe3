"""What a trace file may hold at most, and what is said where it does not hold to it."""

from __future__ import annotations

__all__ = [
    "MAX_CYCLES",
    "MAX_DEPTH",
    "MAX_DIMS",
    "MAX_EXPANDED",
    "MAX_HEADER",
    "MAX_INTEGER",
    "MAX_PARTS",
    "MAX_STRING",
    "Wrong",
    "beyond",
    "quoted",
]

#: Bytes of the header of a file; the safetensors format itself stops at 100 MB.
MAX_HEADER = 64_000_000
#: Lists, mappings and elements in it. Bytes alone would not bound memory: `[[],[],…` grows 30-fold.
MAX_PARTS = 8_000_000
MAX_CYCLES = 1_000_000
MAX_STRING = 4_000_000
MAX_DIMS = 64
MAX_INTEGER = 2**63
#: Depth of lists and mappings within a result.
MAX_DEPTH = 32
#: Most bytes that an expanded tensor (one row shown many times) may become when it is read.
MAX_EXPANDED = 1 << 30


class Wrong(Exception):
    """What is wrong, and where: `path` is filled from the inside out as the error rises."""

    def __init__(self, what: str, *path: str) -> None:
        super().__init__(what)
        self.path = list(path)

    def __str__(self) -> str:
        where = "".join(reversed(self.path)).removeprefix(".")
        return f"{where}: {self.args[0]}" if where else str(self.args[0])


def beyond(said: str, count: int, limit: int) -> str:
    """There are `count` of something, and `limit` is the most there may be."""
    return said.format(count=count, limit=limit)


def quoted(text: str) -> str:
    """A piece of the file in a message: short, and with no character that a terminal obeys."""
    return ascii(text if len(text) <= 40 else text[:40] + "...")

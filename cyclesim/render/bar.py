"""A bar of blocks, an eighth of a cell fine."""

from __future__ import annotations

__all__ = ["bar"]

_BLOCKS = " ▏▎▍▌▋▊▉█"


def bar(share: float, width: int, ascii: bool) -> str:
    """A bar for `share` of the longest; one that goes beyond the scale ends in `>`."""
    if share > 1:
        return ("#" if ascii else "█") * (width - 1) + ">"
    if ascii:
        return "#" * round(share * width)
    eighths = round(share * width * 8)
    full, rest = divmod(eighths, 8)
    return "█" * full + (_BLOCKS[rest] if rest else "")

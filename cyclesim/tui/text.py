"""How numbers and words are written on the screen, in terminal cells."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.style import Style
from rich.text import Text

__all__ = [
    "amount", "bytes_text", "centre", "crop", "duration", "fit", "flops_text", "indented", "number",
    "printable", "shape_text",
]  # fmt: skip


def printable(text: str) -> str:
    """`text` with nothing that moves the cursor or joins what stands beside it.

    Control and format characters become a dot, and combining marks that open a word get a circle
    to stand on, so that a column of tokens stays a column.
    """
    if text.isascii() and text.isprintable():
        return text
    out = []
    for place, char in enumerate(text):
        category = unicodedata.category(char)
        if category in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") or char == "\ufe0f":
            if char not in "\ufe0f\u200d":
                out.append(".")
        elif category.startswith("M") and place == 0:
            out.append("\u25cc" + char)
        else:
            out.append(char)
    return "".join(out)


def crop(text: str, width: int, ellipsis: str = "…") -> str:
    """`text` in at most `width` cells."""
    if cell_len(text) <= width:
        return text
    mark = cell_len(ellipsis)
    if width <= mark + 1:
        return set_cell_size(text, max(width, 0)).rstrip()
    return set_cell_size(text, width - mark).rstrip() + ellipsis


def fit(text: str, width: int, *, right: bool = False, ellipsis: str = "…") -> str:
    """`text` in exactly `width` cells."""
    text = crop(text, width, ellipsis)
    space = " " * (width - cell_len(text))
    return space + text if right else text + space


def centre(text: str, width: int) -> str:
    """`text` in the middle of exactly `width` cells."""
    text = crop(text, width)
    left = (width - cell_len(text)) // 2
    return " " * left + text + " " * (width - cell_len(text) - left)


def _three(value: float) -> str:
    return (
        f"{value:.0f}" if value >= 99.95 else f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"
    )


def amount(value: float, unit: str) -> str:
    """`1600, "FLOP"` → `1.60 kFLOP`."""
    for factor, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= factor:
            return f"{_three(value / factor)} {prefix}{unit}"
    return f"{value:.0f} {unit}" if value == int(value) else f"{_three(value)} {unit}"


def duration(ns: float | None) -> str:
    """`12100` → `12.1 µs`; `-` where it is not known."""
    if ns is None or math.isnan(ns):
        return "-"
    if ns >= 1e9:
        return f"{_three(ns / 1e9)} s"
    if ns >= 1e6:
        return f"{_three(ns / 1e6)} ms"
    return f"{_three(ns / 1e3)} µs"


def bytes_text(count: float) -> str:
    """`1296` → `1.30 kB`."""
    return amount(count, "B")


def flops_text(count: float) -> str:
    """`1600` → `1.60 kFLOP`."""
    return amount(count, "FLOP")


def shape_text(shape: Sequence[int]) -> str:
    """`(1, 4, 9, 9)` → `[1,4,9,9]`."""
    return "[" + ",".join(map(str, shape)) + "]"


def number(value: float, digits: int = 4) -> str:
    """A number short enough to read and exact enough to compare."""
    if isinstance(value, (bool,)):
        return str(value)
    value = float(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    if abs(value) >= 1e5 or abs(value) < 10 ** -(digits - 1):
        return f"{value:.{digits - 2}e}"
    return f"{value:.{digits}g}"


def indented(text: str) -> Text:
    """`text` for a label: blanks that open a line are a part of their own (see `strip_of`)."""
    out = Text()
    for place, line in enumerate(text.split("\n")):
        words = line.lstrip(" ")
        out.append("\n" if place else "")
        out.append(" " * (len(line) - len(words)), Style(italic=True))
        out.append(words)
    return out

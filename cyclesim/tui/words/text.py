"""How numbers and words are written on the screen, in terminal cells."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text

from cyclesim.render.text import crop
from cyclesim.render.text import pad as fit

__all__ = [
    "BLANK", "centre", "crop", "fit", "indented", "number", "printable", "shape_text",
]  # fmt: skip


#: Keeps blanks apart from the words beside them, and shows as nothing: a style with another look,
#: such as italics, is drawn on blanks by some terminals (GNU screen reverses them).
BLANK = Style.from_meta({"blank": True})


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


def centre(text: str, width: int) -> str:
    """`text` in the middle of exactly `width` cells."""
    text = crop(text, width)
    left = (width - cell_len(text)) // 2
    return " " * left + text + " " * (width - cell_len(text) - left)


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
        out.append(" " * (len(line) - len(words)), BLANK)
        out.append(words)
    return out

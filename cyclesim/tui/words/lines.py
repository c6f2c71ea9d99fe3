"""Lines of the screen: styled words, cut and folded to cells, made into what Textual paints."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from cyclesim.tui.words.folding import fold
from cyclesim.tui.words.text import BLANK

__all__ = ["Line", "line_width", "strip_of", "wrap", "wrap_parts"]

Line = list[Segment]


def strip_of(line: Line, width: int, base: Style) -> Strip:
    """`line` on the ground `base`, exactly `width` cells.

    Blanks that open a segment, or are one, stay apart from the words: converters of the SVG
    pictures drop them otherwise, and the words move.
    """
    out, length = [], 0
    for text, style, _ in line:
        words = text.lstrip(" ")
        if words and len(words) < len(text):
            blank = style.background_style if style else None
            out.append(Segment(text[: len(text) - len(words)], _on(base, blank, True)))
            out.append(Segment(words, _on(base, style, False)))
        else:
            out.append(Segment(text, _on(base, style, not words)))
        length += cell_len(text)
    strip = Strip(out, length)
    return strip if length == width else strip.adjust_cell_length(width, base)


@lru_cache(maxsize=8192)
def _on(base: Style, style: Style | None, blank: bool) -> Style:
    """`style` on the ground `base`: a screen has thousands of such pairs, and few different."""
    made = base + style if style else base
    return made + BLANK if blank else made


def line_width(line: Line) -> int:
    """Cells that `line` takes."""
    return sum(cell_len(segment.text) for segment in line)


def wrap(text: str, width: int, style: Style | None = None, *, limit: int = 0) -> list[Line]:
    """`text` in lines of at most `width` cells (see `cyclesim.tui.words.folding`).

    Blanks that open the text open every line.

    Args:
        limit: at most this many lines; the last one ends in an ellipsis where text is left.
    """
    indent = " " * (len(text) - len(text.lstrip(" ")))
    width, text = max(width - len(indent), 1), text.lstrip(" ")
    return [[Segment(indent + line, style)] for line in fold(text, width, limit)]


def wrap_parts(parts: Iterable[str], width: int, style: Style, *, between: str) -> list[Line]:
    """`parts` side by side; a line ends between two of them, as long as one fits a line."""
    texts: list[str] = []
    for part in parts:
        if texts and cell_len(texts[-1] + between + part) <= width:
            texts[-1] += between + part
        else:
            texts.append(part)
    return [line for text in texts for line in wrap(text, width, style)]

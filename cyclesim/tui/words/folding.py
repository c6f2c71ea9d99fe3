"""Where a line may end: at a blank, and beside a Chinese character.

Chinese is written without blanks, so a line may end after any of its characters, but for a few
signs: a comma or a closing bracket does not open a line, an opening bracket does not end one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from cyclesim.tui.words.text import crop

__all__ = ["Folded", "fold"]

#: What does not open a line, and what does not end one.
_CLOSING = frozenset("，。、；：？！）》」』】〉”’…·,.;:?!)]}%")
_OPENING = frozenset("（《「『【〈“‘([{")


def fold(text: str, width: int, limit: int = 0) -> list[str]:
    """`text` in lines of at most `width` cells.

    Args:
        limit: at most this many lines; the last one ends in an ellipsis where text is left.
    """
    lines: list[str] = []
    gaps: list[str] = []  # what stood before each line, where the text goes on
    for place, paragraph in enumerate(text.split("\n")):
        line, before = "", " " if place else ""
        for gap, word in _words(paragraph):
            if cell_len(line + gap * bool(line) + word) <= width:
                line += gap * bool(line) + word
                continue
            if line:
                lines.append(line)
                gaps.append(before)
                before = gap
            # A path or a formula longer than the line: cut it where it is full.
            while cell_len(word) > width:
                part = _that_fits(word, width)
                lines.append(part)
                gaps.append(before)
                before, word = "", word[len(part) :]
            line = word
        lines.append(line)
        gaps.append(before)
    if limit and len(lines) > limit:
        rest = "".join(g + line for g, line in zip(gaps[limit:], lines[limit:], strict=True))
        lines = [*lines[: limit - 1], crop(lines[limit - 1] + rest, width)]
    return lines


class Folded:
    """A text with styles, for a cell of a table: rich itself breaks at blanks only."""

    def __init__(self, text: Text) -> None:
        self.text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        place = 0
        for line in fold(self.text.plain, options.max_width):
            place = self.text.plain.index(line, place)
            yield self.text[place : place + len(line)]
            place += len(line)


def _words(paragraph: str) -> Iterator[tuple[str, str]]:
    """The parts between which a line may end, each with the blank before it or ""."""
    for word in paragraph.split(" "):
        start, gap = 0, " "
        for end in range(1, 0 if word.isascii() else len(word)):
            if _may_end(word[end - 1], word[end]):
                yield gap, word[start:end]
                start, gap = end, ""
        yield gap, word[start:]


def _may_end(last: str, following: str) -> bool:
    """Whether a line may end between two characters that no blank parts."""
    if following in _CLOSING or last in _OPENING or unicodedata.category(following)[0] in "MC":
        return False
    return _is_chinese(last) or _is_chinese(following)


def _is_chinese(character: str) -> bool:
    """Whether it is as wide as a Chinese character, and no picture: those may be joined."""
    wide = unicodedata.east_asian_width(character) in ("W", "F")
    return wide and unicodedata.category(character)[0] != "S"


def _that_fits(word: str, width: int) -> str:
    """The beginning of `word` that is at most `width` cells wide, at least one character."""
    part = word
    while len(part) > 1 and cell_len(part) > width:
        part = part[: max(1, len(part) - max(1, (cell_len(part) - width) // 2))]
    return part

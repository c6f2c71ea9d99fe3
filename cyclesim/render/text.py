"""Text that a user or a model gave, made safe to show.

Tokens, texts, labels and model names can hold anything: terminal escapes, newlines, marks that
reverse the reading direction, NUL, a screenful of combining accents. Every view passes them through
`safe_text` and then writes them as plain text, never as markup.
"""

from __future__ import annotations

import unicodedata

from rich.cells import cell_len, set_cell_size

from cyclesim.printable import printable

__all__ = ["ascii_safe", "crop", "pad", "safe_text"]

#: Accents on one letter, beyond which they are no writing but a prank.
_MARKS = 4


def safe_text(text: object, limit: int | None = None) -> str:
    """`text` as one line of visible characters, at most `limit` of them.

    Control characters become their pictures (ESC is `␛`), invisible direction marks and broken
    surrogates become `�`, and no letter carries more than a few combining marks. Letters of every
    script and emoji stay as they are.
    """
    plain = str(text)
    if limit is not None and len(plain) > limit:
        plain = plain[: max(limit - 1, 0)] + "…"
    if plain.isascii() and plain.isprintable():
        return plain
    return _few_marks(printable(plain))


def crop(text: str, width: int, ellipsis: str = "…") -> str:
    """`text` in at most `width` terminal cells."""
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return text
    room = width - cell_len(ellipsis)
    return set_cell_size(text, room).rstrip() + ellipsis if room > 0 else set_cell_size(text, width)


def pad(text: str, width: int, *, right: bool = False, ellipsis: str = "…") -> str:
    """`text` in exactly `width` terminal cells, cropped or filled with spaces."""
    shown = crop(text, width, ellipsis)
    space = " " * max(width - cell_len(shown), 0)
    return space + shown if right else shown + space


def _few_marks(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MARKS:
            kept.append(character)
    return "".join(kept)


def ascii_safe(text: str, encoding: str = "ascii") -> str:
    """`text` for a terminal that has no UTF-8: drawing signs spelled, what it lacks escaped."""
    for sign, spelled in (("·", "-"), ("…", "..."), ("–", "-"), ("×", "x"), ("→", "->")):
        text = text.replace(sign, spelled)
    return text.encode(encoding, "backslashreplace").decode(encoding)

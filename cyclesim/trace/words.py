"""Where a word of the text stands among the tokens."""

from __future__ import annotations

import re

from cyclesim.trace.trace import Header

__all__ = ["places_of"]

#: What tokenizers put before a piece: it goes on with a word, or it begins one.
_MARKS = ("##", "Ġ", "▁")


def places_of(word: str, header: Header) -> list[int]:
    """The tokens that `word` is, or begins with: one for each time that it is in the text.

    Example:
        >>> places_of("London", trace.header) == [trace.header.tokens.index("London")]
        True
    """
    word = " ".join(word.split())
    if not word:
        return []
    found = {i for i, token in enumerate(header.tokens) if _bare(token) == word.casefold()}
    spans = list(enumerate(header.offsets))
    edge = r"\b" if word.isascii() and word[0].isalnum() and word[-1].isalnum() else ""
    for match in re.finditer(f"{edge}{re.escape(word)}{edge}", header.text or "", re.IGNORECASE):
        over = (
            i for i, o in spans if o is not None and o[0] < match.end() and match.start() < o[1]
        )
        found.update(list(over)[:1])
    return sorted(place for place in found if place < len(header.tokens))


def _bare(token: str) -> str:
    for mark in _MARKS:
        token = token.removeprefix(mark)
    return token.casefold()

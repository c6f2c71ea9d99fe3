"""Which of the words that a person types is one of the text, and where it stands there."""

from __future__ import annotations

import re
from collections.abc import Callable

from cyclesim.trace import Header

__all__ = ["places_of", "word_in"]

#: What tokenizers put before a piece: it goes on with a word, or it begins one.
_MARKS = ("##", "Ġ", "▁")
#: Words that join conditions.
_JOINING = frozenset({"and", "or", "not"})


def places_of(word: str, header: Header) -> list[int]:
    """The tokens that `word` is, or begins with: one for each time that it is in the text."""
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


def word_in(
    text: str, header: Header, taken: Callable[[str], object]
) -> tuple[str, str, list[int]]:
    """What else `text` says, the one word of it (or all of it) that is in the text, its tokens.

    Args:
        taken: whether a word means something else already.
    """
    places = places_of(text, header)
    if places:
        return "", " ".join(text.split()), places
    words = text.split()
    free = [w for w in words if w.casefold() not in _JOINING and not taken(w)]
    named = [(word, places) for word in free if (places := places_of(word, header))]
    if len(named) != 1:
        return text, "", []
    word, places = named[0]
    rest = [w for w in words if w != word]
    while rest and rest[0].casefold() in _JOINING:
        rest.pop(0)
    while rest and rest[-1].casefold() in _JOINING:
        rest.pop()
    return " ".join(rest), word, places


def _bare(token: str) -> str:
    for mark in _MARKS:
        token = token.removeprefix(mark)
    return token.casefold()

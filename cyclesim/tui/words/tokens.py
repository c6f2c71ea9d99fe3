"""Which of the words that a person types is one of the text, and where it stands there."""

from __future__ import annotations

from collections.abc import Callable

from cyclesim.trace import Header
from cyclesim.trace.words import places_of

__all__ = ["places_of", "word_in"]

#: Words that join conditions.
_JOINING = frozenset({"and", "or", "not"})


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

"""Words of a user's text inside our sentences, made harmless.

A token can be anything: a newline, a terminal escape, a mark that turns the reading direction.
Quoted here it is always one short run of visible characters.
"""

from __future__ import annotations

from functools import reduce

from cyclesim.language import tr
from cyclesim.printable import printable

__all__ = ["join_words", "printable", "quote"]


def quote(text: object, width: int = 24) -> str:
    """“text”, printable and cut to `width` characters."""
    shown = printable(text)
    if len(shown) > width:
        shown = shown[: width - 1] + "…"
    return f"“{shown}”"


def join_words(words: list[str], limit: int = 4) -> str:
    """`“Ada”, “Love” and “##lace”`; with more than `limit`, the first ones and an ellipsis."""
    if len(words) > limit:
        return reduce(_listed, [*words[:limit], "…"])
    if len(words) < 2:
        return "".join(words)
    return tr("{words} and {last}").format(words=reduce(_listed, words[:-1]), last=words[-1])


def _listed(words: str, word: str) -> str:
    return tr("{words}, {word}").format(words=words, word=word)

"""Words of a user's text inside our sentences, made harmless.

A token can be anything: a newline, a terminal escape, a mark that turns the reading direction.
Quoted here it is always one short run of visible characters.
"""

from __future__ import annotations

import unicodedata
from functools import reduce

from cyclesim.language import tr

__all__ = ["join_words", "printable", "quote"]

#: Spaces that look like nothing, and the marks some tokenizers write for a space and a newline.
_VISIBLE = {"\n": "␤", "\r": "␍", "\t": "␉", "\x00": "␀", "\x1b": "␛", "\x7f": "␡"}


def printable(text: object) -> str:
    """`text` with every character that could steer a screen replaced by a visible one.

    Control characters become their pictures (`␛`), invisible format characters (bidirectional
    overrides, zero-width marks, lone surrogates) become `�`, unusual spaces become a space.
    Characters that only combine or join (accents, emoji joiners, variation selectors) stay.
    """
    plain = str(text)
    if plain.isascii() and plain.isprintable():
        return plain
    return "".join(map(_visible, plain))


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


def _visible(character: str) -> str:
    if character in _VISIBLE:
        return _VISIBLE[character]
    if character.isprintable() or character in "\u200d\u200c":
        return character
    category = unicodedata.category(character)
    if category == "Zs":
        return " "
    code = ord(character)
    if category == "Cc" and code < 32:
        return chr(0x2400 + code)
    return "�"

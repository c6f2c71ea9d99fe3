"""Text that a user or a model gave, with nothing in it that steers a screen."""

from __future__ import annotations

import unicodedata

__all__ = ["printable"]

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

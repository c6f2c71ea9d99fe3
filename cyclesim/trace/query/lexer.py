"""The words of a condition, each with its place in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple, cast

from cyclesim.language import tr
from cyclesim.trace.query.errors import QueryError

__all__ = ["Token", "tokens"]

TokenKind = Literal["word", "number", "string", "sign", "end"]


class Token(NamedTuple):
    """`text` is as written; `position` counts characters from 0."""

    kind: TokenKind
    text: str
    position: int


# Each alternative begins with a character of its own and repeats without overlap: linear time.
_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<foreign>===|=~|=(?!=)|!(?!=)|<>|&&?|\|\|?)
  | (?P<number>(?:[0-9]+(?:_[0-9]+)*(?:\.(?:[0-9]+(?:_[0-9]+)*)?)?|\.[0-9]+(?:_[0-9]+)*)
        (?:[eE][+-]?[0-9]+)?\w*)
  | (?P<word>[^\W\d]\w*(?:\.\w+)*)
  | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<sign>==|!=|<=|>=|[<>~()\[\],+-])
    """,
    re.VERBOSE | re.DOTALL,
)

#: What people bring along from other languages, and how it is written here.
_FOREIGN = {
    "&&": "and", "&": "and", "||": "or", "|": "or", "===": "==", "=~": "~", "=": "==", "<>": "!=",
    "!": "not",
}  # fmt: skip


def tokens(text: str) -> Iterator[Token]:
    """Split `text`; the last token is the end.

    Raises:
        QueryError: a character that begins no word, or a quote that is not closed.
    """
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            if text[place] in "\"'":
                raise QueryError(tr("this quote is not closed"), text, place, len(text) - place)
            raise QueryError(
                tr("{text!r} means nothing here").format(text=text[place]), text, place
            )
        kind, word = match.lastgroup, match.group()
        if kind == "foreign":
            raise QueryError(
                tr("{word!r} is not written here").format(word=word),
                text,
                place,
                len(word),
                _FOREIGN[word],
            )
        if kind != "space":
            yield Token(cast(TokenKind, kind), word, place)
        place = match.end()
    yield Token("end", "", len(text))

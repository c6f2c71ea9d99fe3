"""What is wrong with a condition, said at its word, and what was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from cyclesim.language import tr
from cyclesim.trace.query.errors import QueryError, UnknownName
from cyclesim.trace.query.lexer import Token

__all__ = ["Mistakes", "cut", "nearest", "shown"]


class Mistakes:
    """Makes the errors of one condition.

    Args:
        text: the condition.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    def wrong(
        self, problem: str, token: Token, suggestion: str | None = None, **values: object
    ) -> QueryError:
        """`problem`, filled with `values`, at `token`."""
        said = problem.format(**values)
        return QueryError(said, self._text, token.position, len(token.text), suggestion)

    def unknown(
        self, problem: str, token: Token, suggestion: str | None = None, **values: object
    ) -> QueryError:
        """The same where nothing is known to have that name."""
        said = problem.format(**values)
        return UnknownName(said, self._text, token.position, len(token.text), suggestion)


def cut(word: str) -> str:
    return word if len(word) <= 40 else f"{word[:39]}…"


def shown(token: Token) -> str:
    if token.kind == "end":
        return tr("the end")
    return cut(token.text) if token.kind == "string" else repr(cut(token.text))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant; capitals and dashes do not count."""
    if len(word) > 40:
        return None
    names = sorted(set(known))
    plain = word.lower().replace("-", "_")
    if plain in names:
        return plain
    return next(iter(difflib.get_close_matches(plain, names, n=1, cutoff=0.7)), None)

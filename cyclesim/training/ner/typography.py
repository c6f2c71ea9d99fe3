"""How a training sentence is set: in capitals, as a headline, in quotes, without its full stop."""

from __future__ import annotations

import random
from collections.abc import Callable

from cyclesim.training.sentences import Piece

__all__ = ["typeset"]

_SMALL = {"a", "an", "the", "of", "in", "on", "and", "to", "for", "at", "by", "or", "with"}


def typeset(
    pieces: list[Piece], rng: random.Random, *, another: Callable[[], list[Piece]]
) -> list[Piece]:
    """The sentence, now and then set otherwise, or followed by `another`."""
    draw = rng.random()
    if draw < 0.03:
        return [Piece(p.text.upper(), p.kind) for p in pieces]
    if draw < 0.07:
        return [p if p.kind else Piece(_headline(p.text)) for p in pieces]
    if draw < 0.13 and pieces and pieces[-1].text.endswith("."):
        return _without_stop(pieces)
    if draw < 0.16:
        mark = rng.choice(('""', "''", "“”", "‘’"))
        return [Piece(mark[0]), *pieces, Piece(mark[1])]
    return [*pieces, Piece(" "), *another()] if draw < 0.24 else pieces


def _headline(text: str) -> str:
    words = text.split(" ")
    return " ".join(w if w.lower() in _SMALL or not w else w[0].upper() + w[1:] for w in words)


def _without_stop(pieces: list[Piece]) -> list[Piece]:
    last = pieces[-1]
    if not last.kind:
        pieces = [*pieces[:-1], Piece(last.text[:-1])]
    return [p for p in pieces if p.text]

"""What the model reads in training: generated sentences, prose with names, prose without."""

from __future__ import annotations

import random
from collections.abc import Iterator

from cyclesim.training.ner.generate import Generator
from cyclesim.training.sentences import UNKNOWN, Piece

__all__ = ["labelled", "tidied"]


def tidied(pieces: list[Piece], rng: random.Random) -> list[Piece]:
    """A line of prose with, mostly, the full stop that WordNet leaves out."""
    if pieces[-1].text[-1:].isalnum() and rng.random() < 0.8:
        return [*pieces, Piece(".")]
    return pieces


def labelled(
    generator: Generator, prose: list[list[Piece]], rng: random.Random
) -> Iterator[list[Piece]]:
    """Sentences without end: most are generated, some are prose with names, some prose without."""
    named = [p for p in prose if any(x.kind and x.label != UNKNOWN for x in p)]
    plain = [p for p in prose if not any(x.kind for x in p)]
    while True:
        draw = rng.random()
        if draw < 0.72:
            yield generator.sentence()
        elif draw < 0.86:
            yield tidied(generator.filled(rng.choice(named)), rng)
        else:
            yield tidied(rng.choice(plain), rng)

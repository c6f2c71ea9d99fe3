"""A new name of a given kind."""

from __future__ import annotations

import random

from cyclesim.training.corpus import Words
from cyclesim.training.ner.names.bodies import Bodies
from cyclesim.training.ner.names.draw import Draw
from cyclesim.training.ner.names.makers import Makers
from cyclesim.training.ner.names.people import People
from cyclesim.training.ner.names.places import Places
from cyclesim.training.ner.names.works import Works

__all__ = ["Namer"]


class Namer:
    """Makes a new name of a given kind."""

    def __init__(self, words: Words, rng: random.Random, *, invent: float = 0.12) -> None:
        self._draw = draw = Draw(words, rng, invent)
        people = People(draw)
        places = Places(draw, people)
        rooms = people, places, Bodies(draw, people, places), Works(draw, places)
        self.makers: Makers = {kind: made for room in rooms for kind, made in room.makers().items()}

    def knows(self, kind: str) -> bool:
        """Is there a recipe or a list of the kind?"""
        return kind in self.makers or kind in self._draw.words.lists

    def name(self, kind: str) -> str:
        """A name of the kind; any of its list where no recipe is known."""
        maker = self.makers.get(kind)
        return maker() if maker else self._draw.of(kind)

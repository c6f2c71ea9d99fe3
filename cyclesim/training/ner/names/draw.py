"""The draws that names are made of: from a list, by chance, by crossing two names."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

from cyclesim.training.corpus import Words

__all__ = ["Draw"]

T = TypeVar("T")


class Draw:
    """Draws from the word lists.

    Args:
        rng: decides everything.
        invent: how often a name that may be invented is.
    """

    def __init__(self, words: Words, rng: random.Random, invent: float) -> None:
        self.words = words
        self.rng = rng
        self.invent = invent

    def chance(self, odds: float) -> bool:
        """Does what happens with these odds happen?"""
        return self.rng.random() < odds

    def one(self, options: Sequence[T]) -> T:
        """One of the options, each as likely as another."""
        return self.rng.choice(options)

    def of(self, key: str) -> str:
        """One of the list."""
        return self.one(self.words.lists[key])

    def crossed(self, one: str, two: str) -> str:
        """An invented name: the beginning of one and the end of the other."""
        one, two = one.split()[0], two.split()[-1]
        if len(one) < 4 or len(two) < 4:
            return one
        head = one[: self.rng.randint(2, len(one) - 2)]
        return head + two[self.rng.randint(2, len(two) - 2) :].lower()

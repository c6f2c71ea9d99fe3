"""Ordinary words of a training sentence give way to others of their kind."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

__all__ = ["Rewording"]

_KINDS = ("person", "thing", "animal", "idea", "act", "adjective")


class Rewording:
    """Exchanges words.

    Args:
        words: ordinary words by kind.
        rng: decides everything.
    """

    def __init__(self, words: Mapping[str, Sequence[str]], rng: random.Random) -> None:
        self.words = words
        self.rng = rng
        self.kinds = {word: kind for kind in _KINDS for word in words[kind]}

    def of(self, text: str) -> str:
        """The text with some ordinary words exchanged, now and then."""
        if self.rng.random() < 0.5:
            return text
        words = text.split(" ")
        for index, word in enumerate(words):
            low = word.lower()
            plural = low.endswith("s") and low not in self.kinds
            kind = self.kinds.get(low[:-1] if plural else low)
            if kind and self.rng.random() < 0.15:
                other = self.rng.choice(self.words[kind]) + ("s" if plural else "")
                words[index] = other.capitalize() if word[:1].isupper() else other
        return " ".join(words)

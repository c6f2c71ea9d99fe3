"""Names of people."""

from __future__ import annotations

from cyclesim.training.ner.names.draw import Draw
from cyclesim.training.ner.names.makers import Makers

__all__ = ["People"]


class People:
    """Makes names of people; given and family name mostly of one language."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.locales = sorted(set(draw.words.given) & set(draw.words.family))
        # English-speaking locales are drawn more often, as in the texts people will type.
        self.weights = [4 if locale.startswith("en_") else 1 for locale in self.locales]

    def makers(self) -> Makers:
        """How a name of each kind is made."""
        return {
            "PER.full": self.full,
            "PER.last": self.last,
            "PER.first": self.first,
            "PER.initials": self.initials,
            "PER.mono": self.mono,
        }

    def _locale(self) -> str:
        return self.draw.rng.choices(self.locales, self.weights)[0]

    def first(self, locale: str = "") -> str:
        """A given name."""
        return self.draw.one(self.draw.words.given[locale or self._locale()])

    def last(self, locale: str = "") -> str:
        """A family name, sometimes double or invented, sometimes a famous one."""
        family = self.draw.words.family[locale or self._locale()]
        if self.draw.chance(self.draw.invent):
            return self.draw.crossed(self.draw.one(family), self.draw.one(family))
        if self.draw.chance(0.15):
            return self.draw.of("PER.famous").split()[-1]
        if self.draw.chance(0.03):
            return self.draw.one(family) + "-" + self.draw.one(family)
        return self.draw.one(family)

    def full(self) -> str:
        """Given and family name, mostly of one language; a famous person now and then."""
        if self.draw.chance(0.25):
            return self.draw.of("PER.famous")
        locale = self._locale()
        name = self.first(locale)
        if self.draw.chance(0.06):
            name += " " + self.first(locale)
        elif self.draw.chance(0.05):
            name += " " + self.first(locale)[0] + "."
        return name + " " + self.last(locale if self.draw.chance(0.8) else "")

    def initials(self) -> str:
        """Initials and a family name: "J. K. Rowling", "A. Smith", "JB Priestley"."""
        shape = self.draw.rng.random()
        one, two = self.first()[0], self.first()[0]
        if shape < 0.5:
            return f"{one}. {self.last()}"
        return f"{one}. {two}. {self.last()}" if shape < 0.8 else f"{one}.{two}. {self.last()}"

    def mono(self) -> str:
        """A single name by which a person is known."""
        return self.draw.of("PER.mono") if self.draw.chance(0.8) else self.first()

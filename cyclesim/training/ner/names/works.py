"""Names of what is neither a person, a body nor a place: peoples, events, works, products."""

from __future__ import annotations

from cyclesim.training.ner.names.draw import Draw
from cyclesim.training.ner.names.makers import Makers
from cyclesim.training.ner.names.places import Places

__all__ = ["Works"]


class Works:
    """Makes the other names."""

    def __init__(self, draw: Draw, places: Places) -> None:
        self.draw = draw
        self.places = places
        demonyms = [entry.split(",") for entry in draw.words.lists["demonyms"]]
        self.adjectives = [parts[1].strip() for parts in demonyms]
        self.peoples = [parts[2].strip() for parts in demonyms if parts[2].strip()]

    def makers(self) -> Makers:
        """How a name of each kind is made."""
        return {
            "MISC.nationality": self.nationality,
            "MISC.people": self.people,
            "MISC.event": self.event,
            "MISC.work": self.work,
            "MISC.product": self.product,
            "MISC.award": self.award,
            "MISC.law": self.law,
        }

    def nationality(self) -> str:
        """Belonging to a people: "Danish"."""
        return self.draw.one(self.adjectives)

    def people(self) -> str:
        """A people: "Danes"."""
        return self.draw.one(self.peoples)

    def event(self) -> str:
        """A war, a festival, a race."""
        if self.draw.chance(0.65):
            return self.draw.of("MISC.event")
        if self.draw.chance(0.3):
            return self.draw.one(("Battle of", "Siege of", "Treaty of", "Hurricane", "Storm")) + (
                " " + self.places.somewhere()
            )
        return f"{self.places.somewhere()} {self.draw.of('part.event_kind')}"

    def work(self) -> str:
        """A book, film, song, painting or game."""
        if self.draw.chance(0.5):
            return self.draw.of("MISC.work")
        one, two = self.draw.of("part.title_word"), self.draw.of("part.title_word")
        adjective, place = self.draw.of("part.title_adjective"), self.places.somewhere()
        shape = self.draw.one(("The {a} {o}", "{a} {o}", "The {o} of {p}", "The {o}",
                               "{o} and {t}", "The {o} of the {t}", "{o} in {p}", "A {a} {o}",
                               "The {o}'s {t}", "Letters from {p}", "The {o} and the {t}",
                               "My {o}", "No {o} for the {t}", "When the {o} Comes"))  # fmt: skip
        return shape.format(a=adjective, o=one, t=two, p=place)

    def product(self) -> str:
        """A product or a model."""
        if self.draw.chance(0.55):
            return self.draw.of("MISC.product")
        name = self.draw.of("part.product_word")
        if self.draw.chance(0.3):
            name = self.draw.crossed(name + "son", self.draw.of("part.company_word"))
        return f"{name} {self.draw.of('part.product_tail')}" if self.draw.chance(0.7) else name

    def award(self) -> str:
        """A prize or a medal."""
        if self.draw.chance(0.65):
            return self.draw.of("MISC.award")
        return f"{self.places.someone()} {self.draw.of('part.award_kind')}"

    def law(self) -> str:
        """An act, a treaty."""
        if self.draw.chance(0.5):
            return self.draw.of("MISC.law")
        if self.draw.chance(0.3):
            return self.draw.one(("Treaty of", "Peace of")) + " " + self.places.city()
        return f"{self.draw.of('part.law_topic')} {self.draw.of('part.law_kind')}"

"""Names of places."""

from __future__ import annotations

from cyclesim.training.ner.names.draw import Draw
from cyclesim.training.ner.names.makers import Makers
from cyclesim.training.ner.names.people import People

__all__ = ["Places"]


class Places:
    """Makes names of places, many of which are named after people."""

    def __init__(self, draw: Draw, people: People) -> None:
        self.draw = draw
        self.people = people

    def makers(self) -> Makers:
        """How a name of each kind is made."""
        return {
            "LOC.city": self.city,
            "LOC.region": self.region,
            "LOC.street": self.street,
            "LOC.building": self.building,
            "LOC.facility": self.facility,
            "LOC.water": self.water,
            "LOC.mountain": self.mountain,
            "LOC.natural": self.natural,
        }

    def city(self) -> str:
        """A town, known or not."""
        if self.draw.chance(self.draw.invent):
            return self.draw.crossed(self.draw.of("LOC.city.more"), self.draw.of("LOC.city.more"))
        return self.draw.of("LOC.city" if self.draw.chance(0.5) else "LOC.city.more")

    def region(self) -> str:
        """A province, state or county."""
        if self.draw.chance(0.1):
            ends = self.draw.chance(0.7)
            return f"{self.people.last()} County" if ends else f"County {self.city()}"
        return self.draw.of("LOC.region" if self.draw.chance(0.7) else "LOC.region.more")

    def someone(self) -> str:
        """After whom or what a thing is named."""
        return self.draw.one(
            (self.people.last, self.people.last, self.people.first, self.city, self.people.full)
        )()

    def somewhere(self) -> str:
        """A town or a region."""
        return self.draw.one((self.city, self.city, self.city, self.region))()

    def street(self) -> str:
        """A street, square or road."""
        if self.draw.chance(0.3):
            return self.draw.of("LOC.street")
        name = self.draw.of("part.road_name") if self.draw.chance(0.5) else self.someone()
        return f"{name} {self.draw.of('part.road')}"

    def building(self) -> str:
        """A building by its name."""
        if self.draw.chance(0.55):
            return self.draw.of("LOC.building")
        return f"{self.someone()} {self.draw.of('part.building')}"

    def facility(self) -> str:
        """An airport, a station, a park, a stadium."""
        if self.draw.chance(0.5):
            return self.draw.of("LOC.facility")
        return f"{self.someone()} {self.draw.of('part.facility')}"

    def water(self) -> str:
        """A river, lake or sea."""
        if self.draw.chance(0.65):
            return self.draw.of("LOC.water")
        name = self.someone()
        if self.draw.chance(0.4):
            return self.draw.one(("Lake", "River", "Loch", "Gulf of", "Bay of")) + " " + name
        return f"{name} {self.draw.of('part.water_kind')}"

    def mountain(self) -> str:
        """A mountain or a range."""
        if self.draw.chance(0.65):
            return self.draw.of("LOC.mountain")
        if self.draw.chance(0.5):
            kind = self.draw.one(("Mount", "Mt.", "Ben", "Pico", "Monte"))
            return f"{kind} {self.people.last()}"
        return f"{self.someone()} {self.draw.of('part.mountain_kind')}"

    def natural(self) -> str:
        """An island, forest, desert, beach or cape."""
        if self.draw.chance(0.7):
            return self.draw.of("LOC.natural")
        return f"{self.someone()} {self.draw.of('part.natural_kind')}"

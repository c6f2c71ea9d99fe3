"""Names of firms, clubs, schools, offices: of bodies that act."""

from __future__ import annotations

from cyclesim.training.ner.names.draw import Draw
from cyclesim.training.ner.names.makers import Makers
from cyclesim.training.ner.names.people import People
from cyclesim.training.ner.names.places import Places

__all__ = ["Bodies"]


class Bodies:
    """Makes names of bodies, after people and places."""

    def __init__(self, draw: Draw, people: People, places: Places) -> None:
        self.draw = draw
        self.people = people
        self.places = places

    def makers(self) -> Makers:
        """How a name of each kind is made."""
        return {
            "ORG.company": self.company,
            "ORG.bank": self.bank,
            "ORG.university": self.university,
            "ORG.school": self.school,
            "ORG.team": self.team,
            "ORG.agency": self.agency,
            "ORG.ngo": self.ngo,
            "ORG.media": self.media,
            "ORG.party": self.party,
            "ORG.acronym": self.acronym,
            "ORG.band": self.band,
            "ORG.hospital": self.hospital,
            "ORG.other": self.other,
        }

    def company(self) -> str:
        """A firm: a known one, an invented word, founders' names, a place and a trade."""
        shape = self.draw.rng.random()
        suffix = self.draw.of("part.company_suffix")
        if shape < 0.42:
            return self.draw.of("ORG.company")
        if shape < 0.52:
            return self.draw.crossed(self.draw.of("ORG.company"), self.draw.of("LOC.city.more"))
        if shape < 0.58:
            return (
                self.draw.crossed(self.draw.of("part.company_word"), self.people.last())
                + " "
                + suffix
            )
        if shape < 0.66:
            return f"{self.people.last()} {suffix}"
        if shape < 0.71:
            return f"{self.people.last()} & {self.people.last()}"
        if shape < 0.74:
            return f"{self.people.last()}, {self.people.last()} & {self.people.last()}"
        if shape < 0.82:
            return f"{self.draw.of('part.company_word')} {suffix}"
        if shape < 0.87:
            return f"{self.places.somewhere()} {suffix}"
        if shape < 0.9:
            return self.draw.of("part.company_word") + self.draw.of("part.company_word").lower()
        if shape < 0.94:
            return f"{self.draw.of('part.company_word')} {self.draw.of('part.company_word')}"
        if shape < 0.97:
            return f"{self.draw.of('ORG.company')} {suffix}"
        return self.acronym() + " " + suffix

    def bank(self) -> str:
        """A bank."""
        if self.draw.chance(0.5):
            return self.draw.of("ORG.bank")
        shape = self.draw.one(("Bank of {}", "{} Bank", "{} Savings Bank", "National Bank of {}",
                               "{} Credit Union", "{} Building Society", "First {} Bank",
                               "Central Bank of {}", "{} Trust", "{} Capital"))  # fmt: skip
        place = self.draw.of("LOC.country") if self.draw.chance(0.4) else self.places.somewhere()
        return shape.format(place)

    def university(self) -> str:
        """A university, college or institute."""
        if self.draw.chance(0.4):
            return self.draw.of("ORG.university")
        shape = self.draw.one((
            "University of {}", "University of {}", "{} University", "{} University", "{} College",
            "{} State University", "{} Institute of Technology", "Technical University of {}",
            "{} Polytechnic", "{} School of {field}", "{} Institute of {field}", "{} State",
            "Royal College of {field}", "{} Academy of {field}", "{} Business School",
            "{} Medical School", "{} Law School"))  # fmt: skip
        place = self.people.last() if self.draw.chance(0.25) else self.places.somewhere()
        return shape.format(place, field=self.draw.of("part.field"))

    def school(self) -> str:
        """A school."""
        if self.draw.chance(0.2):
            return self.draw.of("ORG.school")
        shape = self.draw.one(("{} High School", "{} Primary School", "{} Academy", "{} School",
                               "{} Grammar School", "St. {first}'s School", "St {first}'s",
                               "{} Elementary", "{} Middle School", "{} High", "{} College",
                               "{} Elementary School", "{} Secondary School"))  # fmt: skip
        return shape.format(self.places.someone(), first=self.people.first())

    def team(self) -> str:
        """A club: a known one, a town, a town with a nickname, or the nickname alone."""
        shape = self.draw.rng.random()
        if shape < 0.5:
            return self.draw.of("ORG.team")
        if shape < 0.68:
            return self.places.city()
        if shape < 0.93:
            return f"{self.places.city()} {self.draw.of('part.team_nick')}"
        return self.draw.one(("Real", "FC", "Dynamo", "Sporting", "AC", "SV", "Inter")) + (
            " " + self.places.city()
        )

    def agency(self) -> str:
        """A ministry, office, court or council."""
        if self.draw.chance(0.5):
            return self.draw.of("ORG.agency")
        shape = self.draw.one((
            "Ministry of {m}", "Ministry of {m}", "Department of {m}", "Department for {m}",
            "{m} Ministry", "{p} City Council", "{p} County Council", "{p} Police",
            "{p} Police Department", "{p} Supreme Court", "{p} Fire Department", "{p} Council",
            "National {f} Agency", "{p} Court of Appeal", "Office of {f}", "{f} Commission",
            "{p} Parliament", "{p} Port Authority", "{p} Health Board", "Institute for {f}",
            "National {f} Council", "{p} Development Agency", "{m} Department",
            "Federal {f} Agency", "{p} District Council", "{p} Crown Court"))  # fmt: skip
        return shape.format(
            m=self.draw.of("part.ministry"), p=self.places.somewhere(), f=self.draw.of("part.field")
        )

    def ngo(self) -> str:
        """A charity, society, foundation or union."""
        if self.draw.chance(0.5):
            return self.draw.of("ORG.ngo")
        shape = self.draw.one((
            "{} Foundation", "{} Trust", "{} Society", "Friends of {}", "Save the {}", "{} Aid",
            "National Union of {u}", "{u} Union", "Association of {u}", "{u} Federation",
            "Society of {u}", "{} Institute", "{} {u} Association", "Institute of {f}",
            "Centre for {f}", "Center for {f}", "Royal Society of {u}"))  # fmt: skip
        return shape.format(
            self.places.someone(), u=self.draw.of("part.union"), f=self.draw.of("part.field")
        )

    def media(self) -> str:
        """A newspaper, station or publisher."""
        if self.draw.chance(0.55):
            return self.draw.of("ORG.media")
        name = f"{self.places.somewhere()} {self.draw.of('part.media_name')}"
        shape = self.draw.rng.random()
        if shape < 0.25:
            return "The " + name
        return f"Radio {self.places.city()}" if shape < 0.35 else name

    def party(self) -> str:
        """A political party."""
        if self.draw.chance(0.6):
            return self.draw.of("ORG.party")
        name = self.draw.of("part.party_name")
        return f"{self.draw.of('LOC.country')} {name}" if self.draw.chance(0.15) else name

    def acronym(self) -> str:
        """Known initials, or any letters."""
        if self.draw.chance(0.6):
            return self.draw.of("ORG.acronym")
        letters = "ABCDEFGHIJKLMNOPRSTUVW"
        return "".join(self.draw.one(letters) for _ in range(self.draw.rng.randint(3, 5)))

    def band(self) -> str:
        """A band or an ensemble."""
        shape = self.draw.rng.random()
        if shape < 0.55:
            return self.draw.of("ORG.band")
        if shape < 0.75:
            noun = self.draw.of("part.title_word")
            return f"The {self.draw.of('part.title_adjective')} {noun}s"
        if shape < 0.85:
            return f"{self.places.city()} {self.draw.one(('Symphony Orchestra', 'Philharmonic'))}"
        return f"{self.draw.of('part.title_adjective')} {self.draw.of('part.title_word')}"

    def hospital(self) -> str:
        """A hospital or clinic."""
        if self.draw.chance(0.3):
            return self.draw.of("ORG.hospital")
        shape = self.draw.one(("{} General Hospital", "St. {first}'s Hospital", "{} Hospital",
                               "St {first}'s Hospital", "{} Clinic", "{} Medical Center",
                               "{} Children's Hospital", "Royal {} Infirmary",
                               "University Hospital {}", "{} Infirmary"))  # fmt: skip
        return shape.format(self.places.someone(), first=self.people.first())

    def other(self) -> str:
        """A museum, theatre, church or the like acting as a body."""
        if self.draw.chance(0.6):
            return self.draw.of("ORG.other")
        shape = self.draw.one(("{} Museum", "{} Museum of {f}", "{} Opera", "{} Chamber of "
                               "Commerce", "{} Gallery", "{} Theatre", "{} Stock Exchange",
                               "Museum of {f}", "{} Choir", "{} Laboratory", "{} Ballet",
                               "{} Film Society", "{} Orchestra"))  # fmt: skip
        return shape.format(self.places.somewhere(), f=self.draw.of("part.field"))

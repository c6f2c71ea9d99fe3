"""Endless training sentences from the written ones: other names, other words, other typography.

A written sentence is used as it is and as a template: each of its names may give way to another
of the same subtype, from the word lists, composed ("University of" + a town) or invented by
crossing two names. The seed decides everything.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from cyclesim.training.corpus import Words
from cyclesim.training.sentences import UNKNOWN, Piece

# How often a name of a subtype gives way to another; what is missing never does.
_REPLACE = {
    "PER": 0.75, "ORG": 0.65, "LOC": 0.65, "MISC.nationality": 0.7, "MISC.people": 0.6,
    "MISC.language": 0.6, "MISC.religion": 0.4, "MISC.event": 0.45, "MISC.work": 0.6,
    "MISC.product": 0.55, "MISC.award": 0.5, "MISC.law": 0.5, "MISC.holiday": 0.5,
    "MISC.ideology": 0.3, "MISC.competition": 0.5,
}  # fmt: skip

_TITLE_SMALL = {"a", "an", "the", "of", "in", "on", "and", "to", "for", "at", "by", "or", "with"}


class Namer:
    """Makes a new name of a given subtype."""

    def __init__(self, words: Words, rng: random.Random, *, invent: float = 0.12) -> None:
        self.words = words
        self.rng = rng
        self.invent = invent
        self.locales = sorted(set(words.given) & set(words.family))
        # English-speaking locales are drawn more often, as in the texts people will type.
        self.weights = [4 if locale.startswith("en_") else 1 for locale in self.locales]
        demonyms = [entry.split(",") for entry in words.lists["demonyms"]]
        self.adjectives = [parts[1].strip() for parts in demonyms]
        self.peoples = [parts[2].strip() for parts in demonyms if parts[2].strip()]
        self.makers: dict[str, Callable[[], str]] = {
            "PER.full": self.full,
            "PER.last": self.last,
            "PER.first": self.first,
            "PER.initials": self.initials,
            "PER.mono": self.mono,
            "LOC.city": self.city,
            "LOC.region": self.region,
            "LOC.street": self.street,
            "LOC.building": self.building,
            "LOC.facility": self.facility,
            "LOC.water": self.water,
            "LOC.mountain": self.mountain,
            "LOC.natural": self.natural,
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
            "MISC.nationality": lambda: rng.choice(self.adjectives),
            "MISC.people": lambda: rng.choice(self.peoples),
            "MISC.event": self.event,
            "MISC.work": self.work,
            "MISC.product": self.product,
            "MISC.award": self.award,
            "MISC.law": self.law,
        }

    def name(self, kind: str) -> str:
        """A name of the kind; any of its list where no recipe is known."""
        maker = self.makers.get(kind)
        return maker() if maker else self.of(kind)

    def of(self, key: str) -> str:
        """One of the list."""
        return self.rng.choice(self.words.lists[key])

    def cross(self, one: str, two: str) -> str:
        """An invented name: the beginning of one and the end of the other."""
        one, two = one.split()[0], two.split()[-1]
        if len(one) < 4 or len(two) < 4:
            return one
        head = one[: self.rng.randint(2, len(one) - 2)]
        return head + two[self.rng.randint(2, len(two) - 2) :].lower()

    def _chance(self, odds: float) -> bool:
        return self.rng.random() < odds

    def _locale(self) -> str:
        return self.rng.choices(self.locales, self.weights)[0]

    # People

    def first(self, locale: str = "") -> str:
        """A given name."""
        return self.rng.choice(self.words.given[locale or self._locale()])

    def last(self, locale: str = "") -> str:
        """A family name, sometimes double or invented, sometimes a famous one."""
        family = self.words.family[locale or self._locale()]
        if self._chance(self.invent):
            return self.cross(self.rng.choice(family), self.rng.choice(family))
        if self._chance(0.15):
            return self.of("PER.famous").split()[-1]
        if self._chance(0.03):
            return self.rng.choice(family) + "-" + self.rng.choice(family)
        return self.rng.choice(family)

    def full(self) -> str:
        """Given and family name, mostly of one language; a famous person now and then."""
        if self._chance(0.25):
            return self.of("PER.famous")
        locale = self._locale()
        name = self.first(locale)
        if self._chance(0.06):
            name += " " + self.first(locale)
        elif self._chance(0.05):
            name += " " + self.first(locale)[0] + "."
        return name + " " + self.last(locale if self._chance(0.8) else "")

    def initials(self) -> str:
        """Initials and a family name: "J. K. Rowling", "A. Smith", "JB Priestley"."""
        shape = self.rng.random()
        one, two = self.first()[0], self.first()[0]
        if shape < 0.5:
            return f"{one}. {self.last()}"
        return f"{one}. {two}. {self.last()}" if shape < 0.8 else f"{one}.{two}. {self.last()}"

    def mono(self) -> str:
        """A single name by which a person is known."""
        return self.of("PER.mono") if self._chance(0.8) else self.first()

    # Places

    def city(self) -> str:
        """A town, known or not."""
        if self._chance(self.invent):
            return self.cross(self.of("LOC.city.more"), self.of("LOC.city.more"))
        return self.of("LOC.city" if self._chance(0.5) else "LOC.city.more")

    def region(self) -> str:
        """A province, state or county."""
        if self._chance(0.1):
            return f"{self.last()} County" if self._chance(0.7) else f"County {self.city()}"
        return self.of("LOC.region" if self._chance(0.7) else "LOC.region.more")

    def _someone(self) -> str:
        return self.rng.choice((self.last, self.last, self.first, self.city, self.full))()

    def _somewhere(self) -> str:
        return self.rng.choice((self.city, self.city, self.city, self.region))()

    def street(self) -> str:
        """A street, square or road."""
        if self._chance(0.3):
            return self.of("LOC.street")
        name = self.of("part.road_name") if self._chance(0.5) else self._someone()
        return f"{name} {self.of('part.road')}"

    def building(self) -> str:
        """A building by its name."""
        if self._chance(0.55):
            return self.of("LOC.building")
        return f"{self._someone()} {self.of('part.building')}"

    def facility(self) -> str:
        """An airport, a station, a park, a stadium."""
        if self._chance(0.5):
            return self.of("LOC.facility")
        return f"{self._someone()} {self.of('part.facility')}"

    def water(self) -> str:
        """A river, lake or sea."""
        if self._chance(0.65):
            return self.of("LOC.water")
        name = self._someone()
        if self._chance(0.4):
            return self.rng.choice(("Lake", "River", "Loch", "Gulf of", "Bay of")) + " " + name
        return f"{name} {self.of('part.water_kind')}"

    def mountain(self) -> str:
        """A mountain or a range."""
        if self._chance(0.65):
            return self.of("LOC.mountain")
        if self._chance(0.5):
            return self.rng.choice(("Mount", "Mt.", "Ben", "Pico", "Monte")) + " " + self.last()
        return f"{self._someone()} {self.of('part.mountain_kind')}"

    def natural(self) -> str:
        """An island, forest, desert, beach or cape."""
        if self._chance(0.7):
            return self.of("LOC.natural")
        return f"{self._someone()} {self.of('part.natural_kind')}"

    # Bodies

    def company(self) -> str:
        """A firm: a known one, an invented word, founders' names, a place and a trade."""
        shape = self.rng.random()
        suffix = self.of("part.company_suffix")
        if shape < 0.42:
            return self.of("ORG.company")
        if shape < 0.52:
            return self.cross(self.of("ORG.company"), self.of("LOC.city.more"))
        if shape < 0.58:
            return self.cross(self.of("part.company_word"), self.last()) + " " + suffix
        if shape < 0.66:
            return f"{self.last()} {suffix}"
        if shape < 0.71:
            return f"{self.last()} & {self.last()}"
        if shape < 0.74:
            return f"{self.last()}, {self.last()} & {self.last()}"
        if shape < 0.82:
            return f"{self.of('part.company_word')} {suffix}"
        if shape < 0.87:
            return f"{self._somewhere()} {suffix}"
        if shape < 0.9:
            return self.of("part.company_word") + self.of("part.company_word").lower()
        if shape < 0.94:
            return f"{self.of('part.company_word')} {self.of('part.company_word')}"
        if shape < 0.97:
            return f"{self.of('ORG.company')} {suffix}"
        return self.acronym() + " " + suffix

    def bank(self) -> str:
        """A bank."""
        if self._chance(0.5):
            return self.of("ORG.bank")
        shape = self.rng.choice(("Bank of {}", "{} Bank", "{} Savings Bank", "National Bank of {}",
                                 "{} Credit Union", "{} Building Society", "First {} Bank",
                                 "Central Bank of {}", "{} Trust", "{} Capital"))  # fmt: skip
        place = self.of("LOC.country") if self._chance(0.4) else self._somewhere()
        return shape.format(place)

    def university(self) -> str:
        """A university, college or institute."""
        if self._chance(0.4):
            return self.of("ORG.university")
        shape = self.rng.choice((
            "University of {}", "University of {}", "{} University", "{} University", "{} College",
            "{} State University", "{} Institute of Technology", "Technical University of {}",
            "{} Polytechnic", "{} School of {field}", "{} Institute of {field}", "{} State",
            "Royal College of {field}", "{} Academy of {field}", "{} Business School",
            "{} Medical School", "{} Law School"))  # fmt: skip
        place = self.last() if self._chance(0.25) else self._somewhere()
        return shape.format(place, field=self.of("part.field"))

    def school(self) -> str:
        """A school."""
        if self._chance(0.2):
            return self.of("ORG.school")
        shape = self.rng.choice(("{} High School", "{} Primary School", "{} Academy", "{} School",
                                 "{} Grammar School", "St. {first}'s School", "St {first}'s",
                                 "{} Elementary", "{} Middle School", "{} High", "{} College",
                                 "{} Elementary School", "{} Secondary School"))  # fmt: skip
        return shape.format(self._someone(), first=self.first())

    def team(self) -> str:
        """A club: a known one, a town, a town with a nickname, or the nickname alone."""
        shape = self.rng.random()
        if shape < 0.5:
            return self.of("ORG.team")
        if shape < 0.68:
            return self.city()
        if shape < 0.93:
            return f"{self.city()} {self.of('part.team_nick')}"
        return self.rng.choice(("Real", "FC", "Dynamo", "Sporting", "AC", "SV", "Inter")) + (
            " " + self.city()
        )

    def agency(self) -> str:
        """A ministry, office, court or council."""
        if self._chance(0.5):
            return self.of("ORG.agency")
        shape = self.rng.choice((
            "Ministry of {m}", "Ministry of {m}", "Department of {m}", "Department for {m}",
            "{m} Ministry", "{p} City Council", "{p} County Council", "{p} Police",
            "{p} Police Department", "{p} Supreme Court", "{p} Fire Department", "{p} Council",
            "National {f} Agency", "{p} Court of Appeal", "Office of {f}", "{f} Commission",
            "{p} Parliament", "{p} Port Authority", "{p} Health Board", "Institute for {f}",
            "National {f} Council", "{p} Development Agency", "{m} Department",
            "Federal {f} Agency", "{p} District Council", "{p} Crown Court"))  # fmt: skip
        return shape.format(
            m=self.of("part.ministry"), p=self._somewhere(), f=self.of("part.field")
        )

    def ngo(self) -> str:
        """A charity, society, foundation or union."""
        if self._chance(0.5):
            return self.of("ORG.ngo")
        shape = self.rng.choice((
            "{} Foundation", "{} Trust", "{} Society", "Friends of {}", "Save the {}", "{} Aid",
            "National Union of {u}", "{u} Union", "Association of {u}", "{u} Federation",
            "Society of {u}", "{} Institute", "{} {u} Association", "Institute of {f}",
            "Centre for {f}", "Center for {f}", "Royal Society of {u}"))  # fmt: skip
        return shape.format(self._someone(), u=self.of("part.union"), f=self.of("part.field"))

    def media(self) -> str:
        """A newspaper, station or publisher."""
        if self._chance(0.55):
            return self.of("ORG.media")
        name = f"{self._somewhere()} {self.of('part.media_name')}"
        shape = self.rng.random()
        if shape < 0.25:
            return "The " + name
        return f"Radio {self.city()}" if shape < 0.35 else name

    def party(self) -> str:
        """A political party."""
        if self._chance(0.6):
            return self.of("ORG.party")
        name = self.of("part.party_name")
        return f"{self.of('LOC.country')} {name}" if self._chance(0.15) else name

    def acronym(self) -> str:
        """Known initials, or any letters."""
        if self._chance(0.6):
            return self.of("ORG.acronym")
        letters = "ABCDEFGHIJKLMNOPRSTUVW"
        return "".join(self.rng.choice(letters) for _ in range(self.rng.randint(3, 5)))

    def band(self) -> str:
        """A band or an ensemble."""
        shape = self.rng.random()
        if shape < 0.55:
            return self.of("ORG.band")
        if shape < 0.75:
            noun = self.of("part.title_word")
            return f"The {self.of('part.title_adjective')} {noun}s"
        if shape < 0.85:
            return f"{self.city()} {self.rng.choice(('Symphony Orchestra', 'Philharmonic'))}"
        return f"{self.of('part.title_adjective')} {self.of('part.title_word')}"

    def hospital(self) -> str:
        """A hospital or clinic."""
        if self._chance(0.3):
            return self.of("ORG.hospital")
        shape = self.rng.choice(("{} General Hospital", "St. {first}'s Hospital", "{} Hospital",
                                 "St {first}'s Hospital", "{} Clinic", "{} Medical Center",
                                 "{} Children's Hospital", "Royal {} Infirmary",
                                 "University Hospital {}", "{} Infirmary"))  # fmt: skip
        return shape.format(self._someone(), first=self.first())

    def other(self) -> str:
        """A museum, theatre, church or the like acting as a body."""
        if self._chance(0.6):
            return self.of("ORG.other")
        shape = self.rng.choice(("{} Museum", "{} Museum of {f}", "{} Opera", "{} Chamber of "
                                 "Commerce", "{} Gallery", "{} Theatre", "{} Stock Exchange",
                                 "Museum of {f}", "{} Choir", "{} Laboratory", "{} Ballet",
                                 "{} Film Society", "{} Orchestra"))  # fmt: skip
        return shape.format(self._somewhere(), f=self.of("part.field"))

    # The rest

    def event(self) -> str:
        """A war, a festival, a race."""
        if self._chance(0.65):
            return self.of("MISC.event")
        if self._chance(0.3):
            return self.rng.choice(("Battle of", "Siege of", "Treaty of", "Hurricane", "Storm")) + (
                " " + self._somewhere()
            )
        return f"{self._somewhere()} {self.of('part.event_kind')}"

    def work(self) -> str:
        """A book, film, song, painting or game."""
        if self._chance(0.5):
            return self.of("MISC.work")
        one, two = self.of("part.title_word"), self.of("part.title_word")
        adjective, place = self.of("part.title_adjective"), self._somewhere()
        shape = self.rng.choice(("The {a} {o}", "{a} {o}", "The {o} of {p}", "The {o}",
                                 "{o} and {t}", "The {o} of the {t}", "{o} in {p}", "A {a} {o}",
                                 "The {o}'s {t}", "Letters from {p}", "The {o} and the {t}",
                                 "My {o}", "No {o} for the {t}", "When the {o} Comes"))  # fmt: skip
        return shape.format(a=adjective, o=one, t=two, p=place)

    def product(self) -> str:
        """A product or a model."""
        if self._chance(0.55):
            return self.of("MISC.product")
        name = self.of("part.product_word")
        if self._chance(0.3):
            name = self.cross(name + "son", self.of("part.company_word"))
        return f"{name} {self.of('part.product_tail')}" if self._chance(0.7) else name

    def award(self) -> str:
        """A prize or a medal."""
        if self._chance(0.65):
            return self.of("MISC.award")
        return f"{self._someone()} {self.of('part.award_kind')}"

    def law(self) -> str:
        """An act, a treaty."""
        if self._chance(0.5):
            return self.of("MISC.law")
        if self._chance(0.3):
            return self.rng.choice(("Treaty of", "Peace of")) + " " + self.city()
        return f"{self.of('part.law_topic')} {self.of('part.law_kind')}"


class Generator:
    """Draws sentences without end from templates and prose."""

    def __init__(
        self, templates: list[list[Piece]], words: Words, seed: int, *, invent: float = 0.12,
        vary: bool = True,
    ) -> None:  # fmt: skip
        self.templates = templates
        self.rng = random.Random(seed)
        self.namer = Namer(words, self.rng, invent=invent)
        self.vary = vary
        self.plain = {
            word: key for key in ("person", "thing", "animal", "idea", "act", "adjective")
            for word in words.words[key]
        }  # fmt: skip
        self.ordinary = words.words

    def __iter__(self) -> Iterator[list[Piece]]:
        while True:
            yield self.sentence()

    def sentence(self) -> list[Piece]:
        """One new sentence."""
        pieces = self.filled(self.rng.choice(self.templates))
        return self.typography(pieces) if self.vary else pieces

    def filled(self, template: list[Piece]) -> list[Piece]:
        """The template with some names replaced, the same old name by the same new one."""
        if self.vary and self.rng.random() < 0.15:
            return template
        new: dict[Piece, str] = {}
        pieces: list[Piece] = []
        for piece in template:
            if not piece.kind:
                pieces.append(Piece(self.reworded(piece.text)) if self.vary else piece)
                continue
            if piece not in new:
                new[piece] = self._replacement(piece)
            pieces.append(Piece(new[piece], piece.kind))
        return pieces

    def _replacement(self, piece: Piece) -> str:
        odds = _REPLACE.get(piece.kind, _REPLACE.get(piece.label, 0.0))
        known = piece.kind in self.namer.makers or piece.kind in self.namer.words.lists
        if not known or self.rng.random() >= odds:
            return piece.text
        if piece.kind == "MISC.nationality" and piece.text.islower():
            return piece.text
        if piece.kind in ("MISC.religion", "MISC.ideology") and not piece.text.endswith("ism"):
            return piece.text  # a noun would not fit where an adjective stood
        name = self.namer.name(piece.kind)
        return piece.text if any(sign in name for sign in "[]|") else name

    def reworded(self, text: str) -> str:
        """Ordinary words exchanged for others of their kind now and then."""
        if self.rng.random() < 0.5:
            return text
        words = text.split(" ")
        for index, word in enumerate(words):
            low = word.lower()
            plural = low.endswith("s") and low not in self.plain
            key = self.plain.get(low[:-1] if plural else low)
            if key and self.rng.random() < 0.15:
                other = self.rng.choice(self.ordinary[key]) + ("s" if plural else "")
                words[index] = other.capitalize() if word[:1].isupper() else other
        return " ".join(words)

    def typography(self, pieces: list[Piece]) -> list[Piece]:
        """Capitals, quotes, a missing full stop, a second sentence."""
        draw = self.rng.random()
        if draw < 0.03:
            return [Piece(p.text.upper(), p.kind) for p in pieces]
        if draw < 0.07:
            return [p if p.kind else Piece(self._headline(p.text)) for p in pieces]
        if draw < 0.13 and pieces and pieces[-1].text.endswith("."):
            last = pieces[-1]
            if not last.kind:
                pieces = [*pieces[:-1], Piece(last.text[:-1])]
            return [p for p in pieces if p.text]
        if draw < 0.16:
            mark = self.rng.choice(('""', "''", "“”", "‘’"))
            return [Piece(mark[0]), *pieces, Piece(mark[1])]
        if draw < 0.24:
            return [*pieces, Piece(" "), *self.filled(self.rng.choice(self.templates))]
        return pieces

    def _headline(self, text: str) -> str:
        words = text.split(" ")
        return " ".join(
            w if w.lower() in _TITLE_SMALL or not w else w[0].upper() + w[1:] for w in words
        )


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

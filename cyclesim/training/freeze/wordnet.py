"""Reads WordNet's noun, verb and adjective files: names with their class, words, glosses, examples.

Only :mod:`cyclesim.training.freeze` needs this, and with it Debian's ``wordnet-base``. Training
itself reads what was frozen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path("/usr/share/wordnet")

# Lexicographer files, by number, that say what kind of thing an instance is.
_LABEL_OF_FILE = {4: "MISC", 6: "LOC", 10: "MISC", 11: "MISC", 14: "ORG", 15: "LOC", 17: "LOC",
                  18: "PER"}  # fmt: skip

# Words of an instance's class -> our subtype. The first that fits wins.
_SUBTYPES = (
    ("LOC.city", {"city", "town", "port", "village", "national_capital", "state_capital",
                  "provincial_capital", "resort_city", "capital", "borough", "metropolis"}),
    ("LOC.water", {"river", "lake", "sea", "bay", "ocean", "strait", "canal", "gulf", "channel",
                   "waterfall", "sound", "estuary", "stream", "falls"}),
    ("LOC.mountain", {"mountain", "mountain_peak", "range", "volcano", "glacier", "mountain_range",
                      "peak", "hill"}),
    ("LOC.natural", {"island", "desert", "peninsula", "cape", "archipelago", "forest",
                     "national_park", "canyon", "valley", "plain", "reef"}),
    ("LOC.space", {"star", "planet", "constellation", "asteroid", "satellite", "galaxy", "comet",
                   "double_star", "nebula"}),
    ("LOC.building", {"bridge", "building", "tower", "fortress", "prison", "palace", "cathedral"}),
    ("LOC.street", {"street", "avenue", "thoroughfare"}),
    ("LOC.country", {"country", "nation", "Asian_country", "African_country", "European_country",
                     "South_American_country", "Balkan_country", "Scandinavian_country",
                     "Asian_nation", "African_nation", "European_nation", "kingdom", "republic",
                     "North_American_country", "Central_American_country", "monarchy", "state"}),
    ("LOC.continent", {"continent"}),
)  # fmt: skip


@dataclass
class Synset:
    """One meaning: its words, what it is a kind or an instance of, and its prose."""

    key: str
    file: int
    words: list[str]
    instance_of: list[str] = field(default_factory=list)
    definition: str = ""
    examples: list[str] = field(default_factory=list)


def read(part: str) -> dict[str, Synset]:
    """All synsets of ``noun``, ``verb``, ``adj`` or ``adv``, by offset."""
    synsets: dict[str, Synset] = {}
    for line in (FOLDER / f"data.{part}").read_text(encoding="latin-1").splitlines():
        if line.startswith("  "):  # the licence at the top
            continue
        data, _, gloss = line.partition(" | ")
        parts = data.split()
        count = int(parts[3], 16)
        words = [re.sub(r"\((a|p|ip)\)$", "", w) for w in parts[4 : 4 + 2 * count : 2]]
        synset = Synset(parts[0], int(parts[1]), words)
        at = 4 + 2 * count
        for index in range(int(parts[at])):
            symbol, target = parts[at + 1 + 4 * index : at + 3 + 4 * index]
            if symbol == "@i":
                synset.instance_of.append(target)
        synset.examples = [e.strip() for e in re.findall(r'"([^"]+)"', gloss)]
        synset.definition = re.split(r';?\s*"', gloss, maxsplit=1)[0].strip(" ;")
        synsets[synset.key] = synset
    return synsets


def kind(synset: Synset, nouns: dict[str, Synset]) -> str:
    """``TYPE.subtype`` of an instance; empty for anything else."""
    if not synset.instance_of or synset.file not in _LABEL_OF_FILE:
        return ""
    label = _LABEL_OF_FILE[synset.file]
    classes = {word for key in synset.instance_of for word in nouns[key].words}
    if label == "LOC":
        for subtype, wanted in _SUBTYPES:
            if classes & wanted:
                return subtype
        return "LOC.building" if synset.file == 6 else "LOC.other"
    if label == "MISC":
        return "MISC.work" if synset.file == 10 else "MISC.event"
    return {"PER": "PER.famous", "ORG": "ORG.other"}[label]


def lemmas(part: str) -> Iterator[tuple[str, int, str]]:
    """(lower-case single word, number of its senses seen in text, offset of its first sense)."""
    for line in (FOLDER / f"index.{part}").read_text(encoding="latin-1").splitlines():
        if line.startswith("  "):
            continue
        parts = line.split()
        word = parts[0]
        if re.fullmatch(r"[a-z]{3,14}", word):
            senses = int(parts[2])
            yield word, int(parts[-senses - 1]), parts[-senses]

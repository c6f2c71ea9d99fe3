"""The lists that perturbations draw from: keys, synonyms and names, written for the project."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cyclesim.errors import CyclesimError
from cyclesim.files import shown
from cyclesim.language import tr

__all__ = ["KEYS", "NAMES", "SYNONYMS", "read_synonyms"]

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def _beside() -> dict[str, str]:
    """For each letter, those beside it in its row of a QWERTY keyboard."""
    found: dict[str, str] = {}
    for row in _ROWS:
        for at, letter in enumerate(row):
            found[letter] = row[max(0, at - 1) : at] + row[at + 1 : at + 2]
    return found


#: Letters beside a letter on a QWERTY keyboard.
KEYS: Mapping[str, str] = _beside()

#: Words of one meaning in most sentences, and of one form.
_GROUPS = """
worked laboured
works operates
born raised
lived resided dwelt
lives resides dwells
visited toured
met encountered
moved relocated
travelled journeyed
ran raced sprinted
won gained
lost mislaid
bought purchased acquired
sold vended
built constructed erected
founded established created
wrote authored penned
said stated remarked
spoke talked
taught instructed
studied researched
discovered found
invented devised
began started commenced
ended finished concluded
died perished
helped assisted aided
big large huge
small little tiny
great grand
famous renowned celebrated
old ancient aged
new recent
quick fast rapid
beautiful lovely gorgeous
good fine
bad poor
happy glad joyful
film movie
book volume
house home
city town
company firm
journey trip
war conflict
king monarch
child kid
car automobile
often frequently
also too
near beside
""".split("\n")

#: For a word, the words that may stand for it.
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    word: tuple(other for other in group.split() if other != word)
    for group in _GROUPS
    for word in group.split()
}

#: Names by type, for a name that gives way to another.
NAMES: Mapping[str, tuple[str, ...]] = {
    "PER": (
        "Grace Hopper", "Alan Turing", "Marie Curie", "Usain Bolt", "Toni Morrison",
        "Wangari Maathai", "Satyajit Ray", "Hedy Lamarr", "Miriam Makeba", "Ngozi Okafor",
    ),
    "LOC": (
        "Paris", "Nairobi", "Kyoto", "Lima", "Oslo", "Jakarta", "Montreal", "Warsaw", "New Zealand",
        "Lake Victoria",
    ),
    "ORG": (
        "Siemens", "Vassar College", "World Health Organization", "Toyota", "Real Madrid",
        "National Gallery", "Red Cross",
    ),
    "MISC": ("Nobel Prize", "Olympic Games", "French", "Hamlet", "World Cup", "Kenyan"),
}  # fmt: skip


def read_synonyms(path: Path) -> dict[str, tuple[str, ...]]:
    """Synonyms from a file: on each line words that may stand for one another, with spaces between.

    Raises:
        CyclesimError: it cannot be read, or a line has one word only.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or tr("it is not text in UTF-8")
        said = tr("{file} cannot be read: {why}.")
        raise CyclesimError(said.format(file=shown(path), why=why)) from None
    found: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(lines, start=1):
        words = line.lower().split()
        if len(words) == 1:
            said = tr("{file}, line {line}: one word only; its synonyms belong on the same line.")
            raise CyclesimError(said.format(file=shown(path), line=number))
        for word in words:
            found[word] = found.get(word, ()) + tuple(w for w in words if w != word)
    return found

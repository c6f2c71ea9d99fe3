"""Endless texts from a written grammar: lists to draw from, and stories told step by step.

The format is described at the top of ``data/stories.txt``. A text remembers what it drew, so that
a character keeps name and pronouns and a thing its look.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

#: Who is in every story, drawn from the same list.
CAST = ("hero", "friend", "helper")
#: The words that stand for a key of the hero.
PRONOUNS = ("he", "him", "his", "himself")

_TAG = re.compile(r"\{(\w+)(?::(\w+))?(?:\.(\w+))?\}")
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_START = re.compile(r'(^|^"|(?<=[.!?] )|(?<=\." )|(?<=[.!?] "))([a-z])')
_ARTICLE = re.compile(r"\b([Aa]) (?=[aeiouAEIOU])(?!one\b|uni|use)")


class GrammarError(ValueError):
    """A grammar that refers to something it does not have."""


@dataclass(frozen=True)
class Entry:
    """One member of a list: its text, and values by key."""

    text: str
    keys: dict[str, list[str]]


@dataclass(frozen=True)
class Story:
    """One story: the list that its cast is drawn from, and the alternatives of each step."""

    name: str
    cast: str
    steps: list[tuple[bool, list[str]]]  # (perhaps left out, alternatives)


@dataclass
class Grammar:
    """All lists and stories of a file."""

    lists: dict[str, list[Entry]] = field(default_factory=dict)
    stories: list[Story] = field(default_factory=list)

    @classmethod
    def parse(cls, text: str) -> Grammar:
        """Read the format of ``data/stories.txt``."""
        grammar = cls()
        shared: dict[str, list[str]] = {}
        steps: list[tuple[bool, list[str]]] | None = None
        for line in text.splitlines():
            line = line.rstrip()
            if not line or line.startswith("#"):
                continue
            if line.startswith("== "):
                name, shared = _keys(line[3:])
                entries = grammar.lists.setdefault(name, [])
                steps = None
            elif line.startswith(">> "):
                name, cast = line[3:].split()
                steps = []
                grammar.stories.append(Story(name, cast, steps))
            elif steps is None:
                said, keys = _keys(line)
                entries.append(Entry(said, shared | keys))
            else:
                perhaps = line.startswith("? ")
                steps.append((perhaps, line.removeprefix("? ").split(" || ")))
        return grammar

    def tell(self, rng: random.Random, story: Story | None = None) -> str:
        """One story, as a single line."""
        return _Telling(self, rng).tell(story or rng.choice(self.stories))

    def say(self, rng: random.Random, name: str) -> str:
        """One entry of a list, as a sentence."""
        return tidied(_Telling(self, rng).draw(name).text)

    def stream(self, seed: int) -> Iterator[str]:
        """Stories without end; the seed decides them all."""
        rng = random.Random(seed)
        while True:
            yield self.tell(rng)


def _keys(line: str) -> tuple[str, dict[str, list[str]]]:
    """``text ; key=one|two`` in its parts."""
    said, *pairs = (part.strip() for part in line.split(" ; "))
    split = (pair.partition("=") for pair in pairs)
    return said, {key: values.split("|") for key, _, values in split}


class _Telling:
    """What one story has drawn so far."""

    def __init__(self, grammar: Grammar, rng: random.Random) -> None:
        self.grammar = grammar
        self.rng = rng
        self.drawn: dict[str, Entry] = {}
        self.values: dict[tuple[str, str], str] = {}

    def tell(self, story: Story) -> str:
        for name in CAST:
            self.remember(name, story.cast)
        said = []
        for perhaps, alternatives in story.steps:
            if not perhaps or self.rng.random() < 0.5:
                said.append(tidied(self.expand(self.rng.choice(alternatives))))
        return " ".join(said)

    def expand(self, text: str) -> str:
        """The text with its choices made and its tags filled."""
        text = _CHOICE.sub(lambda match: self.rng.choice(match[1].split("|")), text)
        for match in _TAG.finditer(text):  # first, as a key may stand before its thing
            if match[2]:
                self.remember(match[1].lower(), match[2])
        return _TAG.sub(lambda match: self.fill(*match.groups()), text)

    def fill(self, name: str, of: str | None, key: str | None) -> str:
        """What stands for ``{name:of.key}``."""
        capital = name[0].isupper() or bool(key and key[0].isupper())
        name, key = name.lower(), key and key.lower()
        if name in PRONOUNS:
            name, key = "hero", name
        if of or (key and name not in self.drawn):
            self.remember(name, of or name)
        if name not in self.drawn:
            said = self.draw(name).text
        elif key is None:
            said = self.drawn[name].text
        else:
            said = self.value(name, key)
        return said[:1].upper() + said[1:] if capital else said

    def remember(self, name: str, of: str) -> None:
        """Draw an entry for ``name``, another than those drawn already."""
        if name in self.drawn:
            return
        taken = {entry.text for entry in self.drawn.values()}
        for _ in range(100):
            entry = self.draw(of)
            if entry.text not in taken:
                self.drawn[name] = entry
                return
        raise GrammarError(f"nothing is left in {of!r} for {name!r}")

    def draw(self, name: str) -> Entry:
        """Any entry of a list; an entry that only names another list stands for its entries."""
        if name not in self.grammar.lists:
            raise GrammarError(f"there is no list {name!r}")
        entry = self.rng.choice(self.grammar.lists[name])
        only = re.fullmatch(r"\{(\w+)\}", entry.text)
        if only and only[1] in self.grammar.lists:
            found = self.draw(only[1])
            return Entry(found.text, found.keys | entry.keys)
        return Entry(self.expand(entry.text), entry.keys)

    def value(self, name: str, key: str) -> str:
        """One value of a key, the same throughout the story."""
        if (name, key) not in self.values:
            entry = self.drawn[name]
            if key not in entry.keys:
                raise GrammarError(f"{entry.text!r} has no {key!r}")
            self.values[name, key] = self.rng.choice(entry.keys[key])
        return self.values[name, key]


def tidied(text: str) -> str:
    """Sentences begin with a capital, "a" becomes "an" before a vowel, spaces are single."""
    text = re.sub(r"  +", " ", text).strip()
    text = _START.sub(lambda match: match[1] + match[2].upper(), text)
    return _ARTICLE.sub(lambda match: f"{match[1]}n ", text)

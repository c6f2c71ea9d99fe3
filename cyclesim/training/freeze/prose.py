"""Prose with its names marked: WordNet's definitions and examples as sentences."""

from __future__ import annotations

import random
import re

from cyclesim.training.freeze import wordnet
from cyclesim.training.freeze.marking import Marker
from cyclesim.training.sentences import Piece, render


def clean(text: str) -> str:
    """A definition without its bracketed asides, or nothing if it cannot be marked."""
    text = re.sub(r"\s*\([^()]*\)", "", text).strip(" ;,")
    text = text.replace("`", "'").replace("--", "-")
    return "" if any(sign in text for sign in "[]|_()") or len(text) < 12 else text


def capitalised(pieces: list[Piece]) -> list[Piece]:
    """The sentence with a capital at its start; names were looked up before: "My" stays O."""
    first = pieces[0]
    return [Piece(first.text[0].upper() + first.text[1:], first.kind), *pieces[1:]]


def article(noun: str) -> str:
    """The noun phrase with "a" or "an", unless it brings its own first word."""
    first = noun.split()[0]
    if first.lower() in ("the", "a", "an", "one", "any", "either", "all", "his", "her", "their"):
        return noun
    return ("an " if first[0] in "aeiouAEIO" else "a ") + noun


def prose(nouns: dict[str, wordnet.Synset], marker: Marker) -> list[str]:
    """Definitions and examples of WordNet as annotated lines."""
    lines: list[str] = []
    draw = random.Random(2)
    for part in ("noun", "verb", "adj", "adv"):
        synsets = nouns if part == "noun" else wordnet.read(part)
        for synset in synsets.values():
            for example in synset.examples:
                text = clean(example)
                if text and len(text) < 240:
                    lines.append(render(capitalised(marker.mark(text))))
            text = clean(synset.definition.split(";")[0])
            if not text or len(text) > 220:
                continue
            name = max(synset.words, key=len).replace("_", " ")
            kind = wordnet.kind(synset, nouns) if part == "noun" else ""
            if kind and "[" not in name:
                lines.append(about(name, kind, text, marker, draw))
            elif part == "noun" and synset.file in (5, 20):
                continue  # animals and plants: families and genera are no names here
            elif any(c.isupper() for c in name):
                continue  # a capitalised word that is no instance: unsure
            elif draw.random() < (0.75 if part == "noun" else 0.4):
                lines.append(render(meaning(name, part, marker.mark(text, starts=False), draw)))
    return list(dict.fromkeys(lines))


def about(name: str, kind: str, text: str, marker: Marker, draw: random.Random) -> str:
    """A sentence about a name made from its definition."""
    rest = render(marker.mark(article(text), starts=False))
    verb = "was" if kind.startswith("PER") and draw.random() < 0.8 else "is"
    head = f"[{name}|{kind}]"
    shape = draw.random()
    if kind.startswith(("LOC.water", "LOC.mountain")) and draw.random() < 0.5:
        head = "The " + head
    if shape < 0.6:
        return f"{head} {verb} {rest}."
    if shape < 0.85:
        return f"{head}, {rest}."
    return f"{rest[0].upper() + rest[1:]}: {head}"


def meaning(name: str, part: str, text: list[Piece], draw: random.Random) -> list[Piece]:
    """A definition as a sentence of its own."""
    if part == "noun" and draw.random() < 0.7:
        head = article(name)
        body = Piece(head[0].upper() + head[1:] + " is ")
        return [body, *text, Piece(".")]
    if part == "noun":
        head = name[0].upper() + name[1:]
        return [Piece(f"{head}: "), *text]
    if part == "verb":
        return [Piece("To " + name + " is to "), *text, Piece(".")]
    return [Piece(f"{name[0].upper() + name[1:]} means "), *text, Piece(".")]

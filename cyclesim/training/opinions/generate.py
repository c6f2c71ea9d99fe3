"""Sentences with their sentiment: said by the grammar, or of WordNet's prose by its words."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from functools import cache

from cyclesim.training import corpus
from cyclesim.training.grammar import Entry, Grammar
from cyclesim.training.sentences import assemble

LABELS = ("negative", "neutral", "positive")
CLEAR = 1.2  # the valence (of -4 to 4) from which an adjective or noun serves the grammar
#: How often a sentence is one of the grammar; the others are prose, and of the neutral ones some
#: are of the newspaper kind.
SAID, FACTS = 0.7, 0.15

_TURNED = re.compile(r"\b(no|not|never|without|hardly|nothing|nobody|but|less|lack\w*|\w+n't)\b")


@cache
def valences() -> dict[str, float]:
    """The words of opinion, each with its valence from -4 (bad) to 4 (good)."""
    pairs = (line.split() for line in corpus.lines("opinions.txt"))
    return {word: float(value) for word, value in pairs}


def grammar() -> Grammar:
    """The written grammar, with the adjectives and nouns of opinion as lists of it."""
    made = Grammar.parse("\n".join(corpus.lines("opinions-grammar.txt")))
    kinds = corpus.frozen()["words"]
    nouns = {*kinds["idea"], *kinds["act"], *kinds["thing"]} - {*kinds["adjective"]}
    for suffix, words in (("", {*kinds["adjective"]}), ("_noun", nouns)):
        clear = {word: value for word, value in valences().items() if word in words}
        for name, sign in (("good", 1), ("bad", -1)):
            chosen = [word for word, value in clear.items() if sign * value >= CLEAR]
            made.lists[name + suffix] = [Entry(word, {}) for word in chosen]
    return made


def by_words(text: str) -> str | None:
    """The sentiment that the words of a plain sentence agree on; None where it is not clear.

    A sentence with a word that may turn the meaning round is left out.
    """
    found = [valences().get(word, 0.0) for word in re.findall("[a-z]+", text.lower())]
    total = sum(found)
    if not any(found):
        return "neutral"
    if _TURNED.search(text.lower()) or abs(total) < 2.0:
        return None
    if any(value * total < 0 for value in found):
        return None
    return "positive" if total > 0 else "negative"


def prose() -> dict[str, list[str]]:
    """WordNet's examples and definitions by the sentiment of their words."""
    sorted_: dict[str, list[str]] = {label: [] for label in LABELS}
    for pieces in corpus.prose():
        text = assemble(pieces).text
        label = by_words(text)
        if label and len(text) < 160:
            sorted_[label].append(text)
    return sorted_


def facts() -> list[str]:
    """The written sentences of the newspaper kind that no word of opinion is in."""
    texts = (assemble(pieces).text for pieces in corpus.sentences())
    return [text for text in texts if by_words(text) == "neutral"]


def sentences(rng: random.Random) -> Iterator[tuple[str, str]]:
    """(text, label) without end."""
    said, plain, known = grammar(), prose(), facts()
    while True:
        label = rng.choice(LABELS)
        draw = rng.random()
        if draw < SAID:
            text = said.say(rng, label)
            if rng.random() < 0.2:  # two sentences of one mind
                text += " " + said.say(rng, label)
        elif label == "neutral" and draw < SAID + FACTS:
            text = rng.choice(known)
        else:
            text = rng.choice(plain[label])
        yield text, label

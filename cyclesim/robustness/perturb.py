"""Sentences changed a little, each change named: typos, case, synonyms, other names.

    for changed in perturbations(text, KINDS, count=2, seed=0):
        print(changed.name, changed.text)

Every change is a list of edits, so that what was left alone can be found again in the new text.
The seed decides which word is changed and how.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from cyclesim.language import N_, tr
from cyclesim.robustness.words import KEYS, NAMES, SYNONYMS

__all__ = ["KINDS", "Edit", "Name", "Perturbation", "perturbations"]

#: The kinds of change there are.
KINDS = ("typo", "case", "synonym", "name")

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SHORTEST = 4  # letters of a word that gets a typo


@dataclass(frozen=True, slots=True)
class Edit:
    """The characters from `start` to `end` of the old text give way to `new`."""

    start: int
    end: int
    new: str


@dataclass(frozen=True, slots=True)
class Name:
    """A name in the text, by its characters, and its type."""

    start: int
    end: int
    label: str


@dataclass(frozen=True)
class Perturbation:
    """A changed text.

    Attributes:
        kind: one of `KINDS`.
        what: what was done, in English: `two letters swapped`.
        old: the text that was changed.
        edits: the changes, in order; they do not overlap.
    """

    kind: str
    what: str
    old: str
    edits: tuple[Edit, ...]

    @property
    def text(self) -> str:
        """The new text."""
        parts, at = [], 0
        for edit in self.edits:
            parts += [self.old[at : edit.start], edit.new]
            at = edit.end
        return "".join([*parts, self.old[at:]])

    @property
    def changes(self) -> tuple[tuple[str, str], ...]:
        """What stood there, and what stands there now."""
        return tuple((self.old[e.start : e.end], e.new) for e in self.edits)

    @property
    def name(self) -> str:
        """What was done, in the language that is spoken."""
        return tr(self.what)

    def moved(self, place: int) -> int | None:
        """Where the old character `place` is in the new text; None if it was changed."""
        shift = 0
        for edit in self.edits:
            if place < edit.start:
                break
            if place < edit.end:
                return None
            shift += len(edit.new) - (edit.end - edit.start)
        return place + shift

    def new_spans(self) -> list[tuple[int, int]]:
        """Where each edit's new characters are in the new text."""
        spans, shift = [], 0
        for edit in self.edits:
            start = edit.start + shift
            spans.append((start, start + len(edit.new)))
            shift += len(edit.new) - (edit.end - edit.start)
        return spans


def perturbations(
    text: str,
    kinds: Sequence[str] = KINDS,
    *,
    count: int = 2,
    seed: int = 0,
    names: Sequence[Name] = (),
    synonyms: Mapping[str, Sequence[str]] = SYNONYMS,
) -> Iterator[Perturbation]:
    """Changed texts: of each kind at most `count` different ones, as many as the text allows.

    Args:
        text: the text to change.
        kinds: which changes to make, of `KINDS`.
        names: the names in the text, for `name`.
        synonyms: for a word in lower case, the words that may stand for it.
    """
    makers: dict[str, Callable[[random.Random], Iterator[Perturbation]]] = {
        "typo": lambda rng: _typos(text, rng),
        "case": lambda rng: _cases(text, rng),
        "synonym": lambda rng: _synonyms(text, synonyms, rng),
        "name": lambda rng: _names(text, names, rng),
    }
    for kind in kinds:
        seen = {text}
        # A generator of its own for each kind: leaving one kind out changes no other.
        for made in makers[kind](random.Random(f"{seed}/{kind}")):
            if made.text not in seen:
                seen.add(made.text)
                yield made
            if len(seen) > count:
                break


def _words(text: str) -> list[re.Match[str]]:
    return list(_WORD.finditer(text))


def _shuffled(items: Sequence, rng: random.Random) -> list:  # type: ignore[type-arg]
    return rng.sample(list(items), len(items))


# -- typos -------------------------------------------------------------------------------------


def _typos(text: str, rng: random.Random) -> Iterator[Perturbation]:
    words = _shuffled([w for w in _words(text) if len(w.group()) >= _SHORTEST], rng)
    for word in words:
        for what, make in _shuffled(_TYPOS, rng):
            new = make(word.group(), rng)
            if new is not None and new != word.group():
                yield Perturbation("typo", what, text, (Edit(word.start(), word.end(), new),))
                break


def _swap(word: str, rng: random.Random) -> str | None:
    at = rng.randrange(1, len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _drop(word: str, rng: random.Random) -> str | None:
    at = rng.randrange(1, len(word))
    return word[:at] + word[at + 1 :]


def _double(word: str, rng: random.Random) -> str | None:
    at = rng.randrange(1, len(word))
    return word[:at] + word[at] + word[at:]


def _slip(word: str, rng: random.Random) -> str | None:
    """A letter gives way to one beside it on a QWERTY keyboard."""
    places = [i for i, letter in enumerate(word) if i and letter in KEYS]
    if not places:
        return None
    at = rng.choice(places)
    return word[:at] + rng.choice(KEYS[word[at]]) + word[at + 1 :]


_TYPOS: tuple[tuple[str, Callable[[str, random.Random], str | None]], ...] = (
    (N_("two letters swapped"), _swap),
    (N_("a letter left out"), _drop),
    (N_("a letter doubled"), _double),
    (N_("a neighbouring key"), _slip),
)


# -- case --------------------------------------------------------------------------------------


def _cases(text: str, rng: random.Random) -> Iterator[Perturbation]:
    whole = (
        (N_("all in lower case"), str.lower),
        (N_("ALL IN CAPITALS"), str.upper),
    )
    for what, change in whole:
        yield Perturbation("case", what, text, _each(text, change))
    for word in _shuffled([w for w in _words(text) if w.group()[0].isupper()], rng):
        edit = Edit(word.start(), word.end(), word.group().lower())
        yield Perturbation("case", N_("a capital lost"), text, (edit,))


def _each(text: str, change: Callable[[str], str]) -> tuple[Edit, ...]:
    """An edit for every word that the change changes."""
    return tuple(
        Edit(word.start(), word.end(), change(word.group()))
        for word in _words(text)
        if change(word.group()) != word.group()
    )


# -- synonyms ----------------------------------------------------------------------------------


def _synonyms(
    text: str, synonyms: Mapping[str, Sequence[str]], rng: random.Random
) -> Iterator[Perturbation]:
    words = [w for w in _words(text) if w.group().lower() in synonyms]
    for word in _shuffled(words, rng):
        old = word.group()
        new = rng.choice(synonyms[old.lower()])
        new = new.upper() if old.isupper() and len(old) > 1 else new
        new = new[:1].upper() + new[1:] if old[:1].isupper() else new
        yield Perturbation("synonym", N_("a synonym"), text, (Edit(word.start(), word.end(), new),))


# -- names -------------------------------------------------------------------------------------


def _names(text: str, names: Sequence[Name], rng: random.Random) -> Iterator[Perturbation]:
    """Two names of one type change places; or one gives way to another of its type."""
    ordered = sorted(names, key=lambda name: name.start)
    pairs = [(a, b) for a, b in pairwise(ordered) if a.label == b.label]
    for a, b in _shuffled(pairs, rng):
        one, other = text[a.start : a.end], text[b.start : b.end]
        if one != other:
            edits = (Edit(a.start, a.end, other), Edit(b.start, b.end, one))
            yield Perturbation("name", N_("two names swapped"), text, edits)
    for name in _shuffled(ordered, rng):
        others = [n for n in NAMES.get(name.label, ()) if n != text[name.start : name.end]]
        if others:
            edit = Edit(name.start, name.end, rng.choice(others))
            yield Perturbation("name", N_("another name"), text, (edit,))

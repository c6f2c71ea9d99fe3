"""What a user says about the words of a text: marks in it, or a label for each word."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.trace import TokenSequence

__all__ = ["Mark", "first_token", "read_marks", "unmarked", "word_labels"]

_MARK = re.compile(r"\[([^\[\]]+)\]\(([^()\s]+)\)")


class Mark(NamedTuple):
    """A name in a text, and its kind: characters `start` to `end`."""

    start: int
    end: int
    kind: str


def read_marks(marked: str) -> tuple[str, list[Mark]]:
    """`[Ada Lovelace](PER) worked` → `Ada Lovelace worked` and where the name is in it."""
    text, marks, last = "", [], 0
    for found in _MARK.finditer(marked):
        text += marked[last : found.start()]
        marks.append(Mark(len(text), len(text) + len(found[1]), found[2]))
        text += found[1]
        last = found.end()
    return text + marked[last:], marks


def unmarked(text: str, labels: Sequence[str]) -> tuple[str, str | None]:
    """A text without its marks, and with them, if it has marks that are labels; else as it is.

    Example: `[Ada](PER) works` is a text with a mark for a model that finds persons, and just a
    text for a model that finds nothing of the sort.
    """
    bare, marks = read_marks(text)
    known = {label.partition("-")[2] or label for label in labels} | set(labels)
    if marks and all(mark.kind in known for mark in marks):
        return bare, text
    return text, None


def word_labels(row: TokenSequence, given: str | Sequence[str]) -> list[tuple[int, str | None]]:
    """For each token that has a label, its place and its label's kind or name.

    The first token of a word has the label; the others have none.

    Args:
        row: the text, split into tokens.
        given: a label for each word, in a list or a text; or the text with marks.

    Raises:
        CyclesimError: the number of labels is not that of the words, or the marked text is another.
    """
    if isinstance(given, str) and _MARK.search(given):
        return _marked(row, given)
    labels = given.replace(",", " ").split() if isinstance(given, str) else list(given)
    starts = _words(row)
    if len(labels) != len(starts):
        between = _typed(row)
        if len(labels) == len(between):
            starts = between
        else:
            said = tr(
                "{given} labels were given for {words} words ({shown}): give one for each word, "
                "or mark names in the text like [Ada Lovelace](PER)."
            )
            shown = " ".join((row.text or "").split()[:8])
            raise CyclesimError(said.format(given=len(labels), words=len(between), shown=shown))
    return list(zip(starts, labels, strict=True))


def _marked(row: TokenSequence, marked: str) -> list[tuple[int, str | None]]:
    text, marks = read_marks(marked)
    if text != row.text:
        said = tr("without its marks the labelled text reads {text!r}: it must be the text itself.")
        raise CyclesimError(said.format(text=text))
    found: list[tuple[int, str | None]] = []
    begun: set[Mark] = set()
    for place in _words(row):
        start, _ = row.offsets[place] or (0, 0)
        mark = next((m for m in marks if m.start <= start < m.end), None)
        if mark is None:
            found.append((place, None))
        else:
            found.append((place, ("I-" if mark in begun else "B-") + mark.kind))
            begun.add(mark)
    return found


def _words(row: TokenSequence) -> list[int]:
    """Place of the first token of each word, as the tokenizer counts words."""
    first: dict[int, int] = {}
    for place, word in enumerate(row.words):
        if word is not None and row.offsets[place] is not None:
            first.setdefault(word, place)
    return list(first.values())


def _typed(row: TokenSequence) -> list[int]:
    """Place of the first token of each word, as spaces separate them."""
    places = [first_token(row, m.start(), m.end()) for m in re.finditer(r"\S+", row.text or "")]
    return [place for place in places if place is not None]


def first_token(row: TokenSequence, start: int, end: int) -> int | None:
    """Place of the first token that stands in characters `start` to `end` of the text."""
    spans = zip(row.offsets, row.parts or [0] * len(row.offsets), strict=True)
    text = row.place("text") or 0
    for place, (span, part) in enumerate(spans):
        if span is not None and part == text and start < span[1] and span[0] < end:
            return place
    return None

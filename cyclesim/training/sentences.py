"""Sentences with their names marked: the one text format of the training room.

A line is a sentence; a name is written ``[surface|TYPE.subtype]``:

    [Ada Lovelace|PER.full] worked with [Charles Babbage|PER.full] in [London|LOC.city].

The type is PER, ORG, LOC or MISC. ``?`` in its place says "a name perhaps, nobody knows
which": such words are shown to the model, and neither rewarded nor punished.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

LABELS = ("O", "PER", "ORG", "LOC", "MISC")
UNKNOWN = "?"

_NAME = re.compile(r"\[([^\[\]|]+)\|([^\[\]|]+)\]")


class FormatError(ValueError):
    """A line that is not in the format, with the reason."""


@dataclass(frozen=True)
class Piece:
    """A stretch of a sentence: plain text (``kind`` empty) or a name of that kind."""

    text: str
    kind: str = ""

    @property
    def label(self) -> str:
        """PER, ORG, LOC, MISC or ``?`` of a name; O of plain text."""
        return self.kind.split(".")[0] if self.kind else "O"


@dataclass(frozen=True)
class Span:
    """A name by its character offsets in the text of its sentence."""

    start: int
    end: int
    label: str


@dataclass(frozen=True)
class Sentence:
    """The text a reader sees, and the names in it."""

    text: str
    spans: tuple[Span, ...]


def parse(line: str) -> list[Piece]:
    """The pieces of one annotated line, in order."""
    pieces: list[Piece] = []
    at = 0
    for match in _NAME.finditer(line):
        if match.start() > at:
            pieces.append(Piece(line[at : match.start()]))
        name = Piece(match.group(1), match.group(2))
        if name.label != UNKNOWN and name.label not in LABELS[1:]:
            raise FormatError(f"unknown type {name.kind!r} of {name.text!r}")
        if name.text != name.text.strip():
            raise FormatError(f"a name begins or ends with a space: {name.text!r}")
        pieces.append(name)
        at = match.end()
    if at < len(line):
        pieces.append(Piece(line[at:]))
    for piece in pieces:
        if not piece.kind and any(sign in piece.text for sign in "[]|"):
            raise FormatError(f"a bracket or bar outside a name: {piece.text!r}")
    return pieces


def assemble(pieces: list[Piece]) -> Sentence:
    """Join pieces into a sentence, counting characters as it goes."""
    text = ""
    spans: list[Span] = []
    for piece in pieces:
        if piece.kind:
            spans.append(Span(len(text), len(text) + len(piece.text), piece.label))
        text += piece.text
    return Sentence(text, tuple(spans))


def render(pieces: list[Piece]) -> str:
    """The opposite of :func:`parse`."""
    return "".join(f"[{p.text}|{p.kind}]" if p.kind else p.text for p in pieces)


def read(path: Path) -> list[list[Piece]]:
    """All sentences of a file; a bad line is named by its number."""
    sentences: list[list[Piece]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        line = line.strip()
        if not line:
            continue
        try:
            sentences.append(parse(line))
        except FormatError as error:
            raise FormatError(f"{path.name}, line {number}: {error}") from None
    return sentences

"""Endless training sentences from the written ones: other names, other words, other typography.

A written sentence is used as it is and as a template: each of its names may give way to another
of the same subtype, from the word lists, composed ("University of" + a town) or invented by
crossing two names. The seed decides everything.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from cyclesim.training.corpus import Words
from cyclesim.training.ner.names import Namer
from cyclesim.training.ner.rewording import Rewording
from cyclesim.training.ner.typography import typeset
from cyclesim.training.sentences import Piece

# How often a name of a subtype gives way to another; what is missing never does.
_REPLACE = {
    "PER": 0.75, "ORG": 0.65, "LOC": 0.65, "MISC.nationality": 0.7, "MISC.people": 0.6,
    "MISC.language": 0.6, "MISC.religion": 0.4, "MISC.event": 0.45, "MISC.work": 0.6,
    "MISC.product": 0.55, "MISC.award": 0.5, "MISC.law": 0.5, "MISC.holiday": 0.5,
    "MISC.ideology": 0.3, "MISC.competition": 0.5,
}  # fmt: skip


class Generator:
    """Draws sentences without end from templates and prose."""

    def __init__(
        self, templates: list[list[Piece]], words: Words, seed: int, *, invent: float = 0.12,
        vary: bool = True,
    ) -> None:  # fmt: skip
        self.templates = templates
        self.rng = random.Random(seed)
        self.namer = Namer(words, self.rng, invent=invent)
        self.rewording = Rewording(words.words, self.rng)
        self.vary = vary

    def __iter__(self) -> Iterator[list[Piece]]:
        while True:
            yield self.sentence()

    def sentence(self) -> list[Piece]:
        """One new sentence."""
        pieces = self._drawn()
        return typeset(pieces, self.rng, another=self._drawn) if self.vary else pieces

    def _drawn(self) -> list[Piece]:
        return self.filled(self.rng.choice(self.templates))

    def filled(self, template: list[Piece]) -> list[Piece]:
        """The template with some names replaced, the same old name by the same new one."""
        if self.vary and self.rng.random() < 0.15:
            return template
        new: dict[Piece, str] = {}
        pieces: list[Piece] = []
        for piece in template:
            if not piece.kind:
                pieces.append(Piece(self.rewording.of(piece.text)) if self.vary else piece)
                continue
            if piece not in new:
                new[piece] = self._replacement(piece)
            pieces.append(Piece(new[piece], piece.kind))
        return pieces

    def _replacement(self, piece: Piece) -> str:
        odds = _REPLACE.get(piece.kind, _REPLACE.get(piece.label, 0.0))
        if not self.namer.knows(piece.kind) or self.rng.random() >= odds:
            return piece.text
        if piece.kind == "MISC.nationality" and piece.text.islower():
            return piece.text
        if piece.kind in ("MISC.religion", "MISC.ideology") and not piece.text.endswith("ism"):
            return piece.text  # a noun would not fit where an adjective stood
        name = self.namer.name(piece.kind)
        return piece.text if any(sign in name for sign in "[]|") else name

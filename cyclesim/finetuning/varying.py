"""Training sentences a little different in each epoch: some words hidden, some spelled out.

A hidden word is one mask token, whose label must come from the words beside it (word dropout). A
word that is spelled out is in more and shorter pieces than the tokenizer's own, as words are that
training never saw (MaxMatch-Dropout, Hiraoka 2022). Both are to keep a model that starts from
random weights from learning the names of its training data by heart.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cyclesim.errors import CyclesimError
from cyclesim.finetuning.encode import Coder, Example
from cyclesim.language import tr
from cyclesim.training.vocabulary import Encoder

__all__ = ["Varying"]


@dataclass
class Varying:
    """Varies the examples of a coder.

    Attributes:
        coder: what made them.
        hide: the share of the words that is hidden.
        spell: the share of the others that is spelled out.

    Raises:
        CyclesimError: the tokenizer has no mask token, or no pieces to spell words out with.
    """

    coder: Coder
    hide: float
    spell: float
    _pieces: Encoder | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        tokenizer = self.coder.tokenizer
        self._special = frozenset(tokenizer.all_special_ids)
        if self.hide and tokenizer.mask_token_id is None:
            raise CyclesimError(tr("--hide needs a tokenizer with a mask token."))
        if self.spell:
            model = type(tokenizer.backend_tokenizer.model).__name__
            if model != "WordPiece" or tokenizer.unk_token_id is None:
                said = tr("--spell needs a WordPiece tokenizer, like that of BERT; this is {kind}.")
                raise CyclesimError(said.format(kind=model))
            self._pieces = Encoder(tokenizer.get_vocab())

    def __call__(self, example: Example, seed: int | str) -> Example:
        """`example` with other words hidden and spelled out, the same ones for the same seed."""
        if not self.hide and not self.spell:
            return example
        rng = random.Random(seed)
        inputs: dict[str, list[int]] = {name: [] for name in example.inputs}
        labels: list[int] = []
        for start, end in self._stretches(example):
            ids = example.inputs["input_ids"][start:end]
            found = self._varied(ids, rng) if ids[0] not in self._special else ids
            for name, row in example.inputs.items():
                inputs[name] += (
                    found if name == "input_ids" else row[start : start + 1] * len(found)
                )
            labels.append(example.labels[start])
            rest = self.coder.inside(example.labels[start])
            labels += [rest] * (len(found) - 1)
        limit = self.coder.limit
        return example if limit and len(labels) > limit else Example(inputs, labels, [])

    def _stretches(self, example: Example) -> Iterator[tuple[int, int]]:
        """From where to where each word goes; special tokens stand by themselves."""
        begins = {place for place in example.first if place is not None}
        start = 0
        for at, token in enumerate(example.inputs["input_ids"]):
            if at and (at in begins or token in self._special):
                yield start, at
                start = at
        yield start, len(example)

    def _varied(self, ids: list[int], rng: random.Random) -> list[int]:
        if rng.random() < self.hide:
            mask: Any = self.coder.tokenizer.mask_token_id
            return [mask]
        if self._pieces is None or rng.random() >= self.spell:
            return ids
        pieces = self.coder.tokenizer.convert_ids_to_tokens(ids)
        word = pieces[0] + "".join(piece.removeprefix("##") for piece in pieces[1:])
        return self._pieces.pieces(word, rng)

"""Masked-language-model pre-training: the encoder learns English before it learns names.

Prose and generated sentences, without their labels. A separate run from the fine-tuning: trained
jointly, the two tasks hindered each other.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import torch
from transformers import BertForMaskedLM

from .batches import Example, bucketed, tensors
from .loop import fit
from .ner.generate import Generator
from .ner.mixture import tidied
from .sentences import Piece, assemble
from .vocabulary import IGNORED, Encoder

Pieces = list[Piece]

MASKED = 0.15


def mixed(generator: Generator, prose: list[list[Piece]], rng: random.Random) -> Iterator[Pieces]:
    """Sentences without end, half prose, half generated."""
    while True:
        yield tidied(rng.choice(prose), rng) if rng.random() < 0.5 else generator.sentence()


def plain(
    written: list[list[Piece]], prose: list[list[Piece]], rng: random.Random
) -> Iterator[Pieces]:
    """Sentences without end whose names are the true ones: one in six written, the others prose."""
    while True:
        yield tidied(rng.choice(written if rng.random() < 1 / 6 else prose), rng)


def masked(sentences: Iterator[Pieces], encoder: Encoder, rng: random.Random) -> Iterator[Example]:
    """The sentences with some ids masked, and the true ids as labels."""
    size = len(encoder.ids)
    for pieces in sentences:
        ids, _ = encoder.encode(assemble(pieces), rng, rate=0.04)
        labels = [IGNORED] * len(ids)
        for at in range(1, len(ids) - 1):
            if rng.random() < MASKED:
                labels[at] = ids[at]
                draw = rng.random()
                if draw < 0.8:
                    ids[at] = encoder.mask
                elif draw < 0.9:
                    ids[at] = rng.randrange(size)
        yield ids, labels


def run(
    model: BertForMaskedLM, examples: Iterator[Example], rng: random.Random, *,
    steps: int, batch: int, rate: float, averaged: float = 0.0,
) -> BertForMaskedLM:  # fmt: skip
    """Train ``model`` for ``steps`` of ``batch`` examples."""
    stream = bucketed(examples, batch, rng)

    def loss() -> torch.Tensor:
        ids, mask, labels = tensors(next(stream))
        hidden = model.bert(ids, attention_mask=mask).last_hidden_state
        # Only masked places are scored: the vocabulary is the widest matrix of the model.
        scored = labels != IGNORED
        return torch.nn.functional.cross_entropy(model.cls(hidden[scored]), labels[scored])

    return fit(model, loss, steps=steps, rate=rate, name="pretrain", averaged=averaged)

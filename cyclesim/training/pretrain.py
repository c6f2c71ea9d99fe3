"""Masked-language-model pre-training: the encoder learns English before it learns names.

Prose and generated sentences, without their labels. A separate run from the fine-tuning: trained
jointly, the two tasks hindered each other.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import torch
from transformers import BertConfig, BertForMaskedLM

from .batches import Example, bucketed, tensors
from .loop import fit
from .ner.generate import Generator, tidied
from .sentences import Piece, assemble
from .vocabulary import IGNORED, Encoder

MASKED = 0.15


def examples(
    generator: Generator, prose: list[list[Piece]], encoder: Encoder, rng: random.Random
) -> Iterator[Example]:
    """Sentences with some ids masked (and the true ids as labels), half prose, half generated."""
    size = len(encoder.ids)
    while True:
        if rng.random() < 0.5:
            pieces = tidied(rng.choice(prose), rng)
        else:
            pieces = generator.sentence()
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
    config: BertConfig, generator: Generator, prose: list[list[Piece]], encoder: Encoder, *,
    steps: int, batch: int, rate: float, seed: int, table: torch.Tensor | None = None,
    start: dict[str, torch.Tensor] | None = None, averaged: float = 0.0,
) -> BertForMaskedLM:  # fmt: skip
    """Train for ``steps``, from the word embeddings in ``table`` or a whole encoder's weights."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    model = BertForMaskedLM(config)
    if table is not None:
        with torch.no_grad():
            model.bert.embeddings.word_embeddings.weight.copy_(table)
    if start is not None:
        model.bert.load_state_dict(start)
    stream = bucketed(examples(generator, prose, encoder, rng), batch, rng)

    def loss() -> torch.Tensor:
        ids, mask, labels = tensors(next(stream))
        hidden = model.bert(ids, attention_mask=mask).last_hidden_state
        # Only masked places are scored: the vocabulary is the widest matrix of the model.
        scored = labels != IGNORED
        return torch.nn.functional.cross_entropy(model.cls(hidden[scored]), labels[scored])

    return fit(model, loss, steps=steps, rate=rate, name="pretrain", averaged=averaged)

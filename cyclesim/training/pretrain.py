"""Masked-language-model pre-training: the encoder learns English before it learns names.

Prose and generated sentences, without their labels. A separate run from the fine-tuning: trained
jointly, the two tasks hindered each other.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import torch
from transformers import BertConfig, BertForMaskedLM

from .batches import Example, bucketed, schedule, tensors
from .generate import Generator, tidied
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
) -> dict[str, torch.Tensor]:  # fmt: skip
    """Train for ``steps``, from the word embeddings in ``table``; return the encoder's weights."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    model = BertForMaskedLM(config)
    if table is not None:
        with torch.no_grad():
            model.bert.embeddings.word_embeddings.weight.copy_(table)
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.01, fused=True)
    plan = schedule(optimizer, steps)
    stream = bucketed(examples(generator, prose, encoder, rng), batch, rng)
    total, began = 0.0, time.monotonic()
    for step in range(1, steps + 1):
        ids, mask, labels = tensors(next(stream))
        hidden = model.bert(ids, attention_mask=mask).last_hidden_state
        # Only masked places are scored: the vocabulary is the widest matrix of the model.
        scored = labels != IGNORED
        loss = torch.nn.functional.cross_entropy(model.cls(hidden[scored]), labels[scored])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        plan.step()
        total += loss.item()
        if step % 500 == 0 or step == steps:
            count = step % 500 or 500
            print(f"pretrain {step}/{steps} loss {total / count:.3f} "
                  f"{time.monotonic() - began:.0f} s", flush=True)  # fmt: skip
            total = 0.0
    return {name: weight.clone() for name, weight in model.bert.state_dict().items()}

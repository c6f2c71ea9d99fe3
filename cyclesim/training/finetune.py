"""Fine-tuning of the pre-trained encoder to mark persons, organisations, places and the rest."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import torch
from transformers import BertConfig, BertForTokenClassification

from .batches import Example, bucketed, schedule, tensors
from .generate import Generator, tidied
from .sentences import LABELS, UNKNOWN, Piece, assemble
from .vocabulary import IGNORED, Encoder

SMOOTHING = 0.05
HIDDEN = 0.04  # words masked
AVERAGED = 0.25  # the last quarter of the run, whose weights are averaged


def examples(
    generator: Generator, prose: list[list[Piece]], encoder: Encoder, rng: random.Random,
    spelled: float,
) -> Iterator[Example]:  # fmt: skip
    """Labelled sentences: most are generated, some are prose with names, some prose without."""
    named = [p for p in prose if any(x.kind and x.label != UNKNOWN for x in p)]
    plain = [p for p in prose if not any(x.kind for x in p)]
    while True:
        draw = rng.random()
        if draw < 0.72:
            pieces = generator.sentence()
        elif draw < 0.86:
            pieces = tidied(generator.filled(rng.choice(named)), rng)
        else:
            pieces = tidied(rng.choice(plain), rng)
        yield encoder.encode(assemble(pieces), rng, rate=spelled, hidden=HIDDEN)


def run(
    config: BertConfig, weights: dict[str, torch.Tensor], generator: Generator,
    prose: list[list[Piece]], encoder: Encoder, *, steps: int, batch: int, rate: float, seed: int,
    spelled: float = 0.1,
) -> BertForTokenClassification:  # fmt: skip
    """Train for ``steps`` from the encoder's weights; the mean of the last weights is the model."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    model = BertForTokenClassification(config)
    model.bert.load_state_dict(weights)
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.01, fused=True)
    plan = schedule(optimizer, steps)
    stream = bucketed(examples(generator, prose, encoder, rng, spelled), batch, rng)
    mean = torch.optim.swa_utils.AveragedModel(model)
    total, began = 0.0, time.monotonic()
    for step in range(1, steps + 1):
        ids, mask, labels = tensors(next(stream))
        logits = model(ids, attention_mask=mask).logits
        loss = torch.nn.functional.cross_entropy(
            logits.reshape(-1, len(LABELS)), labels.reshape(-1), ignore_index=IGNORED,
            label_smoothing=SMOOTHING,
        )  # fmt: skip
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        plan.step()
        if (step > steps * (1 - AVERAGED) and step % 10 == 0) or step == steps:
            mean.update_parameters(model)
        total += loss.item()
        if step % 500 == 0 or step == steps:
            count = step % 500 or 500
            print(f"finetune {step}/{steps} loss {total / count:.4f} "
                  f"{time.monotonic() - began:.0f} s", flush=True)  # fmt: skip
            total = 0.0
    trained: BertForTokenClassification = mean.module
    return trained.eval()

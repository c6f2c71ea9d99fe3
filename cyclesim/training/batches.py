"""Batches of sentences of like length, as tensors."""

from __future__ import annotations

import random
from collections.abc import Iterator

import torch

from .vocabulary import IGNORED

Example = tuple[list[int], list[int]]

LONGEST = 96  # ids; a longer training sentence is cut
POOL = 24  # batches drawn at once and sorted by length, so that little is padding


def bucketed(examples: Iterator[Example], size: int, rng: random.Random) -> Iterator[list[Example]]:
    """Endless batches; each holds examples of similar length, and their order is random."""
    while True:
        pool = [next(examples) for _ in range(size * POOL)]
        pool.sort(key=lambda example: len(example[0]))
        groups = [pool[at : at + size] for at in range(0, len(pool), size)]
        rng.shuffle(groups)
        yield from groups


def tensors(batch: list[Example]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """(ids, attention mask, labels), padded to the longest of the batch."""
    width = min(LONGEST, max(len(ids) for ids, _ in batch))
    ids = torch.zeros(len(batch), width, dtype=torch.long)
    labels = torch.full((len(batch), width), IGNORED, dtype=torch.long)
    mask = torch.zeros(len(batch), width, dtype=torch.long)
    for row, (one, two) in enumerate(batch):
        size = min(width, len(one))
        ids[row, :size] = torch.tensor(one[:size])
        labels[row, :size] = torch.tensor(two[:size])
        mask[row, :size] = 1
    return ids, mask, labels


def schedule(optimizer: torch.optim.Optimizer, steps: int) -> torch.optim.lr_scheduler.LambdaLR:
    """Warm-up over 60 steps (fewer in a very short run), then a straight line to zero."""
    warm = min(60, max(1, steps // 10))
    return torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warm, max(0.0, (steps - step) / (steps - warm)))
    )

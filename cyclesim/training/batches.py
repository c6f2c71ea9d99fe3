"""Batches of sentences of like length, as tensors."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

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


def tensors(
    batch: list[Example], longest: int = LONGEST
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """(ids, attention mask, labels), padded to the longest of the batch."""
    ids = padded([ids[:longest] for ids, _ in batch], 0)
    mask = padded([[1] * len(ids[:longest]) for ids, _ in batch], 0)
    labels = padded([labels[:longest] for _, labels in batch], IGNORED)
    return ids, mask, labels


def padded(rows: Sequence[list[int]], value: int) -> torch.Tensor:
    """The rows as one tensor, filled up on the right with ``value``."""
    table = torch.full((len(rows), max(map(len, rows))), value, dtype=torch.long)
    for row, numbers in zip(table, rows, strict=True):
        row[: len(numbers)] = torch.tensor(numbers)
    return table


def schedule(optimizer: torch.optim.Optimizer, steps: int) -> torch.optim.lr_scheduler.LambdaLR:
    """Warm-up over 60 steps (fewer in a very short run), then a straight line to zero."""
    warm = min(60, max(1, steps // 10))
    return torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warm, max(0.0, (steps - step) / (steps - warm)))
    )

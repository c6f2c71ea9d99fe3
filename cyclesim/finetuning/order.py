"""In which order an epoch sees the sentences: shuffled by the seed, batches of like length."""

from __future__ import annotations

import random
from collections.abc import Sequence

__all__ = ["batches_of"]

#: Batches drawn at once and sorted by length, so that little of them is padding.
_POOL = 24


def batches_of(lengths: Sequence[int], size: int, seed: int, epoch: int) -> list[list[int]]:
    """The numbers of the sentences of each batch of an epoch.

    It depends on nothing but its arguments: a run that goes on after a kill needs no memory of it.

    Args:
        lengths: the length of each sentence, in tokens.
        size: sentences a batch; the last may have fewer.
    """
    rng = random.Random(f"{seed}/{epoch}")
    order = list(range(len(lengths)))
    rng.shuffle(order)
    batches = []
    for at in range(0, len(order), size * _POOL):
        pool = sorted(order[at : at + size * _POOL], key=lambda row: lengths[row])
        batches += [pool[i : i + size] for i in range(0, len(pool), size)]
    rng.shuffle(batches)
    return batches

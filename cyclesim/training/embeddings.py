"""First word embeddings, counted instead of learnt: which pieces stand beside which.

Masked-LM training of a small model spends its first thousands of steps on finding out that words
of one kind are used alike. Counting neighbours and factoring the table (positive pointwise mutual
information, then a truncated SVD) gives that in seconds.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch

NEAR = (1, 2)  # distances that count, each side by itself
SCALE = 0.05  # standard deviation of the result; BERT's own initial values have 0.02


def counted(sentences: Iterable[list[int]], size: int, width: int, seed: int) -> torch.Tensor:
    """A [size, width] table of embeddings from sentences of ids."""
    counts = torch.zeros(size, 2 * size)
    for distance in NEAR:
        pairs = [
            (one, two)
            for ids in sentences
            for one, two in zip(ids, ids[distance:], strict=False)
        ]  # fmt: skip
        left, right = torch.tensor(pairs).T
        ones = torch.full((len(pairs),), 1.0 / distance)
        flat = counts.view(-1)
        flat.index_add_(0, left * 2 * size + right, ones)  # what follows
        flat.index_add_(0, right * 2 * size + size + left, ones)  # what goes before
    total = counts.sum()
    rows, columns = counts.sum(1, keepdim=True), counts.sum(0, keepdim=True)
    # Context counts to the power 3/4, as usual, or rare neighbours would dominate.
    columns = columns**0.75 * (total / (columns**0.75).sum())
    information = torch.log(counts * total / (rows * columns).clamp_min(1e-9)).clamp_min(0)
    torch.manual_seed(seed)
    u, s, _ = torch.svd_lowrank(information, q=width, niter=3)
    table = u * s.sqrt()
    turn, _ = torch.linalg.qr(torch.randn(width, width))  # no coordinate is special
    table = torch.nn.functional.normalize(table, dim=1) @ turn * width**0.5 * SCALE
    never = rows.squeeze(1) == 0
    table[never] = torch.randn(int(never.sum()), width) * SCALE
    return table

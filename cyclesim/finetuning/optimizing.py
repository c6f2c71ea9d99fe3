"""AdamW without decay on biases and norms, and a learning rate that rises and falls."""

from __future__ import annotations

from typing import Any

import torch

__all__ = ["adamw", "rate_at"]


def adamw(model: torch.nn.Module, rate: float, decay: float) -> torch.optim.AdamW:
    """AdamW over what is trained: two groups, of which only the first decays.

    Biases, norms and scaling vectors do not decay: they are no directions in a space of features,
    and 0 is not where they should go.
    """
    norms = {
        id(parameter)
        for module in model.modules()
        if "norm" in type(module).__name__.lower()
        for parameter in module.parameters(recurse=False)
    }
    decaying: list[Any] = []
    plain: list[Any] = []
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            still = parameter.ndim < 2 or id(parameter) in norms or "ia3_" in name
            (plain if still else decaying).append(parameter)
    groups = [
        {"params": decaying, "weight_decay": decay},
        {"params": plain, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW([g for g in groups if g["params"]], lr=rate, fused=True)


def rate_at(update: int, total: int, warmup: float) -> float:
    """The share of the highest rate that update number `update` (from 0) of `total` has.

    It rises in a straight line over the share `warmup` of the updates, then falls to 0.
    """
    rising = round(total * warmup)
    if update < rising:
        return (update + 1) / rising
    return (total - update) / max(1, total - rising)

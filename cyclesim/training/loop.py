"""The loop that every recipe trains with: AdamW, a short warm-up, a straight line to zero."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import torch

from .batches import schedule

Model = TypeVar("Model", bound=torch.nn.Module)

REPORTED = 500  # steps between two lines of progress


def fit(
    model: Model, loss: Callable[[], torch.Tensor], *, steps: int, rate: float,
    name: str, averaged: float = 0.0,
) -> Model:  # fmt: skip
    """Train for ``steps``; ``loss`` draws a batch and says how wrong the model is on it.

    With ``averaged``, the result is the mean of the weights over that last part of the run, which
    is steadier than the weights of the last step.
    """
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.01, fused=True)
    plan = schedule(optimizer, steps)
    mean = torch.optim.swa_utils.AveragedModel(model) if averaged else None
    total, began = 0.0, time.monotonic()
    for step in range(1, steps + 1):
        wrong = loss()
        wrong.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        plan.step()
        if mean and ((step > steps * (1 - averaged) and step % 10 == 0) or step == steps):
            mean.update_parameters(model)
        total += wrong.item()
        if step % REPORTED == 0 or step == steps:
            count = step % REPORTED or REPORTED
            took = time.monotonic() - began
            print(f"{name} {step}/{steps} loss {total / count:.4f} {took:.0f} s", flush=True)
            total = 0.0
    return (mean.module if mean else model).eval()

"""Mixed precision: in what types the forward and the backward pass compute."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

from cyclesim.errors import CyclesimError
from cyclesim.language import tr

__all__ = ["Precision"]


class Precision:
    """Autocast and loss scaling for one run; weights and moments are float32 throughout.

    Args:
        name: `fp32`, `bf16` or `fp16`.
        device: where the model is.

    Raises:
        CyclesimError: this device has no use for it.
    """

    def __init__(self, name: str, device: torch.device) -> None:
        if name == "fp16" and device.type != "cuda":
            raise CyclesimError(tr("--precision fp16 needs a CUDA device: use bf16 or fp32 here."))
        self.name = name
        self.device = device
        self.scaler = torch.amp.GradScaler(device.type, enabled=name == "fp16")

    def autocast(self) -> AbstractContextManager[Any]:
        """The context of a forward pass."""
        if self.name == "fp32":
            return nullcontext()
        dtype = torch.bfloat16 if self.name == "bf16" else torch.float16
        # Casts are not remembered: another forward of the same weights has other gradients.
        return torch.autocast(self.device.type, dtype, cache_enabled=False)

    def backward(self, loss: torch.Tensor) -> None:
        """The backward pass, of a scaled loss where small gradients would vanish."""
        self.scaler.scale(loss).backward()

    def update(
        self, optimizer: torch.optim.Optimizer, model: torch.nn.Module, clip: float
    ) -> float:
        """Clip and apply the gradients; the norm they had before.

        With fp16 an update whose gradients overflowed is left out, and the scale is lowered.
        """
        self.scaler.unscale_(optimizer)
        trained = [p for p in model.parameters() if p.grad is not None]
        norm = float(torch.nn.utils.clip_grad_norm_(trained, clip or float("inf")))
        if self.scaler.is_enabled() or torch.tensor(norm).isfinite():
            self.scaler.step(optimizer)
            self.scaler.update()
        return norm

    @property
    def forgives(self) -> bool:
        """Whether gradients that are not finite are a matter of the scale, and no failure."""
        return bool(self.scaler.is_enabled())

"""What is trained: every weight, the head, or a few numbers beside frozen weights (peft).

`lora` adds a product of two thin matrices to the query and value projections; `adapter` is IA³,
vectors that scale keys, values and the feed-forward activations. Both train the head as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from cyclesim.errors import CyclesimError
from cyclesim.export.extras import need
from cyclesim.finetuning.settings import Settings
from cyclesim.language import tr
from cyclesim.machine.saving import is_adapted

__all__ = ["Parameters", "apply_method", "count_parameters", "merged"]


@dataclass(frozen=True)
class Parameters:
    """How many numbers a model has, and how many of them training changes."""

    total: int
    trained: int

    @property
    def share(self) -> float:
        """The trained part of all."""
        return self.trained / self.total if self.total else 0.0


def apply_method(model: Any, settings: Settings) -> Any:
    """The model to train: `model` itself, or a peft model around it.

    Raises:
        CyclesimError: peft is needed and not installed, or does not know this kind of model.
    """
    if settings.method == "full":
        return model
    if settings.method == "frozen":
        for parameter in model.base_model.parameters():
            parameter.requires_grad_(False)
        return model
    peft = need("peft", "peft")
    if settings.method == "lora":
        config = peft.LoraConfig(
            task_type="TOKEN_CLS", r=settings.rank, lora_alpha=2 * settings.rank, lora_dropout=0.0
        )
    else:
        config = peft.IA3Config(task_type="TOKEN_CLS")
    try:
        return peft.get_peft_model(model, config)
    except ValueError:  # it knows no target modules for this architecture
        said = tr("peft has no --method {method} for a {kind}: use full or frozen.")
        kind = model.config.model_type
        raise CyclesimError(said.format(method=settings.method, kind=kind)) from None


def count_parameters(model: torch.nn.Module) -> Parameters:
    """All parameters of `model`, and those that training changes.

    What peft keeps as it was (the head that its copy is trained in place of) counts once.
    """
    total = trained = 0
    for name, parameter in model.named_parameters():
        if ".original_module." in name:
            continue
        total += parameter.numel()
        trained += parameter.numel() if parameter.requires_grad else 0
    return Parameters(total, trained)


def merged(model: Any) -> Any:
    """The plain model, with what peft learnt added to its weights."""
    return model.merge_and_unload() if is_adapted(model) else model

"""One training step: what it is to do, the labels, the optimizer, and the step as a program.

Lazy, so that a shell can say what to do without importing torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyclesim.lazy import asks

if TYPE_CHECKING:
    from cyclesim.machine.training.spec import OPTIMIZERS, Training
    from cyclesim.machine.training.step import (
        BackwardWork,
        ClipWork,
        Scored,
        TrainingMachine,
        UpdateWork,
    )
    from cyclesim.machine.training.words import unmarked

__all__ = [
    "OPTIMIZERS",
    "BackwardWork",
    "ClipWork",
    "Scored",
    "Training",
    "TrainingMachine",
    "UpdateWork",
    "unmarked",
]

__getattr__ = asks(
    __name__,
    {
        "OPTIMIZERS": "spec",
        "BackwardWork": "step",
        "ClipWork": "step",
        "Scored": "step",
        "Training": "spec",
        "TrainingMachine": "step",
        "UpdateWork": "step",
        "unmarked": "words",
    },
)

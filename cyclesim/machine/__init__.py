"""What runs: models, tokenizers, tasks, and the steps before and after the model.

Lazy, so that the catalog of models can be read without importing torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyclesim.lazy import asks

if TYPE_CHECKING:
    from cyclesim.machine.encoding import Encoding, copied
    from cyclesim.machine.loading import load
    from cyclesim.machine.machine import Machine
    from cyclesim.machine.steps import (
        HostResult,
        HostStep,
        ModelCall,
        Named,
        Program,
        Steps,
        Work,
        Written,
        drive,
    )
    from cyclesim.machine.tasks import Task
    from cyclesim.machine.training import Training, TrainingMachine

__all__ = [
    "Encoding",
    "HostResult",
    "HostStep",
    "Machine",
    "ModelCall",
    "Named",
    "Program",
    "Steps",
    "Task",
    "Training",
    "TrainingMachine",
    "Work",
    "Written",
    "copied",
    "drive",
    "load",
]

__getattr__ = asks(
    __name__,
    {
        "Encoding": "encoding",
        "HostResult": "steps",
        "HostStep": "steps",
        "Machine": "machine",
        "ModelCall": "steps",
        "Named": "steps",
        "Program": "steps",
        "Steps": "steps",
        "Task": "tasks",
        "Training": "training",
        "TrainingMachine": "training",
        "Work": "steps",
        "Written": "steps",
        "copied": "encoding",
        "drive": "steps",
        "load": "loading",
    },
)

"""What runs: models, tokenizers, tasks, and the steps before and after the model."""

from cyclesim.machine.inputs import Encoding
from cyclesim.machine.loading import load
from cyclesim.machine.machine import Machine
from cyclesim.machine.steps import HostResult, HostStep, Steps, Written, drive
from cyclesim.machine.tasks import Task

__all__ = [
    "Encoding",
    "HostResult",
    "HostStep",
    "Machine",
    "Steps",
    "Task",
    "Written",
    "drive",
    "load",
]

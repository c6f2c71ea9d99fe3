"""Fine-tuning a model for named-entity recognition: `cyclesim train`.

    corpus  →  examples  →  loop  →  folder

`corpus` (with `conll`, `saved`, `generated`) reads sentences and their names, `encode` turns them
into tokens and labels, `loop` trains, `run` puts it all together and saves a folder that
`cyclesim.load` opens.

Lazy, so that what a run says of itself (`Settings`, `Training`) can be had without torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyclesim.lazy import asks

if TYPE_CHECKING:
    from cyclesim.finetuning.outcome import Form, Training
    from cyclesim.finetuning.settings import Settings
    from cyclesim.finetuning.train import train
    from cyclesim.finetuning.watch import Progress, Watcher

__all__ = ["Form", "Progress", "Settings", "Training", "Watcher", "train"]

__getattr__ = asks(
    __name__,
    {
        "Form": "outcome",
        "Progress": "watch",
        "Settings": "settings",
        "Training": "outcome",
        "Watcher": "watch",
        "train": "train",
    },
)

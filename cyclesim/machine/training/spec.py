"""What a training step is to do, as a user says it. Knows no torch, so that a shell can say it."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cyclesim.errors import CyclesimError
from cyclesim.language import tr

__all__ = ["OPTIMIZERS", "Training"]

#: The optimizers that have a name here, with the learning rate that they start from.
OPTIMIZERS = {"adamw": 5e-5, "sgd": 1e-2}


@dataclass(frozen=True)
class Training:
    """One training step: `cyclesim.trace(machine, text, train=cyclesim.Training())`.

    The step runs on a copy of the model, so that the machine can be used while a clock waits in the
    middle of it, and nothing has to be put back however it ends.

    Attributes:
        labels: what the model should have said. For a token classifier one label for each word, in
            a list or in one text (`"PER PER O"`), or the text with marks: `"[Ada
            Lovelace](PER) worked"`. For a text classifier a label. For an encoder–decoder the text
            that it should write. Or tensors: the model's `labels`, or a mapping of arguments. By
            default a language model learns the text itself (a masked one has some tokens hidden),
            and a classifier its own answer; the trace says so.
        optimizer: `adamw`, `sgd`, or a function that makes a `torch.optim.Optimizer` of a list of
            parameters (`torch.optim.Adagrad`, `lambda p: torch.optim.AdamW(p, lr=1e-3)`).
        lr: learning rate; by default 5e-5 for AdamW and 0.01 for SGD. A function has its own.
        weight_decay: of AdamW and SGD.
        momentum: of SGD.
        clip: the largest total norm of the gradients; they are scaled down to it. None for no clip.
        schedule: name of a learning-rate schedule of transformers (`linear`, `cosine`, …), or a
            function that makes one of torch's schedulers of an optimizer. None for none.
        warmup, steps: of a named schedule: steps of warm-up, and steps in all.
        seed: of the random state in which the forward starts (dropout), and of masking.
        dropout: train mode, in which dropout really drops. False keeps the model in eval mode.
        loss: a function from the model's output to a number, for a model that has none of its own.
        keep_update: leave the updated weights in the machine's model when the step is complete; a
            path also saves that model there, in a new folder that `cyclesim.load` opens.

    Raises:
        CyclesimError: one of them makes no sense.

    Example:
        >>> step = cyclesim.Training(labels="Ada Lovelace worked in [London](LOC).", lr=1e-3)
        >>> trace = cyclesim.trace(machine, "Ada Lovelace worked in London.", train=step)
        >>> sorted({cycle.phase for cycle in trace})
        ['backward', 'forward', 'update']
        >>> trace.verdict.bit_identical
        True
    """

    labels: Any = None
    optimizer: str | Callable[[Any], Any] = "adamw"
    lr: float | None = None
    weight_decay: float = 0.01
    momentum: float = 0.0
    clip: float | None = 1.0
    schedule: str | Callable[[Any], Any] | None = None
    warmup: int = 0
    steps: int = 100
    seed: int = 0
    dropout: bool = True
    loss: Callable[[Any], Any] | None = None
    keep_update: bool | str | os.PathLike[str] = False

    def __post_init__(self) -> None:
        if not callable(self.optimizer) and self.optimizer not in OPTIMIZERS:
            said = tr("unknown optimizer {name!r}: use adamw or sgd.")
            raise CyclesimError(said.format(name=self.optimizer))
        for name, least in (("lr", 0), ("weight_decay", 0), ("momentum", 0), ("clip", None)):
            _check_number(name, getattr(self, name), least)
        for name in ("warmup", "steps", "seed"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                said = tr("{name} is a whole number from 0 on, not {value!r}.")
                raise CyclesimError(said.format(name=name, value=value))

    @property
    def folder(self) -> Path | None:
        """Where the updated model is saved, if it is."""
        return None if isinstance(self.keep_update, bool) else Path(self.keep_update)

    @property
    def rate(self) -> float:
        """The learning rate of a named optimizer."""
        return OPTIMIZERS[str(self.optimizer)] if self.lr is None else self.lr


def _check_number(name: str, value: Any, least: int | None) -> None:
    if value is None and name in ("lr", "clip"):
        return
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or (value <= 0 if least is None else value < least):
        wanted = tr("more than 0") if least is None else tr("0 or more")
        said = tr("{name} must be {wanted}, not {value!r}.")
        raise CyclesimError(said.format(name=name.replace("_", " "), wanted=wanted, value=value))

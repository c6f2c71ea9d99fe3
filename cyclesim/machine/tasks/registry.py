"""The tasks there are, and which of them a model was made for."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from cyclesim.machine.tasks.base import Task
from cyclesim.machine.tasks.causal_lm import TextGeneration
from cyclesim.machine.tasks.seq2seq import TextToText
from cyclesim.machine.tasks.text_classification import Classification
from cyclesim.machine.tasks.token_classification import TokenClassification

__all__ = ["TASKS", "task_for", "task_of"]

TASKS: Mapping[str, type[Task]] = {
    t.name: t for t in (Task, TokenClassification, Classification, TextGeneration, TextToText)
}


def task_of(architecture: str) -> type[Task]:
    """The task that a class of models is for, by its name: `BertForTokenClassification`."""
    kinds = (kind for kind in TASKS.values() if kind.heads and architecture.endswith(kind.heads))
    return next(kinds, Task)


def task_for(model: torch.nn.Module, name: str | None = None) -> Task:
    """The task called `name`, else the one of the model's class, with the labels of its config."""
    config = getattr(model, "config", None)
    names = getattr(config, "id2label", None) or {}
    # A label map may have holes: a class without a name keeps its number.
    labels = tuple(str(names.get(i, f"LABEL_{i}")) for i in range(len(names)))
    kind = TASKS[name] if name is not None else task_of(type(model).__name__)
    return kind(labels if kind is not Task else ()).of(model)

"""The tasks there are, and which of them a model was made for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.machine.marks import markers_of
from cyclesim.machine.pooling import MODULES
from cyclesim.machine.tasks.base import Task
from cyclesim.machine.tasks.causal_lm import TextGeneration
from cyclesim.machine.tasks.dialogue import Dialogue
from cyclesim.machine.tasks.features import FeatureExtraction
from cyclesim.machine.tasks.fill_mask import FillMask
from cyclesim.machine.tasks.multiple_choice import MultipleChoice
from cyclesim.machine.tasks.next_sentence import NextSentence
from cyclesim.machine.tasks.question_answering import QuestionAnswering
from cyclesim.machine.tasks.relation import RelationExtraction
from cyclesim.machine.tasks.seq2seq import Summarization, TextToText, Translation
from cyclesim.machine.tasks.similarity import SentenceSimilarity
from cyclesim.machine.tasks.text_classification import Classification
from cyclesim.machine.tasks.token_classification import TokenClassification

__all__ = ["TASKS", "task_for", "task_of"]

#: By name. Where two tasks have the same head, the first of them is guessed.
TASKS: Mapping[str, type[Task]] = {
    t.name: t
    for t in (
        TokenClassification,
        Classification,
        FillMask,
        NextSentence,
        QuestionAnswering,
        MultipleChoice,
        RelationExtraction,
        SentenceSimilarity,
        FeatureExtraction,
        TextGeneration,
        Dialogue,
        TextToText,
        Summarization,
        Translation,
        Task,
    )
}


def task_of(architecture: str) -> type[Task]:
    """The task that a class of models is for, by its name: `BertForTokenClassification`."""
    kinds = (kind for kind in TASKS.values() if kind.heads and architecture.endswith(kind.heads))
    return next(kinds, Task)


def task_for(
    model: torch.nn.Module,
    name: str | None = None,
    *,
    tokenizer: Any = None,
    folder: Path | None = None,
) -> Task:
    """The task called `name`, else the one that the model was made for.

    Args:
        tokenizer, folder: the model's own; they tell tasks apart that have the same head.

    Raises:
        CyclesimError: the model has no head for the task, or its folder says what makes no sense.
    """
    kind = TASKS[name] if name is not None else _guess(model, tokenizer, folder)
    if kind.heads and not type(model).__name__.endswith(kind.heads):
        raise CyclesimError(
            tr("{model} has no head for {task}: it can do {tasks}.").format(
                model=type(model).__name__, task=name, tasks=", ".join(_possible(model))
            )
        )
    return kind(_labels(model) if kind.labelled else ()).of(model, folder)


def _guess(model: torch.nn.Module, tokenizer: Any, folder: Path | None) -> type[Task]:
    name = type(model).__name__
    kind = task_of(name)
    if kind is Classification and tokenizer is not None and markers_of(tokenizer)[1]:
        return RelationExtraction
    # The base of a family, without a head: `BertModel`.
    if kind is Task and hasattr(model, "config") and name.endswith("Model"):
        sentences = folder is not None and (folder / MODULES).is_file()
        return SentenceSimilarity if sentences else FeatureExtraction
    return kind


def _possible(model: torch.nn.Module) -> list[str]:
    """The tasks that this very model, with the head it has, can do."""
    name = type(model).__name__
    return [n for n, t in TASKS.items() if not t.heads or name.endswith(t.heads)]


def _labels(model: torch.nn.Module) -> tuple[str, ...]:
    names = getattr(getattr(model, "config", None), "id2label", None) or {}
    # A label map may have holes: a class without a name keeps its number.
    return tuple(str(names.get(i, f"LABEL_{i}")) for i in range(len(names)))

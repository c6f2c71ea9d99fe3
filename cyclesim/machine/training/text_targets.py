"""Labels of whole texts: a class, a choice, a number, the text that should be written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.machine.encoding import Encoding
from cyclesim.machine.steps import Written
from cyclesim.machine.training.rows import IGNORED, OWN, each, index_of, named_ids

if TYPE_CHECKING:
    from cyclesim.machine.training.step import TrainingMachine

__all__ = ["choice", "class_labels", "target_text"]


def class_labels(machine: TrainingMachine, given: Any, encoding: Encoding) -> Any:
    """A class for each text; of a model that answers with a number, a number."""
    config = machine.model.config
    several = config.problem_type == "multi_label_classification"
    number = config.problem_type == "regression" or config.num_labels == 1
    if given is None:
        logits = machine.answer(encoding).logits
        made = logits if number else (logits > 0).to(logits.dtype) if several else logits.argmax(-1)
        return (Written("labels", made),), OWN
    rows = each(given, encoding, max(len(encoding.sequences), 1))
    if number:
        return (Written("labels", _numbers(rows, machine)),), "as they were given"
    known = machine.task.labels
    indices = torch.tensor([index_of(str(r), known) for r in rows], device=machine.device)
    made = indices
    if several:
        made = torch.nn.functional.one_hot(indices, len(known)).to(torch.float32)
    return (Written("labels", made, tuple(map(str, rows))),), "as they were given"


def _numbers(rows: list[Any], machine: TrainingMachine) -> torch.Tensor:
    try:
        return torch.tensor([float(row) for row in rows], device=machine.device)
    except (TypeError, ValueError):
        said = tr("this model answers with a number, and {label!r} is none.")
        raise CyclesimError(said.format(label=", ".join(map(str, rows)))) from None


def choice(machine: TrainingMachine, given: Any, encoding: Encoding) -> Any:
    """Which of its choices suits each text."""
    if given is None:
        return (Written("labels", machine.answer(encoding).logits.argmax(-1)),), OWN
    rows = each(given, encoding, max(len(encoding.prompts), 1))
    pairs = zip(rows, encoding.prompts, strict=True)
    made = [index_of(str(row), prompt.choices) for row, prompt in pairs]
    labels = torch.tensor(made, device=machine.device)
    return (Written("labels", labels, tuple(map(str, rows))),), "as they were given"


def target_text(machine: TrainingMachine, given: Any, encoding: Encoding) -> Any:
    """The text that an encoder–decoder should write: the text itself, if no other is given."""
    count = max(len(encoding.sequences), 1)
    texts = (
        [row.text for row in encoding.sequences] if given is None else each(given, encoding, count)
    )
    if not texts or machine.tokenizer is None:
        raise CyclesimError(
            tr("an encoder–decoder needs the text that it should write: give it as labels.")
        )
    batch = machine.tokenizer(
        text_target=[str(text) for text in texts], padding=len(texts) > 1, return_tensors="pt"
    )
    labels = batch["input_ids"]
    labels[batch["attention_mask"] == 0] = IGNORED
    note = "the text itself, as no other was given" if given is None else "the text that was given"
    return (Written("labels", labels.to(machine.device), named_ids(machine, labels)),), note

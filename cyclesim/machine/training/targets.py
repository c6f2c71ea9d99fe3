"""What the model should have said: from a user's labels, or from the text, to tensors.

One step before the forward makes them, and says where they are from. A model's `labels` have one
integer for each position; −100 stands where nothing is asked (`torch.nn.functional.cross_entropy`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.machine.encoding import Encoding
from cyclesim.machine.steps import HostResult, HostStep, Steps, Written
from cyclesim.machine.training.spec import Training
from cyclesim.machine.training.text_targets import choice, class_labels, target_text
from cyclesim.machine.training.token_targets import (
    hidden_tokens,
    next_tokens,
    spans,
    token_labels,
)

if TYPE_CHECKING:
    from cyclesim.machine.training.step import TrainingMachine

__all__ = ["targets"]

#: The tensors, and a line about where they are from.
Made = tuple[tuple[Written, ...], str]

_BY_HEAD: Mapping[tuple[str, ...], Callable[..., Made]] = {
    ("ForTokenClassification",): token_labels,
    ("ForSequenceClassification", "ForNextSentencePrediction"): class_labels,
    ("ForMultipleChoice",): choice,
    ("ForQuestionAnswering",): spans,
    ("ForMaskedLM",): hidden_tokens,
    ("ForCausalLM", "LMHeadModel"): next_tokens,
    ("ForConditionalGeneration", "ForSeq2SeqLM"): target_text,
}
#: The arguments that labels are given by.
_LABELS = frozenset({"labels", "start_positions", "next_sentence_label"})


def targets(machine: TrainingMachine, encoding: Encoding) -> Steps[Encoding]:
    """The encoding with the model's labels in its inputs, made in one step.

    Args:
        machine: whose model is trained; it answers in eval mode where it is asked.

    Raises:
        CyclesimError: the labels do not fit, or cannot be made for this model.
    """
    training = machine.training
    there = bool(_LABELS & encoding.inputs.keys()) or training.loss is not None
    if training.labels is None and there:
        return encoding
    make = _maker(machine, training)
    made: dict[str, Any] = {}

    def run() -> HostResult:
        written, note = make(encoding)
        made.update((w.name, w.value) for w in written)
        return HostResult(written, note)

    ids = encoding.inputs.get("input_ids")
    reads = () if ids is None else (Written("input_ids", ids, encoding.tokens or None),)
    yield HostStep("input", "labels", "make_labels", run, reads)
    return replace(encoding, inputs={**encoding.inputs, **made})


def _maker(machine: TrainingMachine, training: Training) -> Callable[[Encoding], Made]:
    labels, kind = training.labels, type(machine.model).__name__
    if isinstance(labels, (torch.Tensor, Mapping)):
        return lambda encoding: _given(labels, machine.device)
    for endings, make in _BY_HEAD.items():
        if kind.endswith(endings):
            return lambda encoding: make(machine, labels, encoding)
    said = tr(
        "cyclesim cannot make labels for a {kind}: give its loss with "
        "Training(loss=…), or its tensors with Training(labels={{…}})."
    )
    raise CyclesimError(said.format(kind=kind))


def _given(labels: Any, device: torch.device) -> Made:
    named = labels if isinstance(labels, Mapping) else {"labels": labels}
    written = tuple(Written(str(k), torch.as_tensor(v, device=device)) for k, v in named.items())
    return written, "as they were given"

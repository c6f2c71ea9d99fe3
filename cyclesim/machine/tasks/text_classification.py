"""Sentiment, topic, intent, entailment: labels for a text, or for two.

What the logits mean is said by the config, in the way that the pipelines of transformers read it:
one label of several (softmax), each label by itself (sigmoid), or a number (regression).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import torch

from cyclesim.machine.encoding import Encoding
from cyclesim.machine.steps import HostResult, HostStep, Steps, Written
from cyclesim.machine.tasks.base import Results, Task, softmax

__all__ = ["Classification"]

Problem = Literal["single_label", "multi_label", "regression"]

#: From this probability on, a label of a multi-label head is given.
THRESHOLD = 0.5


@dataclass(frozen=True)
class Classification(Task):
    """Labels for the whole text.

    Attributes:
        problem: one label of several, each by itself, or a number.
    """

    problem: Problem = "single_label"
    name: ClassVar[str] = "text-classification"
    auto: ClassVar[str] = "AutoModelForSequenceClassification"
    heads: ClassVar[tuple[str, ...]] = ("ForSequenceClassification",)
    labelled: ClassVar[bool] = True

    def of(self, model: torch.nn.Module, folder: Path | None = None) -> Classification:
        return replace(self, problem=_problem(getattr(model, "config", None)))

    def decode(self, encoding: Encoding, outputs: Any, tokenizer: Any = None) -> Steps[Results]:
        logits = outputs.logits
        if logits.dim() != 2:
            return ()
        if self.problem == "regression":
            return (yield from self._values(logits))
        if self.problem == "multi_label":
            return (yield from self._each_label(logits))
        return (yield from self._one_label(logits))

    def _one_label(self, logits: torch.Tensor) -> Steps[Results]:
        probabilities = (yield softmax(logits, "labels")).outputs[0]

        def argmax() -> HostResult:
            best = probabilities.tensor.argmax(-1)
            names = tuple(self.label(int(i)) for i in best)
            return HostResult((Written("labels", best, names),), ", ".join(names))

        arguments = (("dim", "-1"),)
        step = HostStep(
            "output", "labels", "argmax", argmax, (probabilities,), arguments, last=True
        )
        best = (yield step).outputs[0].tensor.tolist()
        rows = probabilities.tensor.tolist()
        return tuple(self._result(row, index) for row, index in zip(rows, best, strict=True))

    def _each_label(self, logits: torch.Tensor) -> Steps[Results]:
        def sigmoid() -> HostResult:
            wide = logits.to(torch.promote_types(logits.dtype, torch.float32))
            note = f"sigmoid of each of {logits.shape[-1]:,} labels"
            return HostResult((Written("probabilities", torch.sigmoid(wide), ()),), note)

        read = Written("input", logits)
        step = HostStep("output", "probabilities", "sigmoid", sigmoid, (read,))
        probabilities = (yield step).outputs[0]

        def choose() -> HostResult:
            chosen = probabilities.tensor >= THRESHOLD
            count = int(chosen.sum())
            note = f"{count} " + ("label" if count == 1 else "labels")
            return HostResult((Written("labels", chosen),), f"{note} at {THRESHOLD} or above")

        reads, arguments = (replace(probabilities, name="input"),), (("other", str(THRESHOLD)),)
        step = HostStep("output", "labels", "ge", choose, reads, arguments, last=True)
        chosen = (yield step).outputs[0].tensor.tolist()
        results = []
        for row, taken in zip(probabilities.tensor.tolist(), chosen, strict=True):
            best = max(range(len(row)), key=row.__getitem__)
            labels = [self.label(i) for i, yes in enumerate(taken) if yes]
            results.append({**self._result(row, best), "labels": labels})
        return tuple(results)

    def _values(self, logits: torch.Tensor) -> Steps[Results]:
        def read() -> HostResult:
            values = logits.to(torch.promote_types(logits.dtype, torch.float32))
            return HostResult((Written("values", values),), "the number is the answer", nop=True)

        step = HostStep("output", "value", "to", read, (Written("input", logits),), last=True)
        rows = (yield step).outputs[0].tensor.tolist()
        return tuple({"values": {self.label(i): v for i, v in enumerate(row)}} for row in rows)

    def _result(self, scores: list[float], best: int) -> Mapping[str, Any]:
        return {
            "label": self.label(best),
            "score": scores[best],
            "scores": {self.label(i): s for i, s in enumerate(scores)},
        }


def _problem(config: Any) -> Problem:
    """As `TextClassificationPipeline.postprocess` decides."""
    problem = getattr(config, "problem_type", None)
    if problem == "regression":
        return "regression"
    if problem == "multi_label_classification" or getattr(config, "num_labels", None) == 1:
        return "multi_label"
    return "single_label"

"""Sentiment, topic, intent: one label for a text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from cyclesim.machine.inputs import Encoding
from cyclesim.machine.steps import HostResult, HostStep, Steps, Written
from cyclesim.machine.tasks.base import Task

__all__ = ["Classification"]


@dataclass(frozen=True)
class Classification(Task):
    """One label for the whole text."""

    name: ClassVar[str] = "text-classification"
    auto: ClassVar[str] = "AutoModelForSequenceClassification"
    heads: ClassVar[tuple[str, ...]] = ("ForSequenceClassification",)

    def decode(self, encoding: Encoding, outputs: Any) -> Steps[Mapping[str, Any]]:
        logits = outputs.logits
        if logits.dim() != 2 or logits.shape[0] != 1:
            return {}
        probabilities = (yield self._probabilities(logits, ())).outputs[0]
        scores = probabilities.value[0].tolist()

        def argmax() -> HostResult:
            index = probabilities.value.argmax(-1)
            name = self.label(int(index))
            return HostResult((Written("labels", index, (name,)),), name)

        arguments = (("dim", "-1"),)
        step = HostStep(
            "output", "labels", "argmax", argmax, (probabilities,), arguments, last=True
        )
        best = int((yield step).outputs[0].value)
        return {
            "label": self.label(best),
            "score": scores[best],
            "scores": {self.label(i): s for i, s in enumerate(scores)},
        }

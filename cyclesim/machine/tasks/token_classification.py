"""Named entities: a label for each token, and the spans that neighbouring labels make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from cyclesim.machine.inputs import Encoding
from cyclesim.machine.steps import HostResult, HostStep, Steps, Written
from cyclesim.machine.tasks.base import Task
from cyclesim.machine.tasks.entities import merge_entities

__all__ = ["TokenClassification"]


@dataclass(frozen=True)
class TokenClassification(Task):
    """One label per token; neighbouring words with one label are one entity."""

    name: ClassVar[str] = "token-classification"
    auto: ClassVar[str] = "AutoModelForTokenClassification"
    heads: ClassVar[tuple[str, ...]] = ("ForTokenClassification",)

    def decode(self, encoding: Encoding, outputs: Any) -> Steps[Mapping[str, Any]]:
        logits = outputs.logits
        if logits.shape[0] != 1 or not encoding.tokens:
            return {}
        step = self._probabilities(logits, encoding.tokens)
        probabilities = (yield step).outputs[0]

        def argmax() -> HostResult:
            indices = probabilities.value[0].argmax(-1)
            names = tuple(self.label(int(i)) for i in indices)
            found = sum(
                n != "O" for n, o in zip(names, encoding.offsets, strict=True) if o is not None
            )
            return HostResult((Written("labels", indices, names),), f"{found} tokens in a name")

        step = HostStep("output", "labels", "argmax", argmax, (probabilities,), (("dim", "-1"),))
        labels = (yield step).outputs[0]
        scores = probabilities.value[0].max(-1).values.tolist()
        names = labels.words or ()
        entities: list[dict[str, Any]] = []

        def merge() -> HostResult:
            entities.extend(merge_entities(encoding, names, scores))
            spans = np.array([(e["start"], e["end"]) for e in entities], dtype=np.int64)
            words = tuple(f"{e['text']} · {e['label']}" for e in entities)
            written = Written("spans", spans.reshape(-1, 2), words)
            note = f"{len(entities)} " + ("entity" if len(entities) == 1 else "entities")
            return HostResult((written,), note)

        yield HostStep("output", "entities", "merge_entities", merge, (labels,), last=True)
        return {
            "entities": entities,
            "tokens": [
                {"text": token, "label": label, "score": score}
                for token, label, score, offset in zip(
                    encoding.tokens, names, scores, encoding.offsets, strict=True
                )
                if offset is not None
            ],
        }

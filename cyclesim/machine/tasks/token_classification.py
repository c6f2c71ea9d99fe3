"""Named entities: a label for each token, and the spans that neighbouring labels make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

from cyclesim.machine.encoding import Encoding
from cyclesim.machine.steps import HostResult, HostStep, Steps, Written
from cyclesim.machine.tasks.base import Results, Task, named, softmax
from cyclesim.machine.tasks.entities import merge_entities
from cyclesim.trace import TokenSequence

__all__ = ["TokenClassification"]


@dataclass(frozen=True)
class TokenClassification(Task):
    """One label per token; neighbouring words with one label are one entity."""

    name: ClassVar[str] = "token-classification"
    auto: ClassVar[str] = "AutoModelForTokenClassification"
    heads: ClassVar[tuple[str, ...]] = ("ForTokenClassification",)
    labelled: ClassVar[bool] = True
    takes: ClassVar[tuple[str, ...]] = ()

    def decode(self, encoding: Encoding, outputs: Any, tokenizer: Any = None) -> Steps[Results]:
        logits, rows = outputs.logits, encoding.sequences
        if logits.dim() != 3 or logits.shape[0] != len(rows):
            return ()
        words = rows[0].tokens if len(rows) == 1 else ()
        probabilities = (yield softmax(logits, "labels", words)).outputs[0]
        labels = (yield self._argmax(probabilities, rows)).outputs
        scores = probabilities.tensor.max(-1).values.tolist()
        found: list[list[dict[str, Any]]] = []

        def merge() -> HostResult:
            for row, label, score in zip(rows, labels, scores, strict=True):
                found.append(merge_entities(row, label.words or (), score))
            count = sum(map(len, found))
            note = f"{count} " + ("entity" if count == 1 else "entities")
            return HostResult(named("spans", map(_spans, found)), note)

        yield HostStep("output", "entities", "merge_entities", merge, labels, last=True)
        return tuple(
            _result(row, label.words or (), score, entities)
            for row, label, score, entities in zip(rows, labels, scores, found, strict=True)
        )

    def _argmax(self, probabilities: Written, rows: Sequence[TokenSequence]) -> HostStep:
        def run() -> HostResult:
            best = probabilities.tensor.argmax(-1)
            written, count = [], 0
            for row, indices in zip(rows, best, strict=True):
                names = tuple(self.label(int(i)) for i in indices)
                written.append((indices, names))
                pairs = zip(names, row.offsets, strict=True)
                count += sum(n != "O" for n, o in pairs if o is not None)
            return HostResult(named("labels", written), f"{count} tokens in a name")

        arguments = (("dim", "-1"),)
        return HostStep("output", "labels", "argmax", run, (probabilities,), arguments)


def _spans(entities: Sequence[Mapping[str, Any]]) -> tuple[np.ndarray | torch.Tensor, Any]:
    spans = np.array([(e["start"], e["end"]) for e in entities], dtype=np.int64)
    return spans.reshape(-1, 2), tuple(f"{e['text']} · {e['label']}" for e in entities)


def _result(
    row: TokenSequence,
    labels: Sequence[str],
    scores: Sequence[float],
    entities: list[dict[str, Any]],
) -> Mapping[str, Any]:
    """The contract of the task: entities, and every token of the text with its label."""
    return {
        "entities": entities,
        "tokens": [
            {"text": token, "label": label, "score": score}
            for token, label, score, offset in zip(
                row.tokens, labels, scores, row.offsets, strict=True
            )
            if offset is not None
        ],
    }

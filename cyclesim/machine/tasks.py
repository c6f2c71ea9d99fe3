"""Output: from the model's numbers to labels and text, step by step.

A task says what a head's logits mean. What it answers is the model's own argmax: no rule corrects
it on the way.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

from cyclesim.machine.inputs import Encoding
from cyclesim.machine.steps import HostResult, HostStep, Steps, Written

__all__ = ["TASKS", "Classification", "Task", "TokenClassification", "merge_entities", "task_for"]


@dataclass(frozen=True)
class Task:
    """A model whose output is shown as it is, with no answer read out of it."""

    labels: tuple[str, ...] = ()
    name: ClassVar[str] = "forward"

    def decode(self, encoding: Encoding, outputs: Any) -> Steps[Mapping[str, Any]]:
        """Yield the output steps; the generator's value is the trace's `result`."""
        return {}
        yield  # makes this a generator, as every decode is

    def _probabilities(self, logits: torch.Tensor, words: tuple[str, ...]) -> HostStep:
        def run() -> HostResult:
            wide = logits.to(torch.promote_types(logits.dtype, torch.float32))
            probabilities = torch.softmax(wide, dim=-1)
            note = f"softmax over {logits.shape[-1]} labels"
            return HostResult((Written("probabilities", probabilities, words),), note)

        arguments = (("dim", "-1"),)
        read = Written("logits", logits)
        return HostStep("output", "probabilities", "softmax", run, (read,), arguments)

    def label(self, index: int) -> str:
        """The name of class `index`; `LABEL_7` where it has none."""
        return self.labels[index] if index < len(self.labels) else f"LABEL_{index}"


@dataclass(frozen=True)
class TokenClassification(Task):
    """One label per token; neighbouring words with one label are one entity."""

    name: ClassVar[str] = "token-classification"

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


@dataclass(frozen=True)
class Classification(Task):
    """One label for the whole text."""

    name: ClassVar[str] = "text-classification"

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


TASKS: Mapping[str, type[Task]] = {t.name: t for t in (Task, TokenClassification, Classification)}
_HEADS = {
    "ForTokenClassification": TokenClassification,
    "ForSequenceClassification": Classification,
}


def task_for(model: torch.nn.Module) -> Task:
    """The task that a model's class and config speak of."""
    config = getattr(model, "config", None)
    names = getattr(config, "id2label", None) or {}
    # A label map may have holes: a class without a name keeps its number.
    labels = tuple(str(names.get(i, f"LABEL_{i}")) for i in range(len(names)))
    for ending, task in _HEADS.items():
        if type(model).__name__.endswith(ending):
            return task(labels)
    return Task()


def merge_entities(
    encoding: Encoding, labels: Sequence[str], scores: Sequence[float]
) -> list[dict[str, Any]]:
    """Words with one label in a row become an entity.

    A word has the label of its first token. `B-` and `I-` prefixes are understood: `B-` begins a
    new entity. The score is the mean over the words.

    Args:
        encoding: where each token stands in the text, and which word it is part of.
        labels, scores: one per token.

    Returns:
        In order, `text`, `label`, `start`, `end` (characters of the typed text) and `score`.
    """
    text = encoding.text or ""
    entities: list[dict[str, Any]] = []
    parts: list[list[float]] = []
    word: int | None = None  # the word of the token before
    open_kind = ""  # the label of the entity that the next word may go on with
    for label, score, span, index in zip(
        labels, scores, encoding.offsets, encoding.words, strict=True
    ):
        same_word = index is not None and index == word
        word = index
        if span is None:
            open_kind = ""
        elif same_word:
            if open_kind:
                entities[-1]["end"] = max(entities[-1]["end"], span[1])
        else:
            prefix, kind = _split_label(label)
            if kind == "O":
                open_kind = ""
            elif kind == open_kind and prefix != "B":
                entities[-1]["end"] = span[1]
                parts[-1].append(score)
            else:
                entities.append({"text": "", "label": kind, "start": span[0], "end": span[1]})
                parts.append([score])
                open_kind = kind
    limit = len(text)
    for entity, part in zip(reversed(entities), reversed(parts), strict=True):
        start, end = _as_seen(text, entity["start"], entity["end"], limit)
        entity |= {"text": text[start:end], "start": start, "end": end}
        entity["score"] = sum(part) / len(part)
        limit = start
    return entities


def _split_label(label: str) -> tuple[str, str]:
    """`B-PER` → `B`, `PER`; a label without such a prefix is a kind of its own."""
    return (label[0], label[2:]) if label[:2] in ("B-", "I-") else ("", label)


def _as_seen(text: str, start: int, end: int, limit: int) -> tuple[int, int]:
    """The span that a person would mark: no space around it, and no accent cut off.

    Some tokenizers count the space before a word to its token; others drop a combining mark, which
    belongs to the letter before it. The span never grows beyond `limit`.
    """
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    while end < limit and unicodedata.category(text[end]).startswith("M"):
        end += 1
    return start, end

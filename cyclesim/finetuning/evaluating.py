"""How good a model is on a part of the data: loss, accuracy, and the names it finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from cyclesim.finetuning.corpus import Sample
from cyclesim.finetuning.encode import IGNORED, Coder, Example
from cyclesim.finetuning.scores import ALL, Score, scores
from cyclesim.finetuning.tags import OUTSIDE, Span, spans_of

__all__ = ["Measured", "losses", "measure"]

#: A batch of measuring holds at most so many tokens, padding included.
_TOKENS = 4096


@dataclass(frozen=True)
class Measured:
    """A model on a part of the data.

    Attributes:
        loss: mean cross-entropy over the words that were scored, in nats.
        accuracy: the share of all words with the right label; a word that was cut off counts as
            labelled O.
        names: the names that the model finds in each sentence.
        score: over all types.
    """

    loss: float
    accuracy: float
    names: tuple[tuple[Span, ...], ...]
    score: Score


def losses(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The summed cross-entropy of a batch, in nats: a scalar in float32.

    Args:
        logits: `[batch, sequence, labels]`.
        labels: `[batch, sequence]`, `IGNORED` where nothing is asked.
    """
    return torch.nn.functional.cross_entropy(
        logits.float().flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="sum"
    )


def measure(
    model: Any, coder: Coder, samples: Sequence[Sample], examples: Sequence[Example]
) -> Measured:
    """Run `model`, without dropout and without gradients, over every sentence."""
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    found: list[tuple[Span, ...]] = [()] * len(samples)
    total, scored, right = 0.0, 0, 0
    try:
        with torch.no_grad():
            for rows in _batches(examples):
                batch = coder.batch([examples[row] for row in rows]).to(device)
                logits = model(**batch.inputs).logits
                total += float(losses(logits, batch.labels))
                scored += int((batch.labels != IGNORED).sum())
                for row, ids in zip(rows, logits.argmax(-1).tolist(), strict=True):
                    labels = _labels(coder, examples[row], ids, len(batch.labels[0]))
                    found[row] = tuple(spans_of(labels))
                    right += _right(coder, samples[row], labels)
    finally:
        model.train(was_training)
    score = scores([sample.spans for sample in samples], found)[ALL]
    words = sum(len(sample.words) for sample in samples)
    return Measured(total / max(1, scored), right / max(1, words), tuple(found), score)


def _batches(examples: Sequence[Example]) -> list[list[int]]:
    """The numbers of the examples in batches of like length, the longest first."""
    order = sorted(range(len(examples)), key=lambda row: -len(examples[row]))
    batches: list[list[int]] = []
    for row in order:
        if batches and len(batches[-1]) < _TOKENS // len(examples[batches[-1][0]]):
            batches[-1].append(row)
        else:
            batches.append([row])
    return batches


def _labels(coder: Coder, example: Example, ids: Sequence[int], width: int) -> list[str]:
    """The label of each word: that of its first subword."""
    shift = width - len(example) if coder.tokenizer.padding_side == "left" else 0
    return [
        OUTSIDE if place is None else coder.labels[ids[place + shift]] for place in example.first
    ]


def _right(coder: Coder, sample: Sample, labels: Sequence[str]) -> int:
    true = coder.tags(sample)
    return sum(one == other for one, other in zip(true, labels, strict=True))

"""Scores of a sentence classifier: accuracy, and by label precision, recall and F1."""

from __future__ import annotations

import random
from itertools import islice
from typing import Any

import torch

from cyclesim.training.counting import Count
from cyclesim.training.opinions.generate import LABELS, sentences

Test = list[tuple[str, str]]  # (text, label)


def generated(size: int = 300) -> Test:
    """Sentences as in training, of another seed than any training has."""
    return list(islice(sentences(random.Random("test")), size))


def read(lines: list[str]) -> Test:
    """The lines of a hand-written file: label, tab, text."""
    pairs = (line.split("\t") for line in lines)
    return [(text, label) for label, text in pairs]


def predict(model: Any, tokenizer: Any, texts: list[str]) -> list[str]:
    """The label of each text."""
    labels = []
    with torch.no_grad():
        for text in texts:  # one by one: padding would change the last bits of the numbers
            encoded = tokenizer(text, return_tensors="pt", truncation=True)
            labels.append(model.config.id2label[int(model(**encoded).logits[0].argmax())])
    return labels


def score(model: Any, tokenizer: Any, test: Test) -> dict[str, dict[str, float]]:
    """Scores in percent over all sentences (``all``) and by label."""
    found = predict(model, tokenizer, [text for text, _ in test])
    counts = {label: Count() for label in LABELS}
    for one, (_, label) in zip(found, test, strict=True):
        counts[one].found += 1
        counts[label].wanted += 1
        counts[label].right += one == label
    right = sum(count.right for count in counts.values())
    table: dict[str, dict[str, float]] = {
        "all": {"accuracy": round(100 * right / len(test), 2), "sentences": len(test)}
    }
    return table | {label: count.scores("sentences") for label, count in counts.items()}

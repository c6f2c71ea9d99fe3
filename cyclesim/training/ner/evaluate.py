"""Scores of a token classifier on annotated sentences: exact spans, entity by entity.

The decoding is the app's: a word takes the label of its first subword, and neighbouring words
with the same label are one entity. Nothing is corrected by rule.
"""

from __future__ import annotations

from typing import Any

import torch

from cyclesim.training.counting import Count
from cyclesim.training.sentences import LABELS, UNKNOWN, Piece, Sentence, Span, assemble


def decode(
    labels: list[str], words: list[int | None], offsets: list[tuple[int, int]]
) -> list[Span]:
    """Entities of one sentence from its subwords' labels, word numbers and character offsets."""
    spans: list[Span] = []
    last_word, last_label = None, "O"
    for label, word, (start, end) in zip(labels, words, offsets, strict=True):
        if word is None:
            continue
        if word == last_word:  # a later subword: it only lengthens the word's entity
            if last_label != "O":
                spans[-1] = Span(spans[-1].start, end, last_label)
            continue
        if label != "O" and label == last_label:
            spans[-1] = Span(spans[-1].start, end, label)
        elif label != "O":
            spans.append(Span(start, end, label))
        last_word, last_label = word, label
    return spans


def predict(model: Any, tokenizer: Any, texts: list[str]) -> list[list[Span]]:
    """The entities that the model sees in each text."""
    results: list[list[Span]] = []
    model.eval()
    with torch.no_grad():
        for text in texts:  # one by one: padding would change the last bits of the numbers
            encoded = tokenizer(
                text, return_tensors="pt", return_offsets_mapping=True, truncation=True
            )
            offsets = [(int(a), int(b)) for a, b in encoded.pop("offset_mapping")[0]]
            logits = model(**encoded).logits[0]
            labels = [model.config.id2label[int(i)] for i in logits.argmax(-1)]
            results.append(decode(labels, encoded.word_ids(0), offsets))
    return results


def score(found: list[list[Span]], wanted: list[Sentence]) -> dict[str, dict[str, float]]:
    """Scores over all entities (``all``) and by type."""
    counts = {label: Count() for label in ("all", *LABELS[1:])}
    for one, sentence in zip(found, wanted, strict=True):
        true = {span for span in sentence.spans if span.label != UNKNOWN}
        for span in one:
            for key in ("all", span.label):
                counts[key].found += 1
                counts[key].right += span in true
        for span in true:
            for key in ("all", span.label):
                counts[key].wanted += 1
    return {key: count.scores() for key, count in counts.items()}


def evaluate(
    model: Any, tokenizer: Any, annotated: list[list[Piece]]
) -> dict[str, dict[str, float]]:
    """Scores of a model on annotated sentences."""
    sentences = [assemble(pieces) for pieces in annotated]
    return score(predict(model, tokenizer, [s.text for s in sentences]), sentences)

"""From one label per token to the entities that a reader would mark in the text."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from cyclesim.trace import TokenSequence

__all__ = ["as_seen", "merge_entities"]


def merge_entities(
    sequence: TokenSequence, labels: Sequence[str], scores: Sequence[float]
) -> list[dict[str, Any]]:
    """Words with one label in a row become an entity.

    A word has the label of its first token. `B-` and `I-` prefixes are understood: `B-` begins a
    new entity. The score is the mean over the words.

    Args:
        sequence: where each token stands in the text, and which word it is part of.
        labels, scores: one per token.

    Returns:
        In order, `text`, `label`, `start`, `end` (characters of the typed text) and `score`.
    """
    text = sequence.text or ""
    entities: list[dict[str, Any]] = []
    parts: list[list[float]] = []
    word: int | None = None  # the word of the token before
    open_kind = ""  # the label of the entity that the next word may go on with
    for label, score, span, index in zip(
        labels, scores, sequence.offsets, sequence.words, strict=True
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
        start, end = as_seen(text, entity["start"], entity["end"], limit)
        entity |= {"text": text[start:end], "start": start, "end": end}
        entity["score"] = sum(part) / len(part)
        limit = start
    return entities


def _split_label(label: str) -> tuple[str, str]:
    """`B-PER` → `B`, `PER`; a label without such a prefix is a kind of its own."""
    return (label[0], label[2:]) if label[:2] in ("B-", "I-") else ("", label)


def as_seen(text: str, start: int, end: int, limit: int) -> tuple[int, int]:
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

"""What a result decides, in words: which label, which token, which span of the text.

Each task has a result of its own form. Whoever asks whether two runs, or two hidden states, answer
alike reads them here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["said"]


def said(result: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Where and what: `(("token 1 Ada", "PER"), …)`, `(("text", "positive"),)`.

    Scores are left out, and so are results that are nothing but numbers.

    Example:
        >>> said({"label": "positive", "score": 0.9, "scores": {"positive": 0.9, "negative": 0.1}})
        (('text', 'positive'),)
    """
    if "entities" in result:
        tokens = enumerate(result["tokens"])
        return tuple((f"token {i} {t['text']}", str(t["label"])) for i, t in tokens)
    if "labels" in result:  # each label by itself
        chosen = set(map(str, result["labels"]))
        return tuple((str(x), "yes" if x in chosen else "no") for x in result["scores"])
    if "label" in result:
        return (("text", str(result["label"])),)
    if "masks" in result:
        masks = enumerate(result["masks"])
        return tuple((f"mask {i}", str(m["candidates"][0]["token"])) for i, m in masks)
    if "answer" in result:
        return (("answer", str(result["answer"])),)
    if "ids" in result:  # a text that was written
        return (("text", str(result["text"])),)
    if "token" in result:
        return (("next", str(result["token"])),)
    return ()

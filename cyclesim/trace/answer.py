"""What a result decides, in words: which label, which token, which span of the text.

Each task has a result of its own form. Whoever asks whether two runs, or two hidden states, answer
alike reads them here, and need not know the forms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from cyclesim.language import N_, tr

__all__ = ["Line", "brief", "said"]


class Line(NamedTuple):
    """One thing that an answer says: about what, what, and how probable that is (None: unsaid)."""

    name: str
    word: str
    score: float | None = None


def brief(result: Mapping[str, Any]) -> tuple[Line, ...]:
    """The answer in one line for each thing that it says, in the language that is spoken.

    Example:
        >>> brief({"label": "positive", "score": 0.9, "scores": {"positive": 0.9}})
        (Line(name='answer', word='positive', score=0.9),)

    Raises:
        LookupError, TypeError, ValueError: the result, read from a file, makes no sense.
    """
    return tuple(_lines(result, tr))


def said(result: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Where and what, without scores: `(("token 0 Ada", "PER"), …)`, `(("answer", "positive"),)`.

    Results that are nothing but numbers say nothing.
    """
    if "values" in result or "pairs" in result:
        return ()
    named = enumerate(_lines(result, lambda text: text))
    if "entities" in result:
        return tuple((f"token {i} {line.name}", line.word) for i, line in named)
    return tuple((line.name, line.word) for _, line in named)


def _lines(result: Mapping[str, Any], tr: Callable[[str], str]) -> Iterator[Line]:
    if "entities" in result:
        for token in result["tokens"]:
            yield Line(str(token["text"]), str(token["label"]), float(token["score"]))
    elif "labels" in result:  # each by itself
        chosen = set(map(str, result["labels"]))
        for label, score in result["scores"].items():
            yield Line(str(label), tr(N_("yes")) if label in chosen else tr(N_("no")), float(score))
    elif "label" in result:
        yield Line(tr(N_("answer")), str(result["label"]), float(result["score"]))
    elif "masks" in result:
        for place, mask in enumerate(result["masks"]):
            best = mask["candidates"][0]
            name = tr(N_("mask {number}")).format(number=place + 1)
            yield Line(name, str(best["token"]), float(best["score"]))
    elif "answer" in result:
        word = str(result["answer"]) or tr(N_("no answer in the text"))
        yield Line(tr(N_("answer")), word, float(result["score"]))
    elif "values" in result:
        for label, value in result["values"].items():
            yield Line(str(label), f"{float(value):.4g}")
    elif "pairs" in result:
        for pair in sorted(result["pairs"], key=lambda p: (p["first"], p["second"])):
            name = f"{int(pair['first'])} · {int(pair['second'])}"
            yield Line(name, f"{float(pair['score']):.3f}")
    elif "text" in result:  # a text that was written
        yield Line(tr(N_("text")), str(result["text"]))
    elif "token" in result:
        yield Line(tr(N_("next token")), str(result["token"]), float(result["score"]))

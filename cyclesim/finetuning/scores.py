"""Precision, recall and F1 over whole names, counted by nervaluate.

    found = scores([[Span(0, 2, "PER")]], [[Span(0, 1, "PER")]])
    found["all"].f1, found["PER"].recall

A name is right when its words and its type are: the measure of the CoNLL shared tasks. Beside it
stand three kinder ones, which tell wrong types from wrong boundaries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cyclesim.finetuning.tags import Span

__all__ = ["ALL", "KINDER", "Score", "kinder", "scores"]

#: The key of the score over all types.
ALL = "all"
#: The measures of `kinder`, by nervaluate's names: the words are right, of whatever type; the type
#: is right and the words overlap; as `exact`, and an overlap counts half.
KINDER = ("exact", "ent_type", "partial")

Names = Sequence[Sequence[Span]]


@dataclass(frozen=True)
class Score:
    """How well names were found.

    Attributes:
        precision, recall, f1: between 0 and 1; 0 where there is nothing to divide by.
        found: how many names the model marked.
        wanted: how many there are.
    """

    precision: float
    recall: float
    f1: float
    found: int
    wanted: int


def scores(true: Names, found: Names, types: Sequence[str] = ()) -> dict[str, Score]:
    """The strict score over all names (`all`), then that of each type.

    Args:
        true, found: the names of each sentence.
        types: the types to score one by one.
    """
    result = {ALL: _strict(true, found)}
    for name in types:
        result[name] = _strict(_only(true, name), _only(found, name))
    return result


def kinder(true: Names, found: Names) -> dict[str, float]:
    """F1 over all names by each measure of `KINDER`."""
    measured = _measured(true, found)
    return {name: float(measured[name]["f1"]) for name in KINDER}


def _strict(true: Names, found: Names) -> Score:
    counts = _measured(true, found)["strict"]
    return Score(
        float(counts["precision"]),
        float(counts["recall"]),
        float(counts["f1"]),
        sum(map(len, found)),
        sum(map(len, true)),
    )


def _only(names: Names, label: str) -> list[list[Span]]:
    return [[span for span in spans if span.label == label] for spans in names]


def _measured(true: Names, found: Names) -> Mapping[str, Mapping[str, Any]]:
    """Every measure of nervaluate, over all types together."""
    from nervaluate import Evaluator

    rows = [(one, two) for one, two in zip(true, found, strict=True) if one or two]
    if not rows:
        return {name: {"precision": 0, "recall": 0, "f1": 0} for name in ("strict", *KINDER)}
    labels = sorted({span.label for pair in rows for spans in pair for span in spans})
    given = [
        [[_entity(span) for span in spans] for spans in side] for side in zip(*rows, strict=True)
    ]
    if not hasattr(Evaluator, "summary_report"):  # nervaluate before 1.0, on Python 3.10
        old: Mapping[str, Mapping[str, Any]] = Evaluator(*given, tags=labels).evaluate()[0]
        return old
    made = Evaluator(*given, tags=labels, loader="dict").evaluate()["overall"]
    return {name: vars(counts) for name, counts in made.items()}


def _entity(span: Span) -> dict[str, Any]:
    return {"label": span.label, "start": span.start, "end": span.end - 1}

"""Whether two answers say the same, though they speak of two texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cyclesim.robustness.perturb import Name, Perturbation
from cyclesim.trace.answer import said

__all__ = ["differences", "is_answer", "names_in"]

Result = Mapping[str, Any]
Span = tuple[int, int]

_WORD = re.compile(r"\S+")
_CAPITALS = re.compile(r"[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)*")


def is_answer(result: Result) -> bool:
    """Whether a result says something that another could say otherwise."""
    return "entities" in result or bool(said(result))


def differences(old: Result, new: Result, change: Perturbation) -> list[tuple[str, str, str]]:
    """What the two answer differently: about what, before, after.

    Of names it is asked for each word, and for each changed stretch as a whole, what type of name
    it is (part of); of any other task, what `cyclesim.trace.answer.said` says.
    """
    if "entities" in old and "entities" in new:
        return [
            (change.old[one[0] : one[1]], before, after)
            for one, other in _units(change)
            if (before := _types(old, one)) != (after := _types(new, other))
        ]
    was, now = dict(said(old)), dict(said(new))
    return [
        (what, was.get(what, "–"), now.get(what, "–"))
        for what in dict.fromkeys([*was, *now])
        if was.get(what) != now.get(what)
    ]


def names_in(text: str, result: Result) -> list[Name]:
    """The names of a text: those the model finds, or stretches of capitalised words."""
    if "entities" in result:
        return [Name(e["start"], e["end"], e["label"]) for e in result["entities"]]
    found = [match for match in _CAPITALS.finditer(text) if match.start()]
    return [Name(match.start(), match.end(), "") for match in found]


def _units(change: Perturbation) -> Iterator[tuple[Span, Span]]:
    """The words that were left alone, and the changed stretches, in both texts."""
    edits = zip(change.edits, change.new_spans(), strict=True)
    units = [((edit.start, edit.end), span) for edit, span in edits]
    for word in _WORD.finditer(change.old):
        start, end = change.moved(word.start()), change.moved(word.end() - 1)
        if start is not None and end is not None and end - start == len(word.group()) - 1:
            units.append((word.span(), (start, end + 1)))
    return iter(sorted(units))


def _types(result: Result, span: Span) -> str:
    """The types of the names that have a character of `span`; O for none."""
    found = {e["label"] for e in result["entities"] if e["start"] < span[1] and span[0] < e["end"]}
    return "+".join(sorted(found)) or "O"

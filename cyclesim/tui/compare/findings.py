"""What a comparison says: one sentence, and the two answers line by line."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cyclesim.language import tr, trn
from cyclesim.trace import Trace
from cyclesim.trace.answer import Line, brief
from cyclesim.trace.diff import CycleDiff
from cyclesim.tui.compare.alignment import Comparison
from cyclesim.tui.words.text import number, printable, shape_text

__all__ = ["AnswerLine", "amount_text", "answers", "same_answer", "summary"]


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One line of both answers.

    Attributes:
        what: what it is about: a token, a label.
        a, b: what each run says of it, or "".
        same: whether both say the same (scores may differ); None where they cannot be compared.
    """

    what: str
    a: str
    b: str
    same: bool | None


def summary(found: Comparison) -> Iterator[str]:
    """The finding in one sentence, and the same in fewer and fewer words."""
    diff = found.found
    total = len(diff.cycles)
    first = diff.first_difference
    if not total:
        yield tr("The two runs have no cycle in common.")
    elif first is None:
        same = sum(pair.outcome == "same" for pair in diff.cycles)
        said = tr("{answer}. Every number is the same in {same} of {total} cycles.")
        yield said.format(answer=_answer_text(found), same=same, total=total)
    else:
        count = len(found.differences)
        part = trn("{count} of {total} cycles differs", "{count} of {total} cycles differ", count)
        known = {
            "answer": _answer_text(found),
            "part": part.format(count=count, total=total),
            "number": first.a.number,
            "label": first.a.label,
            "amount": amount_text(first),
        }
        for said in (
            tr("{answer}. {part}, the first is {number} ({label}): {amount}."),
            tr("{answer}. {part}, the first is {number}: {amount}."),
            tr("{answer}. {part}, the first is {number}."),
        ):
            yield said.format(**known)


def amount_text(pair: CycleDiff) -> str:
    """How far two cycles are apart, in a few words."""
    if pair.outcome == "unlike":
        shapes = [[v.shape for v in cycle.outputs] for cycle in (pair.a, pair.b)]
        differing = [(a, b) for a, b in zip(*shapes, strict=False) if a != b]
        if not differing:
            return tr("{a} outputs against {b}").format(a=len(shapes[0]), b=len(shapes[1]))
        a, b = differing[0]
        return tr("{a} against {b}").format(a=shape_text(a), b=shape_text(b))
    if pair.max_abs is None:
        return tr("not compared, its numbers were not kept")
    if math.isnan(pair.max_abs):
        return tr("NaN in one of the two")
    if pair.max_abs == 0:
        return tr("the same, bit for bit") if pair.outcome == "same" else tr("no difference found")
    return tr("up to {amount}").format(amount=number(pair.max_abs, 3))


def same_answer(a: Trace, b: Trace) -> bool | None:
    """Whether both runs came to the same answer; None where that cannot be said."""
    lines = answers(a, b)
    if not lines or any(line.same is None for line in lines):
        return None
    return all(line.same for line in lines)


def _answer_text(found: Comparison) -> str:
    if not (found.ours.complete and found.theirs.complete):
        return tr("No answer to compare yet")
    if found.ours.header.text != found.theirs.header.text:
        return tr("The texts are not the same")
    same = same_answer(found.ours, found.theirs)
    if same is None:
        return tr("The answers cannot be compared")
    if "ids" in found.ours.result:
        return tr("The texts are the same") if same else tr("The texts differ")
    if "entities" in found.ours.result or "scores" in found.ours.result:
        return tr("The labels are the same") if same else tr("The labels differ")
    return tr("The answer is the same") if same else tr("The answers differ")


def answers(a: Trace, b: Trace) -> list[AnswerLine]:
    """Both answers, what belongs together in one line; nothing where a file holds nonsense."""
    try:
        return list(_lines(a.result, b.result))
    except (AttributeError, KeyError, TypeError, ValueError):
        return []


def _lines(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[AnswerLine]:
    if not (ours and theirs):
        # One of them has no answer yet: the other's alone.
        known = ours or theirs
        for line in _lines(known, known) if known else ():
            yield replace(line, a=line.a if ours else "", b=line.b if theirs else "", same=None)
    elif "ids" in ours and "ids" in theirs:
        for name in ("text", "finish_reason"):
            yield _line(name, ours.get(name), theirs.get(name))
    elif "tokens" in ours and "tokens" in theirs:
        yield from _tokens(ours, theirs)
    elif "scores" in ours and "scores" in theirs:
        yield _line(tr("answer"), ours.get("label"), theirs.get("label"))
        scores = {**theirs["scores"], **ours["scores"]}
        for label in sorted(scores, key=lambda name: -float(scores[name])):
            one, other = ours["scores"].get(label), theirs["scores"].get(label)
            both = None if one is None or other is None else True
            yield AnswerLine(printable(str(label)), _share(one), _share(other), both)
    else:
        one, other = ({line.name: line for line in brief(result)} for result in (ours, theirs))
        for name in {**one, **other}:
            yield _both(name, one.get(name), other.get(name))


def _both(name: str, ours: Line | None, theirs: Line | None) -> AnswerLine:
    a, b = ("" if x is None else f"{printable(x.word)} {_share(x.score)}".strip()
            for x in (ours, theirs))  # fmt: skip
    same = None if ours is None or theirs is None else ours.word == theirs.word
    return AnswerLine(printable(name), a, b, same)


def _tokens(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[AnswerLine]:
    texts = [[str(t["text"]) for t in result["tokens"]] for result in (ours, theirs)]
    if texts[0] == texts[1]:
        for text, one, other in zip(texts[0], ours["tokens"], theirs["tokens"], strict=True):
            same = one["label"] == other["label"]
            yield AnswerLine(printable(text), _labelled(one), _labelled(other), same)
        return
    # Two texts: what was found in each, one beneath the other.
    found = [result.get("entities", ()) for result in (ours, theirs)]
    for place in range(max(map(len, found))):
        one, other = (_entity(e[place]) if place < len(e) else "" for e in found)
        yield AnswerLine(str(place + 1), one, other, None)


def _line(what: str, a: Any, b: Any) -> AnswerLine:
    one, other = ("" if x is None else printable(str(x)) for x in (a, b))
    return AnswerLine(what, one, other, a == b)


def _entity(found: Mapping[str, Any]) -> str:
    return f"{printable(str(found['text']))}  {_labelled(found)}"


def _labelled(found: Mapping[str, Any]) -> str:
    return f"{found['label']} {_share(found.get('score'))}".strip()


def _share(score: Any) -> str:
    return "" if score is None else f"{float(score):.1%}"

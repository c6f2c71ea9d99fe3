"""The answer of a task as a sentence and a table, for every view that shows one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cyclesim.language import N_, tr, trn
from cyclesim.trace.trace import Trace

__all__ = ["AnswerTable", "answer_table", "marked_spans", "sequence_titles"]

_SPAN = (N_("answer", "column"), N_("score", "column"), N_("characters", "column"))


@dataclass(frozen=True, slots=True)
class AnswerTable:
    """What a result says.

    Attributes:
        answer: in a few words; "" where only the table says it.
        notes: more about it, one a line.
        head: names of the columns; () where there is no table.
        rows: the cells as text.
        best: which rows are the answer itself.
    """

    answer: str = ""
    notes: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    best: frozenset[int] = frozenset()


def answer_table(result: Mapping[str, Any]) -> AnswerTable | None:
    """The table of a result; None for a form that has a view of its own, or is not known.

    Raises:
        LookupError, TypeError, ValueError: the result, read from a file, makes no sense.
    """
    for key, make in _FORMS.items():
        if key in result:
            return make(result)
    return None


def marked_spans(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The places of the text that the answer is about, each with a word for what it is."""
    if "entities" in result:
        return [dict(entity) for entity in result["entities"]]
    if result.get("answer"):
        return [{"start": result["start"], "end": result["end"], "label": tr("answer")}]
    roles = {"subject": tr(N_("subject")), "object": tr(N_("object"))}
    return [
        {"start": result[role]["start"], "end": result[role]["end"], "label": name}
        for role, name in roles.items()
        if role in result
    ]


def sequence_titles(trace: Trace) -> list[str]:
    """One title for each answer of a batch: `sequence 1: He lived in Paris.`; [] for one answer."""
    if len(trace.answers) < 2:
        return []
    found: list[list[tuple[int, str]]] = [[] for _ in trace.answers]
    for place, row in enumerate(trace.header.sequences):
        if row.answer < len(found):
            found[row.answer].append((place, row.title))
    titles = []
    for answer, rows in enumerate(found):
        places = f"{rows[0][0]}" if rows else f"{answer}"
        places += f"–{rows[-1][0]}" if len(rows) > 1 else ""
        text = trn("sequence {numbers}: {text}", "sequences {numbers}: {text}", max(len(rows), 1))
        titles.append(text.format(numbers=places, text=" / ".join(title for _, title in rows)))
    return titles


def _masks(result: Mapping[str, Any]) -> AnswerTable:
    rows: list[tuple[str, ...]] = []
    best = set()
    for place, mask in enumerate(result["masks"]):
        best.add(len(rows))
        rows += [(str(place + 1), str(c["token"]), _share(c["score"])) for c in mask["candidates"]]
    head = (tr("mask", "column"), tr("token", "column"), tr("score", "column"))
    return AnswerTable(str(result["text"]), (), head, tuple(rows), frozenset(best))


def _answer(result: Mapping[str, Any]) -> AnswerTable:
    said = str(result["answer"])
    null = result.get("null_score")
    text = tr("That there is no answer has a score of {score}.")
    notes = () if null is None else (text.format(score=_share(null)),)
    rows = tuple(
        (str(c["answer"]), _share(c["score"]), f"{int(c['start']):,}–{int(c['end']):,}")
        for c in result["candidates"]
    )
    head = tuple(tr(name, "column") for name in _SPAN)
    best = frozenset({0} if said else ())
    return AnswerTable(said or tr("There is no answer in the text."), notes, head, rows, best)


def _similarities(result: Mapping[str, Any]) -> AnswerTable:
    notes = [f"{i}  {text}" for i, text in enumerate(result["sentences"])]
    size, pooling = int(result["size"]), str(result["pooling"])
    made = tr("Each sentence is a vector of {size} numbers: {pooling} of its tokens.")
    notes.append(made.format(size=f"{size:,}", pooling=pooling))
    rows = tuple(
        (f"{int(p['first'])} · {int(p['second'])}", f"{float(p['score']):.3f}")
        for p in result["pairs"]
    )
    head = (tr("sentences", "column"), tr("cosine", "column"))
    best = frozenset({0} if rows else ())
    return AnswerTable("", tuple(notes), head if rows else (), rows, best)


def _values(result: Mapping[str, Any]) -> AnswerTable:
    rows = tuple((str(label), f"{float(v):.4g}") for label, v in result["values"].items())
    return AnswerTable("", (), (tr("label", "column"), tr("value", "column")), rows)


def _features(result: Mapping[str, Any]) -> AnswerTable:
    rows = tuple((str(t["text"]), f"{float(t['norm']):.4g}") for t in result["features"])
    text = trn(
        "A vector of {size} numbers for the one token.",
        "A vector of {size} numbers for each of {count} tokens.",
        len(rows),
    )
    said = text.format(size=f"{int(result['size']):,}", count=f"{len(rows):,}")
    return AnswerTable("", (said,), (tr("token", "column"), tr("length", "column")), rows)


_FORMS = {
    "masks": _masks,
    "answer": _answer,
    "similarities": _similarities,
    "values": _values,
    "features": _features,
}


def _share(score: Any) -> str:
    return f"{float(score):.3f}"

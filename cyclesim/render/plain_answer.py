"""The answer of a run in sentences, for who hears or logs it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cyclesim.language import tr, trn
from cyclesim.render.answers import AnswerTable, answer_table, sequence_titles
from cyclesim.render.generation import ending, is_generated
from cyclesim.render.text import safe_text
from cyclesim.trace.trace import Trace

__all__ = ["answer_sentences"]


def answer_sentences(trace: Trace) -> Iterator[str]:
    """The answer, or, of a batch, every answer after its text."""
    titles = sequence_titles(trace)
    if not titles:
        yield from _one_result(trace.result)
        return
    for title, result in zip(titles, trace.answers, strict=True):
        yield _ended(safe_text(title, 400).rstrip("."))
        yield from _one_result(result)


def _one_result(result: Mapping[str, Any]) -> Iterator[str]:
    if not result:
        return
    try:
        table = answer_table(result)
        if is_generated(result):
            yield tr("Result: {text}").format(text=safe_text(result["text"], 2000))
            yield _ended(ending(result))
        elif "entities" in result:
            yield from _entities(result["entities"])
        elif "label" in result:
            yield from _scores(result)
        elif table is not None:
            yield from _table(table)
        else:
            for key, value in result.items():
                text = tr("Result, {name}: {value}.")
                yield text.format(name=safe_text(key, 40), value=safe_text(value, 400))
    except (TypeError, ValueError, AttributeError, LookupError) as error:
        yield tr("The result cannot be shown: {why}.").format(why=safe_text(error, 200))


def _scores(result: Mapping[str, Any]) -> Iterator[str]:
    for role, name in (("subject", tr("subject")), ("object", tr("object"))):
        if role in result:
            text = tr("The {role} is {name}.")
            yield text.format(role=name, name=safe_text(result[role]["text"], 200))
    label, score = safe_text(result["label"], 80), _score(result.get("score"))
    if "labels" in result:
        chosen = [safe_text(name, 80) for name in result["labels"]]
        yield tr("Result: {label}.").format(label=", ".join(chosen) or tr("no label"))
    else:
        yield tr("Result: {label}, score {score}.").format(label=label, score=score)
    scores = sorted((result.get("scores") or {}).items(), key=lambda item: -float(item[1]))
    if scores:
        listed = ", ".join(f"{safe_text(k, 40)} {_score(s)}" for k, s in scores[:20])
        yield tr("Scores: {scores}.").format(scores=listed)


def _table(table: AnswerTable) -> Iterator[str]:
    if table.answer:
        yield tr("Result: {label}.").format(label=safe_text(table.answer, 400).rstrip("."))
    for note in table.notes:
        yield _ended(safe_text(note, 400).rstrip("."))
    for row in table.rows[:40]:
        cells = zip(table.head, row, strict=True)
        text = ", ".join(f"{safe_text(head, 40)} {safe_text(cell, 80)}" for head, cell in cells)
        yield _ended(text)


def _entities(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    count = len(found)
    text = trn("Result: {count} entity found.", "Result: {count} entities found.", count)
    yield text.format(count=f"{count:,}")
    for entity in found:
        text = tr("{name} is {label}, characters {start} to {end}, score {score}.")
        yield text.format(
            name=safe_text(entity.get("text", ""), 200),
            label=safe_text(entity.get("label", ""), 40),
            start=int(entity.get("start", 0)),
            end=int(entity.get("end", 0)),
            score=_score(entity.get("score")),
        )


def _ended(words: str) -> str:
    return tr("{sentence}.").format(sentence=words)


def _score(score: Any) -> str:
    return f"{float(score):.3f}" if score is not None else tr("not known")

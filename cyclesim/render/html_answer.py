"""The answer of a run as HTML: its spans in the text, its labels with bars, its table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cyclesim.language import tr
from cyclesim.render.answers import AnswerTable, answer_table, marked_spans, sequence_titles
from cyclesim.render.colour import ink_on, label_colour
from cyclesim.render.generation import ending, is_generated
from cyclesim.render.markup import heading_row, safe
from cyclesim.render.result import answer_of, simple_labels
from cyclesim.render.summary import entities
from cyclesim.trace.trace import Trace

__all__ = ["answer_html"]

_CHARACTERS = 4000
_ROWS = 400


def answer_html(trace: Trace) -> str:
    """The answer, or, of a batch, every answer beneath its text."""
    titles = sequence_titles(trace)
    if not titles:
        return _one_result(trace)
    return "".join(
        f"<p><b>{safe(title, 400)}</b></p>{_one_result(answer_of(trace, answer))}"
        for answer, title in enumerate(titles)
    )


def _one_result(trace: Trace) -> str:
    result = trace.result
    if is_generated(result):
        return (
            f"<p>{safe(result.get('prompt') or '', 2000)} <b>{safe(result['text'], 2000)}</b></p>"
            f"<p class='soft'>{safe(ending(result))}</p>"
        )
    if "entities" in result:
        return _highlighted(trace) + _entity_table(trace)
    marked = _highlighted(trace) if marked_spans(result) else ""
    if "scores" in result:
        return marked + _score_table(result)
    table = answer_table(result)
    if table is not None:
        said = (table.answer, *table.notes) if table.answer and not marked else table.notes
        sentences = "".join(f"<p>{safe(text, 400)}</p>" for text in said)
        return marked + sentences + _answer_table(table)
    return "".join(f"<p><b>{safe(k)}</b>: {safe(v, 400)}</p>" for k, v in result.items())


def _score_table(result: Mapping[str, Any]) -> str:
    scores = sorted(result["scores"].items(), key=lambda item: -float(item[1]))[:_ROWS]
    chosen = set(map(str, result.get("labels", (result.get("label"),))))
    cells = "".join(
        f"<tr><td>{'<b>▸</b> ' if str(k) in chosen else ''}{safe(k)}</td>"
        f"<td class='n'>{float(s):.3f}</td><td><span class='bar' style='width:"
        f"{max(float(s), 0) * 160:.0f}px;background:#56b4e9'></span></td></tr>"
        for k, s in scores
    )
    return f"<table>{cells}</table>"


def _answer_table(table: AnswerTable) -> str:
    rows = "".join(
        f"<tr>{''.join(f'<td>{safe(cell, 80)}</td>' for cell in row)}</tr>"
        for row in table.rows[:_ROWS]
    )
    head = heading_row(*((name, "") for name in table.head)) if table.head else ""
    return f"<table>{head}{rows}</table>" if rows else ""


def _highlighted(trace: Trace) -> str:
    text = trace.header.text or ""
    labels = simple_labels(trace.header.labels)
    parts: list[str] = []
    place = 0
    for entity in entities({"entities": marked_spans(trace.result)}, text):
        if entity["end"] > _CHARACTERS:
            break
        colour = label_colour(str(entity.get("label")), labels)
        parts.append(safe(text[place : entity["start"]], None))
        words = safe(text[entity["start"] : entity["end"]], None)
        parts.append(
            f'<mark style="background:{colour};color:{ink_on(colour)};border-radius:3px;'
            f'padding:0 3px">{words} <small>{safe(entity.get("label"), 20)}</small></mark>'
        )
        place = entity["end"]
    parts.append(safe(text[place:_CHARACTERS], None))
    if len(text) > _CHARACTERS:
        more = tr("… ({count} more characters)")
        parts.append(more.format(count=f"{len(text) - _CHARACTERS:,}"))
    return f"<p dir='auto'>{''.join(parts)}</p>"


def _entity_table(trace: Trace) -> str:
    found = list(trace.result["entities"])
    if not found:
        return f"<p class='soft'>{tr('no entity found')}</p>"
    rows = "".join(
        f"<tr><td>{safe(e.get('text'), 80)}</td><td>{safe(e.get('label'), 20)}</td>"
        f"<td class='n'>{float(e.get('score') or 0):.3f}</td>"
        f"<td class='n'>{int(e.get('start', 0)):,}–{int(e.get('end', 0)):,}</td></tr>"
        for e in found[:_ROWS]
    )
    head = heading_row(
        (tr("text", "column"), ""),
        (tr("label", "column"), ""),
        (tr("score", "column"), "n"),
        (tr("characters", "column"), ""),
    )
    table = f"<table>{head}{rows}</table>"
    summary = tr("{count} found").format(count=f"{len(found):,}")
    return f"<details open><summary>{summary}</summary>{table}</details>"

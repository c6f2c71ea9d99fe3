"""The answer of a run, beneath its table: entities in their sentence, a label and its scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.text import Text

from cyclesim.language import N_, tr
from cyclesim.render.answers import AnswerTable, answer_table, marked_spans, sequence_titles
from cyclesim.render.colour import ink_on, label_colour
from cyclesim.render.generation import ending, is_generated
from cyclesim.render.summary import entities
from cyclesim.render.text import crop, pad, safe_text
from cyclesim.trace.trace import Trace

__all__ = ["answer_lines", "answer_of", "highlighted", "result_lines", "simple_labels"]

#: Longer texts and lists are cut; the JSON has everything.
_CHARACTERS = 2000
_LISTED = 40
_HEAD = (
    N_("text", "column"), N_("label", "column"), N_("score", "column"), N_("characters", "column")
)  # fmt: skip


def result_lines(trace: Trace, width: int, *, ascii: bool = False) -> Iterator[Text]:
    """The result as lines of at most `width` cells; nothing where the run has none."""
    titles = sequence_titles(trace)
    if not titles and trace.result:
        yield Text()
        yield from answer_lines(trace, width, ascii=ascii)
    for answer, title in enumerate(titles):
        yield Text()
        yield Text(crop(safe_text(title, 400), width), style=Style(bold=True))
        yield from answer_lines(answer_of(trace, answer), width, ascii=ascii)


def answer_of(trace: Trace, answer: int) -> Trace:
    """The run, looking at the first sequence that answer number `answer` is about."""
    rows = enumerate(trace.header.sequences)
    place = next((i for i, row in rows if row.answer == answer), 0)
    return trace.sequence(place)


def answer_lines(trace: Trace, width: int, *, ascii: bool = False) -> Iterator[Text]:
    """The one answer that is looked at."""
    result = trace.result
    try:
        table = answer_table(result)
        if is_generated(result):
            yield from _text_lines(result, width)
        elif "entities" in result:
            yield from _entity_lines(trace, width)
        elif "scores" in result and isinstance(result["scores"], Mapping):
            yield from _score_lines(result, trace, width, ascii)
        elif table is not None:
            yield from _table_lines(table, trace, width, ascii)
        else:
            yield from _other_lines(result, width)
    except (TypeError, ValueError, LookupError) as error:
        said = tr("the result cannot be shown: {why}").format(why=error)
        yield Text(crop(safe_text(said), width), style="red")


def simple_labels(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Labels as entities have them: `B-PER` and `I-PER` are both `PER`."""
    return tuple(dict.fromkeys(x[2:] if x[:2] in ("B-", "I-") else x for x in labels))


def highlighted(trace: Trace) -> Text:
    """The text with every span that the result is about on a colour, what it is behind it."""
    text = trace.header.text or ""
    found = entities({"entities": marked_spans(trace.result)}, text)
    labels = simple_labels(trace.header.labels)
    shown = Text()
    place = 0
    for entity in found:
        if entity["end"] > _CHARACTERS:
            break
        colour = label_colour(str(entity.get("label")), labels)
        style = Style(color=ink_on(colour), bgcolor=colour, bold=True)
        shown.append(safe_text(text[place : entity["start"]]))
        shown.append(safe_text(text[entity["start"] : entity["end"]]), style=style)
        shown.append(f" [{safe_text(entity.get('label'), 20)}]", style=Style(bold=True))
        place = entity["end"]
    shown.append(safe_text(text[place:_CHARACTERS]))
    if len(text) > _CHARACTERS:
        more = tr("… ({count} more characters)").format(count=f"{len(text) - _CHARACTERS:,}")
        shown.append(more, style=Style(dim=True))
    return shown


def _text_lines(result: Mapping[str, Any], width: int) -> Iterator[Text]:
    """The prompt, what was written after it, and how likely each token was."""
    text = Text(safe_text(result.get("prompt") or "", _CHARACTERS), style=Style(dim=True))
    text.append(" ▸ " if text.plain else "")
    text.append(safe_text(result["text"], _CHARACTERS), style=Style(dim=False, bold=True))
    yield from text.wrap(_folder(width), width)
    yield Text(crop(ending(result), width), style=Style(dim=True))
    yield Text()
    rows = [
        (safe_text(t.get("text", ""), 40), f"{int(t.get('id', 0)):,}", _score(t.get("score")))
        for t in result["tokens"][:_LISTED]
    ]
    head = (tr("token", "column"), tr("number", "column"), tr("probability", "column"))
    yield from _table(head, rows, width)
    if len(result["tokens"]) > _LISTED:
        yield _more(len(result["tokens"]) - _LISTED)


def _entity_lines(trace: Trace, width: int) -> Iterator[Text]:
    yield from highlighted(trace).wrap(_folder(width), width)
    found = list(trace.result["entities"])
    yield Text()
    if not found:
        yield Text(tr("no entity found"), style=Style(dim=True))
        return
    rows = [
        (
            safe_text(e.get("text", ""), 80),
            safe_text(e.get("label", ""), 20),
            _score(e.get("score")),
            f"{int(e.get('start', 0)):,}–{int(e.get('end', 0)):,}",
        )
        for e in found[:_LISTED]
    ]
    yield from _table(tuple(tr(name, "column") for name in _HEAD), rows, width)
    if len(found) > _LISTED:
        yield _more(len(found) - _LISTED)


def _folder(width: int) -> Console:
    # Wrapped by rich itself: this is running text, the one thing here that may be folded.
    return Console(width=width, file=None, color_system=None)


def _table_lines(table: AnswerTable, trace: Trace, width: int, ascii: bool) -> Iterator[Text]:
    spans = marked_spans(trace.result)
    if spans:
        yield from highlighted(trace).wrap(_folder(width), width)
    sentences = (table.answer, *table.notes) if table.answer and not spans else table.notes
    for sentence in sentences:
        yield from Text(safe_text(sentence, _CHARACTERS)).wrap(_folder(width), width)
    if not table.rows:
        return
    yield Text()
    signs = ("> ", "  ") if ascii else ("▸ ", "  ")
    rows = [
        (signs[place not in table.best] + safe_text(first, 80), *(safe_text(c, 80) for c in rest))
        for place, (first, *rest) in enumerate(table.rows[:_LISTED])
    ]
    yield from _table(("  " + table.head[0], *table.head[1:]), rows, width)
    if len(table.rows) > _LISTED:
        yield _more(len(table.rows) - _LISTED)


def _score_lines(
    result: Mapping[str, Any], trace: Trace, width: int, ascii: bool
) -> Iterator[Text]:
    if marked_spans(result):
        yield from highlighted(trace).wrap(_folder(width), width)
        yield Text()
    chosen = set(map(str, result.get("labels", (result.get("label"),))))
    scores = sorted(result["scores"].items(), key=lambda item: -float(item[1]))
    name = min(max(cell_len(safe_text(k, 40)) for k, _ in scores), max(width - 30, 8))
    bar = max(min(width - name - 12, 40), 4)
    for label, score in scores[:_LISTED]:
        best = str(label) in chosen
        mark = ("> " if ascii else "▸ ") if best else "  "
        line = Text(mark, style=Style(bold=best))
        line.append(pad(safe_text(label, 40), name) + " " + pad(_score(score), 6))
        line.append(("#" if ascii else "█") * round(float(score) * bar))
        yield line
    if len(scores) > _LISTED:
        yield _more(len(scores) - _LISTED)


def _other_lines(result: Mapping[str, Any], width: int) -> Iterator[Text]:
    for key, value in list(result.items())[:_LISTED]:
        line = Text(f"{safe_text(key, 30)}: ", style=Style(dim=True))
        line.append(safe_text(value, 400), style=Style(dim=False))
        line.truncate(width, overflow="ellipsis")
        yield line


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]], width: int) -> Iterator[Text]:
    sizes = [max(cell_len(r[i]) for r in [head, *rows]) for i in range(len(head))]
    excess = sum(sizes) + 2 * (len(sizes) - 1) - width
    if excess > 0:
        sizes[0] = max(sizes[0] - excess, 8)
    for place, row in enumerate([head, *rows]):
        text = "  ".join(pad(cell, size) for cell, size in zip(row, sizes, strict=True))
        yield Text(crop(text.rstrip(), width), style=Style(bold=not place, underline=not place))


def _more(count: int) -> Text:
    return Text(tr("… and {count} more").format(count=f"{count:,}"), style=Style(dim=True))


def _score(score: Any) -> str:
    return f"{float(score):.3f}" if score is not None else "–"

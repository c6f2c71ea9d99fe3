"""What stands above and below the table of cycles: model, text, totals, verdict."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text

from cyclesim.explain.notes import note_text
from cyclesim.language import tr, trn
from cyclesim.render.generation import cache_text, passes_text
from cyclesim.render.learning import about_layers, learning_cells
from cyclesim.render.summary import (
    clocks,
    first_nan,
    header_words,
    times_of,
    totals,
    verdict_mark,
    work_text,
)
from cyclesim.render.text import crop, pad, safe_text
from cyclesim.render.units import amount, number
from cyclesim.trace.trace import Header, Trace

__all__ = ["header_lines", "learning_lines", "totals_lines"]

#: So many sequences of a batch are listed.
_SEQUENCES = 8
_DIM = Style(dim=True)
_BOLD = Style(bold=True)


def header_lines(trace: Trace, width: int) -> Iterator[Text]:
    """The model, how it runs, what it reads; what was cut, and whether it is whole."""
    header = trace.header
    line = Text("cyclesim · ", style=_DIM)
    line.append(crop(safe_text(header.model, 80), width - 14), style=_BOLD)
    line.append(f" · {safe_text(header.task, 40)}" if header.task else "", style=_DIM)
    yield _cut(line, width)
    facts = list(header_words(trace))
    if header.parameters:
        count = amount(header.parameters, space="")
        facts.append(tr("{count} parameters").format(count=count))
    yield _cut(Text(" · ".join(facts)), width)
    for place, tokens in enumerate(_sequences(header)):
        words = " ".join(safe_text(t, 40) for t in tokens[:width])
        said = trn("{count} token: {words}", "{count} tokens: {words}", len(tokens))
        said = said.format(count=f"{len(tokens):,}", words=words)
        if len(header.sequences) > 1:
            said = tr("sequence {number}, {tokens}").format(number=place, tokens=said)
        yield _cut(Text(said), width)
    more = len(header.sequences) - _SEQUENCES
    if more > 0:
        yield _cut(Text(tr("… and {count} more").format(count=f"{more:,}"), style=_DIM), width)
    for cycle in trace.cycles:
        if cycle.step == "truncation" and not cycle.nop:
            cut = tr("cut: {note}").format(note=safe_text(note_text(cycle.note), 200))
            yield _cut(Text(cut, style="yellow"), width)
    if not trace.complete:
        so_far = tr("not complete: {count} cycles so far").format(count=f"{len(trace):,}")
        yield _cut(Text(so_far, style="yellow"), width)


def _sequences(header: Header) -> list[tuple[str, ...]]:
    """The tokens of each row of the model's input, of the first few."""
    if len(header.sequences) > 1:
        return [row.tokens for row in header.sequences[:_SEQUENCES]]
    return [header.tokens] if header.tokens else []


def totals_lines(trace: Trace, width: int, *, ascii: bool = False) -> Iterator[Text]:
    """Cycles, work, times, cache and verdict, each on a line with its name."""
    found = totals(trace)
    count = f"{found.cycles:,}"
    if found.nops:
        text = trn("{cycles} ({count} NOP)", "{cycles} ({count} NOPs)", found.nops)
        count = text.format(cycles=count, count=f"{found.nops:,}")
    chain = tr("{cycles} · longest chain {depth} · ILP {ilp} (cycles ÷ chain)")
    chain = chain.format(cycles=count, depth=f"{found.depth:,}", ilp=number(found.ilp))
    yield _fact(tr("cycles"), chain, width)
    work = work_text(found)
    if found.uncounted:
        names = ", ".join(found.uncounted[:4])
        work = tr("{work} · not counted: {names}").format(work=work, names=names)
    yield _fact(tr("work"), work, width)
    times = clocks(trace, ascii=ascii)
    timed = tr("step", "timed") if trace.learning else tr("forward")
    if cell_len(str(times)) + 9 <= width:
        yield _fact(timed, str(times), width)
    else:
        yield _fact(timed, times.full_speed, width)
        yield _fact("", f"{times.observed} · {times.overhead}", width)
    for name, text in (
        (tr("phases"), passes_text(trace, ascii=ascii)), (tr("cache"), cache_text(trace)),
    ):  # fmt: skip
        if text:
            yield _fact(name, text, width)
    kind = tr("{kind}; a bar that ends in > is longer").format(kind=times_of(trace)[1])
    yield _fact(tr("times"), kind, width)
    mark, sentence, colour = verdict_mark(trace, ascii=ascii)
    yield _fact(tr("verdict"), f"{mark} {sentence}", width, Style(color=colour, bold=True))
    broken = first_nan(trace)
    if broken is not None:
        text = tr("first written by cycle {number} ({label})")
        text = text.format(number=broken.number, label=safe_text(broken.label, 60))
        yield _fact("NaN", text, width, Style(color="red", bold=True))


def learning_lines(trace: Trace, width: int) -> Iterator[Text]:
    """Of a training step, how large the gradient of each layer is and how far it moves."""
    rows = learning_cells(trace)
    if not rows:
        return
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for place, row in enumerate(rows):
        cells = [pad(safe_text(row[0], 60), widths[0])]
        cells += [
            pad(text, size, right=True) for text, size in zip(row[1:], widths[1:], strict=True)
        ]
        yield _cut(Text("  ".join(cells), style=_DIM if place == 0 else Style()), width)
    said = about_layers(trace.learning.layers())
    if said:
        yield _cut(Text(said), width)
    yield Text()


def _fact(name: str, text: str, width: int, style: Style | None = None) -> Text:
    line = Text(pad(name, 9), style=_DIM)
    line.append(text, style=style or Style(dim=False))
    return _cut(line, width)


def _cut(line: Text, width: int) -> Text:
    line.truncate(width, overflow="ellipsis")
    return line

"""The report from top to bottom, and the page around it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from html import escape

from cyclesim._version import __version__
from cyclesim.language import current, tr, trn
from cyclesim.render.markup import part, safe
from cyclesim.render.report.growth import growth_svg
from cyclesim.render.report.heat import heat_svg, heat_words
from cyclesim.render.report.overhead import overhead_svg
from cyclesim.render.report.style import GROUND, style
from cyclesim.render.report.svg import figure
from cyclesim.render.report.tables import (
    exact,
    growth_table,
    lengths_table,
    memory_table,
    outputs_table,
    overhead_table,
    phases_table,
    runs_table,
    units_table,
)
from cyclesim.render.report.work import legend, roofline_svg, timeline_svg
from cyclesim.render.rows import doubts, failures, noise_words, speed_word, written_words
from cyclesim.render.units import amount, duration, factor
from cyclesim.versus import QUANTITIES, Comparison, Overhead, Row, Sweep, remark

__all__ = ["report_fragment", "report_html"]

#: Nothing may be fetched or run, whatever the text of a run looks like.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
#: Answers that changed, beyond which they are counted; characters of the text.
_CHANGES, _CHARACTERS = 20, 4000


def report_html(found: Comparison) -> str:
    """A whole document: opens from a file, prints, and holds `to_json` for a program."""
    title = safe(f"cyclesim compare: {found.setup.model}", 200)
    # `<` would let a token end the script element; JSON may write it as an escape.
    raw = json.dumps(found.to_json(), allow_nan=False).replace("<", "\\u003c")
    light, dark = GROUND
    return (
        f'<!doctype html>\n<html lang="{current()}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{title}</title>\n<style>body{{margin:0;background:{light}}}"
        f"@media screen and (prefers-color-scheme:dark){{body{{background:{dark}}}}}"
        "@page{margin:14mm}</style>\n</head>\n<body>\n"
        f"{report_fragment(found)}\n"
        f'<script type="application/json" id="cyclesim-comparison">{raw}</script>\n'
        "</body>\n</html>\n"
    )


def report_fragment(found: Comparison) -> str:
    """The report without the page around it, for a notebook."""
    parts: list[tuple[str, Callable[[], str]]] = [
        (tr("header"), lambda: _header(found)),
        (tr("runs"), lambda: _runs(found)),
        (tr("outputs"), lambda: _outputs(found)),
        (tr("memory"), lambda: memory_table(found)),
    ]
    overhead, sweep = found.overhead, found.sweep
    if overhead is not None:
        parts.append((tr("overhead"), lambda: _overhead(overhead)))
    if found.cycles:
        parts.append((tr("cycles"), lambda: _work(found)))
    if found.attention:
        parts.append((tr("attention"), lambda: _attention(found)))
    if sweep is not None:
        parts.append((tr("growth"), lambda: _growth(sweep)))
    parts.append((tr("machine and run"), lambda: _setup(found)))
    made = "\n".join(part(name, make) for name, make in parts)
    return f'<div class="cyclesim-report">{style()}\n{made}\n</div>'


def _title(words: str) -> str:
    return f"<h2>{escape(words)}</h2>"


def _note(words: str) -> str:
    return f'<p class="note">{escape(words)}</p>'


def _soft(words: str) -> str:
    return f'<p class="soft">{escape(words)}</p>'


# -- above ------------------------------------------------------------------------------------


def _header(found: Comparison) -> str:
    setup = found.setup
    threads = trn("{count} thread", "{count} threads", setup.threads).format(count=setup.threads)
    tokens = trn("{count} token", "{count} tokens", setup.length).format(count=f"{setup.length:,}")
    facts = (
        setup.task,
        setup.device,
        setup.attention,
        setup.dtype,
        threads,
        tokens,
        written_words(setup),
    )
    parts = [
        f'<p class="soft">cyclesim compare {safe(__version__)}</p>',
        f"<h1>{safe(setup.model)}</h1>",
        f'<p class="soft">{" · ".join(safe(fact, 60) for fact in facts if fact)}</p>',
    ]
    if setup.text:
        parts.append(f'<blockquote dir="auto">{safe(setup.text, _CHARACTERS)}</blockquote>')
    if setup.input_note:
        parts.append(_soft(remark(setup.input_note)))
    if setup.random_weights:
        parts.append(_note(tr("Random weights: the times mean something, the answers do not.")))
    parts.append(f'<div class="cards">{"".join(_cards(found))}</div>')
    return "".join(parts)


def _cards(found: Comparison) -> Iterator[str]:
    """The baseline, what is observed, and the fastest of the variants."""
    baseline = found.baseline
    yield _card(baseline, tr("plain forward, nothing watching"))
    words = {"traced": tr("every cycle recorded"), "stepped": tr("every cycle stepped")}
    for kind, said in words.items():
        for row in found.rows:
            if row.kind == kind and row.times.ns:
                yield _card(row, said, found)
    variants = [row for row in found.rows if row.kind == "variant" and row.times.ns]
    if variants:
        best = min(variants, key=lambda row: row.sequence_ns)
        yield _card(best, tr("fastest variant: {name}").format(name=best.name), found)


def _card(row: Row, words: str, found: Comparison | None = None) -> str:
    said = safe(words, 100)
    faster = None if found is None else found.speedup(row)
    if faster is not None:
        times = tr("{factor} as fast").format(factor=factor(faster.value))
        said += f"<br>{exact(faster.value, times)}"
        if not faster.significant:
            said += f", {escape(speed_word(row, faster))}"
    time = exact(row.sequence_ns, duration(row.sequence_ns))
    return f'<div class="card"><b>{time}</b><span class="soft">{said}</span></div>'


# -- sections ---------------------------------------------------------------------------------


def _runs(found: Comparison) -> str:
    caption = tr(
        "Bars go to the median, the line over them is the middle half of the times. A speed-up is "
        "within noise where its 95 % interval holds 1."
    )
    notes = [*failures(found), *doubts(found)]
    return "".join(
        (
            _title(tr("Time")),
            *map(_note, notes),
            runs_table(found),
            _soft(noise_words(found)),
            _soft(caption),
        )
    )


def _outputs(found: Comparison) -> str:
    changes = [
        f"<li><b>{safe(row.name, 60)}</b> {safe(change.where)}: {safe(change.before)} → "
        f"{safe(change.after)}</li>"
        for row in found.rows
        if row.answer is not None
        for change in row.answer.changes
    ]
    more = ""
    if len(changes) > _CHANGES:
        more = _soft(tr("and {count} more").format(count=f"{len(changes) - _CHANGES:,}"))
    told = f"<ul>{''.join(changes[:_CHANGES])}</ul>{more}" if changes else ""
    return _title(tr("Answers")) + outputs_table(found) + told


def _overhead(overhead: Overhead) -> str:
    caption = tr(
        "Each bar begins where the one above ends; together they are the stepped run. Hatched: "
        "below zero, because the machine was noisier than the item is large."
    )
    return (
        _title(tr("What observing costs"))
        + figure(overhead_svg(overhead), escape(caption))
        + overhead_table(overhead)
    )


def _work(found: Comparison) -> str:
    parts = [_title(tr("Where the time goes"))]
    drawn = timeline_svg(found)
    if drawn:
        caption = tr(
            "The model's cycles one after another, each as wide as its median time at full speed; "
            "what lies between them is not drawn."
        )
        parts.append(figure(drawn, escape(caption)))
    parts += [units_table(found), phases_table(found)]
    parts.append(_soft(tr("FLOPs and bytes follow from the shapes. Bytes are logical traffic: what "
                          "operations read and write, not what a memory bus saw.")))  # fmt: skip
    parts.append(_title(tr("Roofline")))
    if found.peak is None:
        return "".join([*parts, _soft(tr("The peak of this machine was not measured."))])
    peak = found.peak
    measured = tr("{flops} and {bandwidth}, measured with torch on {device} in {dtype}").format(
        flops=exact(peak.flops, amount(peak.flops, "FLOP/s")),
        bandwidth=exact(peak.bandwidth, amount(peak.bandwidth, "B/s")),
        device=safe(peak.device, 80) or "–",
        dtype=safe(peak.dtype, 20) or "–",
    )
    caption = escape(tr(
        "Small marks are cycles, large ones whole units. Under the slope the memory is the limit, "
        "under the flat roof the arithmetic. Operands that are still in a cache can lie above it."
    ))  # fmt: skip
    drawn = roofline_svg(found, peak)
    if drawn:
        units = legend((u.unit for u in found.units), (p.phase for p in found.phases))
        drawn = figure(drawn, f"{units}<br>{caption}")
    return "".join([*parts, f"<p>{measured}</p>", drawn])


def _attention(found: Comparison) -> str:
    figures = "".join(
        figure(heat_svg(shown), safe(heat_words(shown), None)) for shown in found.attention
    )
    caption = tr(
        "Each row is a token that looks, each column a token that is looked at; a row adds up to 1."
    )
    return f'{_title(tr("Attention"))}<div class="panels">{figures}</div>{_soft(caption)}'


def _growth(sweep: Sweep) -> str:
    parts = [_title(tr("Growth with length")), _soft(remark(sweep.note)), lengths_table(sweep)]
    drawn = [made for quantity in QUANTITIES if (made := growth_svg(sweep, quantity))]
    if drawn and len(sweep.measured) > 1:
        figures = "".join(f"<figure>{made}</figure>" for made in drawn)
        parts.append(f'<div class="panels">{figures}</div>')
        parts.append(_soft(tr(
            "Both axes are logarithmic, so that a power of n is a straight line and its slope the "
            "power. Dashed and with small letters: single steps, where a unit mixes both kinds."
        )))  # fmt: skip
        parts.append(growth_table(sweep))
    return "".join(parts)


def _setup(found: Comparison) -> str:
    setup = found.setup
    facts = [
        (tr("model"), setup.model), (tr("task"), setup.task),
        (tr("parameters"), f"{setup.parameters:,}"), (tr("tokens"), " ".join(setup.tokens)),
        (tr("attention"), setup.attention), (tr("number format"), setup.dtype),
        (tr("device"), setup.device), (tr("processor"), setup.processor),
        (tr("threads"), str(setup.threads)), ("torch", setup.torch), ("Python", setup.python),
        (tr("system"), setup.system), (tr("rounds"), str(found.rounds)),
    ]  # fmt: skip
    shown = "".join(
        f"<dt>{escape(name)}</dt><dd>{safe(value, 2000)}</dd>" for name, value in facts if value
    )
    raw = tr("Every time that was measured is in this page as JSON, in the element "
             "cyclesim-comparison, and each figure above holds its exact number.")  # fmt: skip
    return f'{_title(tr("Machine and run"))}<dl class="facts">{shown}</dl>{_soft(raw)}'

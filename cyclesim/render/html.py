"""A trace or a cycle as HTML, for notebooks.

One self-contained fragment: inline styles scoped to one class, nothing from the network, no script
(notebooks strip them, and `<details>` folds without one). Text is escaped after `safe_text`.
Each part is made on its own; one that fails is replaced by a line that says so.
"""

from __future__ import annotations

from html import escape

import numpy as np

from cyclesim.explain import axes_of, axis_text, explain
from cyclesim.explain.labels import TOKEN_AXES, labels_of_axis
from cyclesim.language import tr, trn
from cyclesim.render.colour import UNIT_COLOURS, ink_on
from cyclesim.render.html_answer import answer_html
from cyclesim.render.learning import about_layers, learning_cells
from cyclesim.render.markup import heading_row, part, safe
from cyclesim.render.scale import Scale
from cyclesim.render.summary import (
    clocks,
    header_words,
    times_of,
    totals,
    verdict_mark,
    work_text,
)
from cyclesim.render.units import amount, duration, flops, number, rate, size
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.tensor import Value
from cyclesim.trace.trace import Trace

__all__ = ["cycle_html", "trace_html"]

#: `light-dark` follows the notebook's theme where it says one, else the system's.
_STYLE = """<style>
.cyclesim{color-scheme:light dark;font:13px/1.5 system-ui,sans-serif;max-width:64em;
 --line:rgba(128,128,128,.35);--soft:rgba(128,128,128,.12)}
.cyclesim *{box-sizing:border-box}
.cyclesim h4{margin:.2em 0;font-size:1.1em}
.cyclesim p{margin:.2em 0}
.cyclesim table{border-collapse:collapse;margin:.3em 0;font-variant-numeric:tabular-nums}
.cyclesim th,.cyclesim td{text-align:left;padding:1px 8px;border-bottom:1px solid var(--line);
 background:none;white-space:nowrap}
.cyclesim td.n,.cyclesim th.n{text-align:right}
.cyclesim tr.nop{opacity:.55}
.cyclesim code{font-family:ui-monospace,monospace;background:none}
.cyclesim summary{cursor:pointer}
.cyclesim .scroll{max-height:32em;overflow:auto}
.cyclesim .unit{display:inline-block;border-radius:3px;padding:0 5px}
.cyclesim .bar{display:inline-block;height:.7em;border-radius:2px}
.cyclesim .soft{opacity:.7}
.cyclesim .heat td{padding:0;border:0;width:14px;min-width:14px;height:14px;font-size:0}
.cyclesim .heat th{border:0;padding:0 4px;font-weight:normal;font-size:11px;max-width:9em;
 overflow:hidden;text-overflow:ellipsis}
</style>"""
#: Most rows of a table, cells of a heatmap's side, and characters of the text in one page.
_ROWS, _SIDE = 400, 40


def trace_html(trace: Trace) -> str:
    """`trace` as an HTML fragment: what ran, result, verdict, totals, and the table of cycles."""
    parts = [
        part(tr("header"), lambda: _header(trace)),
        part(tr("result"), lambda: answer_html(trace)),
        part(tr("totals"), lambda: _totals(trace)),
        part(tr("learning"), lambda: _learning(trace)),
        part(tr("cycles"), lambda: _cycles(trace)),
    ]
    return _page(parts)


def cycle_html(cycle: Cycle, trace: Trace | None = None) -> str:
    """One cycle as an HTML fragment: explanation, fetch, decode, execute, write back, a heatmap."""
    parts = [
        part(tr("title"), lambda: _title(cycle)),
        part(tr("explanation"), lambda: _explanation(cycle, trace)),
        part(tr("four parts"), lambda: _four_parts(cycle)),
        *(part(tr("output {number}").format(number=i), lambda i=i: _heatmap(cycle, trace, i))  # type: ignore[misc]
          for i in range(min(len(cycle.outputs), 3))),
    ]  # fmt: skip
    return _page(parts)


def _page(parts: list[str]) -> str:
    return f'<div class="cyclesim">{_STYLE}{"".join(parts)}</div>'


def _unit(cycle: Cycle) -> str:
    colour = UNIT_COLOURS.get(cycle.unit, UNIT_COLOURS["other"])
    return (
        f'<span class="unit" style="background:{colour};color:{ink_on(colour)}">'
        f"{safe(cycle.unit)}</span>"
    )


# -- a run ------------------------------------------------------------------------------------


def _header(trace: Trace) -> str:
    header = trace.header
    facts = " · ".join([safe(header.task), *(escape(w) for w in header_words(trace))])
    if header.tokens:
        count = len(header.tokens)
        tokens = trn("{count} token", "{count} tokens", count).format(count=f"{count:,}")
        if len(header.sequences) > 1:
            several = tr("{count} sequences of {tokens}")
            tokens = several.format(count=f"{len(header.sequences):,}", tokens=tokens)
        facts += f" · {tokens}"
    mark, sentence, colour = verdict_mark(trace)
    unfinished = "" if trace.complete else " · " + tr("not complete")
    return (
        f"<h4>{safe(header.model)}</h4><p class='soft'>{facts}{unfinished}</p>"
        f"<p><b style='color:{_shade(colour)}'>{mark}</b> {escape(sentence)}</p>"
    )


def _learning(trace: Trace) -> str:
    """Of a training step, gradient norm and update of each layer."""
    rows = learning_cells(trace)
    if not rows:
        return ""
    lines = []
    for place, row in enumerate(rows):
        tag = "td" if place else "th"
        lines.append("".join(f"<{tag}>{safe(text)}</{tag}>" for text in row))
    said = about_layers(trace.learning.layers())
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table><p>{safe(said)}</p>"


def _shade(colour: str) -> str:
    """A tone that reads on white and on black."""
    return {"green": "#2e9e5b", "yellow": "#b58a00", "red": "#e0524a"}.get(colour, "inherit")


def _totals(trace: Trace) -> str:
    found = totals(trace)
    nops = trn("{cycles} ({count} NOP)", "{cycles} ({count} NOPs)", found.nops)
    rows = [
        (tr("cycles"), nops.format(cycles=f"{found.cycles:,}", count=f"{found.nops:,}")),
        (tr("longest chain"), f"{found.depth:,} · ILP {number(found.ilp)}"),
        (tr("work"), work_text(found)),
        (tr("step", "timed") if trace.learning else tr("forward"), str(clocks(trace))),
    ]
    if found.uncounted:
        rows.append((tr("not counted"), ", ".join(found.uncounted)))
    cells = "".join(f"<tr><th>{escape(k)}</th><td>{escape(v)}</td></tr>" for k, v in rows)
    return f"<table>{cells}</table>"


def _cycles(trace: Trace) -> str:
    times, kind = times_of(trace)
    longest = max((t for c, t in zip(trace.cycles, times, strict=True) if c.stack), default=0) or 1
    rows = []
    for cycle, ns in list(zip(trace.cycles, times, strict=True))[:_ROWS]:
        colour = UNIT_COLOURS.get(cycle.unit, UNIT_COLOURS["other"])
        layer = f"{cycle.layer} " if cycle.layer is not None else ""
        shape = ", ".join(_shape(v) for v in cycle.outputs[:3])
        bar = min(ns / longest, 1.0) * 90
        rows.append(
            f"<tr{' class=nop' if cycle.nop else ''}><td class='n'>{cycle.number}</td>"
            f"<td>{layer}{_unit(cycle)}</td><td>{safe(cycle.step, 60)}</td>"
            f"<td><code>{safe(cycle.op, 60)}</code></td><td><code>{shape}</code></td>"
            f"<td class='n'>{duration(ns)}</td>"
            f"<td><span class='bar' style='width:{bar:.0f}px;background:{colour}'></span></td>"
            f"<td class='n'>{'NOP' if cycle.nop else amount(cycle.flops)}</td></tr>"
        )
    more = ""
    if len(trace) > _ROWS:
        said = tr("… and {count} more cycles").format(count=f"{len(trace) - _ROWS:,}")
        more = f"<p class='soft'>{said}</p>"
    head = heading_row(
        (tr("cycle", "column"), "n"), (tr("unit", "column"), ""), (tr("step", "column"), ""),
        (tr("op", "column"), ""), (tr("writes", "column"), ""), (tr("time", "column"), "n"),
        ("", ""), (tr("FLOPs", "column"), "n"),
    )  # fmt: skip
    count = trn("{count} cycle", "{count} cycles", len(trace)).format(count=f"{len(trace):,}")
    time = tr("time: {kind}").format(kind=escape(kind))
    return (
        f"<details><summary>{count}</summary><div class='scroll'>"
        f"<table>{head}{''.join(rows)}</table></div>{more}"
        f"<p class='soft'>{time}</p></details>"
    )


# -- a cycle ----------------------------------------------------------------------------------


def _title(cycle: Cycle) -> str:
    number = tr("cycle {number}").format(number=cycle.number)
    layer = ""
    if cycle.layer is not None:
        layer = tr("layer {number}").format(number=cycle.layer) + " · "
    nop = " · NOP" if cycle.nop else ""
    step = safe(cycle.step, 60)
    return f"<h4>{number} · {layer}{_unit(cycle)} {step}{nop}</h4>"


def _explanation(cycle: Cycle, trace: Trace | None) -> str:
    found = explain(cycle, trace)
    lines = [f"<p>{safe(found.sentence, None)}</p>"]
    if found.formula:
        lines.append(f"<p><code>{safe(found.formula, None)}</code></p>")
    lines.append(f"<p><code>{safe(found.shapes, None)}</code></p>")
    if found.source:
        lines.append(f"<p class='soft'>{safe(found.source, None)}</p>")
    return "".join(lines)


def _four_parts(cycle: Cycle) -> str:
    read = "<br>".join(
        f"{safe(v.name, 60)} <code>{_shape(v)}</code> {safe(v.dtype, 20)} ← {_from(v)}"
        for v in cycle.inputs[:20]
    )
    arguments = ", ".join(f"{safe(k, 40)}={safe(v, 80)}" for k, v in cycle.arguments.items())
    path = safe(f"{cycle.path}#{cycle.call}" if cycle.call > 1 else cycle.path, 120)
    call = f"<code>{safe(cycle.op, 60)}({arguments})</code>"
    if path:
        call = tr("{call} in {module}").format(call=call, module=f"<code>{path}</code>")
    wrote = "<br>".join(f"{safe(v.name, 60)} <code>{_shape(v)}</code> {safe(v.dtype, 20)}"
                        for v in cycle.outputs[:20])  # fmt: skip
    rows = [
        (tr("fetch"), f"{read or tr('nothing')}<br>{size(cycle.bytes_read)}"),
        (tr("decode"), call),
        (tr("execute"), f"{flops(cycle.flops)} · {duration(cycle.self_ns)} · "
                    f"{rate(cycle.flops, cycle.self_ns)}"),
        (tr("write back"), f"{wrote or tr('nothing')}<br>{size(cycle.bytes_written)}"),
    ]  # fmt: skip
    cells = "".join(f"<tr><th>{k}</th><td>{v}</td></tr>" for k, v in rows)
    where = f"<p class='soft'>{safe(cycle.where, 120)}</p>" if cycle.where else ""
    return f"<table>{cells}</table>{where}"


def _from(value: Value) -> str:
    if value.parameter:
        return tr("weight {name}").format(name=f"<code>{safe(value.parameter, 120)}</code>")
    if value.source is not None:
        return tr("cycle {number}").format(number=value.source)
    return safe(tr(value.kind))


def _shape(value: Value) -> str:
    return escape(str(list(value.shape)))


def _heatmap(cycle: Cycle, trace: Trace | None, place: int) -> str:
    """The first matrix of an output: colours with a legend, every number in its cell's title."""
    value = cycle.outputs[place]
    if value.data is None:
        return f"<p class='soft'>{tr('The numbers were not kept.')}</p>"
    if not value.shape or 0 in value.shape:
        return f"<p>{safe(value.numpy(), 80)}</p>"
    rank = len(value.shape)
    axes = axes_of(cycle, trace)[place]
    first = tuple(_stands(trace, *axis) for axis in zip(axes, value.shape[:-2], strict=False))
    cut = tuple(slice(0, _SIDE) for _ in value.shape[len(first) :])
    array = np.atleast_2d(value.numpy((*first, *cut)))
    scale = Scale.of(array, probability=cycle.step in ("softmax", "probabilities"))
    levels = scale.levels(array)
    rows = [
        "<tr><th>" + _row_name(value, cycle, trace, axes, i) + "</th>" + "".join(
            _cell(float(x), int(level), scale)
            for x, level in zip(array[i], levels[i], strict=True)
        ) + "</tr>"
        for i in range(array.shape[0])
    ]  # fmt: skip
    fixed = ", ".join(f"{axis_text(axes[i])} {n}" for i, n in enumerate(first))
    shown = " × ".join(str(n) for n in array.shape)
    whole = " × ".join(str(n) for n in value.shape)
    stats = value.stats
    caption = (
        tr("{name}: {shown} of {whole}, at {place}") if fixed else tr("{name}: {shown} of {whole}")
    )
    caption = caption.format(
        name=safe(value.name, 60), shown=shown, whole=whole, place=escape(fixed)
    )
    if rank > 1:
        sides = tr("rows {rows}, columns {columns}")
        rows_axis, columns_axis = (escape(axis_text(a)) for a in axes[-2:])
        caption += " · " + sides.format(rows=rows_axis, columns=columns_axis)
    numbers = tr("min {min}, mean {mean}, max {max}")
    caption += " · " + numbers.format(
        min=f"{stats.min:.4g}", mean=f"{stats.mean:.4g}", max=f"{stats.max:.4g}"
    )
    caption += f" · {stats.nan:,} NaN" if stats.nan else ""
    legend = tr("colours from {low} to {high}")
    legend = legend.format(low=f"{scale.low:.3g}", high=f"{scale.high:.3g}")
    return (
        f"<details open><summary>{caption}</summary><div class='scroll'>"
        f"<table class='heat'>{''.join(rows)}</table></div><p class='soft'>{legend}</p></details>"
    )


def _stands(trace: Trace | None, axis: str, size: int) -> int:
    """Where an axis stands that is not drawn: of a batch, at the sequence that is looked at."""
    header = trace.header if trace is not None else None
    looked = header is not None and axis == "batch" and size == len(header.sequences)
    return header.sequence if looked and header is not None else 0


def _row_name(
    value: Value, cycle: Cycle, trace: Trace | None, axes: tuple[str, ...], row: int
) -> str:
    axis = axes[-2] if len(axes) > 1 else ""
    words: tuple[str, ...] = value.words or ()
    if trace is not None and axis in TOKEN_AXES and len(words) != value.shape[-2]:
        words = labels_of_axis(axis, value.shape[-2], trace.header, cycle)
    if axis in TOKEN_AXES and value.shape[-2] == len(words):
        return safe(words[row], 30)
    return str(row) if len(axes) > 1 else ""


def _cell(x: float, level: int, scale: Scale) -> str:
    # NaN and masked places have no colour: they are hatched, and the title says which it is.
    if level < 0:
        style = "background:repeating-linear-gradient(45deg,#888 0 2px,transparent 2px 5px)"
    else:
        style = f"background:{scale.colours[level]}"
    return f'<td style="{style}" title="{x:.4g}">{x:.4g}</td>'

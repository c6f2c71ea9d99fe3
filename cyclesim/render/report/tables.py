"""The tables of the report. Each figure is a `data` element with the exact number inside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from cyclesim.language import tr, trn
from cyclesim.render.curves import OPENED
from cyclesim.render.markup import safe
from cyclesim.render.overhead import stairs
from cyclesim.render.placing import BOUNDS, phase_name
from cyclesim.render.report.svg import line, picture, rect
from cyclesim.render.rows import answers_word, apart_words, first_words, speed_word
from cyclesim.render.units import UNKNOWN, amount, duration, factor, number, size
from cyclesim.versus import (
    QUANTITIES,
    Comparison,
    Fit,
    Overhead,
    PhaseWork,
    Row,
    Sweep,
    UnitWork,
    remark,
)

__all__ = [
    "exact", "growth_table", "lengths_table", "memory_table", "outputs_table", "overhead_table",
    "phases_table", "runs_table", "table", "units_table",
]  # fmt: skip

#: Of a bar in a table, and how far beyond the longest median a spread is drawn.
_BAR, _HIGH, _BEYOND = 220, 18, 1.25


def exact(value: float | None, shown: str) -> str:
    """`shown`, with the number it is made from."""
    return UNKNOWN if value is None else f'<data value="{value}">{escape(shown)}</data>'


def table(
    caption: str, head: Sequence[tuple[str, str]], rows: Iterable[str], foot: str = ""
) -> str:
    """A table; `head` is a name and a class (`n` for figures) for each column."""
    names = "".join(
        f'<th scope="col"{f" class={css}" if css else ""}>{escape(name)}</th>' for name, css in head
    )
    below = f"<tfoot>{foot}</tfoot>" if foot else ""
    return (
        f'<div class="wide"><table><caption>{escape(caption)}</caption>'
        f"<thead><tr>{names}</tr></thead><tbody>{''.join(rows)}</tbody>{below}</table></div>"
    )


def _line(name: str, *cells: tuple[str, str], css: str = "") -> str:
    """A row: its name, and for each cell its class and HTML."""
    shown = "".join(f"<td{f' class={kind}' if kind else ''}>{said}</td>" for kind, said in cells)
    return f'<tr><th scope="row"{f" class={css}" if css else ""}>{safe(name, 60)}</th>{shown}</tr>'


# -- runs -------------------------------------------------------------------------------------


def runs_table(found: Comparison) -> str:
    """Median, spread as a bar, and speed-up of every row; why, where it did not run."""
    rounds = trn("{count} round", "{count} rounds", found.rounds).format(count=found.rounds)
    caption = tr("time of a sequence, median of {rounds}").format(rounds=rounds)
    longest = max((row.sequence_ns for row in found.rows), default=0) * _BEYOND or 1
    head = (
        (tr("run", "column"), ""), (tr("median", "column"), "n"),
        (tr("middle half", "column"), "n"), ("", ""), (tr("speed-up", "column"), "n"),
        (tr("95 % interval", "column"), "n"), ("", ""),
    )  # fmt: skip
    return table(caption, head, (_run(found, row, longest) for row in found.rows))


def _run(found: Comparison, row: Row, longest: float) -> str:
    faster = found.speedup(row)
    if faster is None:
        why = f"<span class=warn>{tr('did not run')}</span> {safe(remark(row.failed), 400)}"
        name = f'<tr><th scope="row">{safe(row.name, 60)}</th>'
        return f'{name}<td class=n>{UNKNOWN}</td><td colspan="5">{why}</td></tr>'
    low, high = (ns / row.sequences for ns in row.times.quartiles)
    middle = f"{exact(low, duration(low))} – {exact(high, duration(high))}"
    word = speed_word(row, faster)
    css = "soft"
    if row.kind != "baseline" and faster.significant:
        css = "good" if faster.value > 1 else "warn"
    base = row.kind == "baseline"
    ratio = "" if base else exact(faster.value, factor(faster.value))
    interval = f"{exact(faster.low, number(faster.low, 2))} – " \
               f"{exact(faster.high, number(faster.high, 2))}"  # fmt: skip
    return _line(
        row.name,
        ("n", exact(row.sequence_ns, duration(row.sequence_ns))),
        ("n", middle),
        ("", _spread(row, low, high, longest)),
        ("n", ratio),
        ("n", "" if base else interval),
        ("w", f"<span class={css}>{escape(word)}</span>"),
    )


def _spread(row: Row, low: float, high: float, longest: float) -> str:
    """A bar to the median, a line over the middle half of the times."""
    scale = _BAR / longest
    ends = low * scale, min(high * scale, _BAR)
    middle = _HIGH / 2
    body = rect(0, 4, row.sequence_ns * scale, _HIGH - 8, f"var(--k-{row.kind})")
    body += line(ends[0], middle, ends[1], middle, "axis", more=' stroke-width="2"')
    body += line(ends[0], 3, ends[0], _HIGH - 3, "axis")
    if high * scale <= _BAR:  # else it goes on beyond the scale
        body += line(ends[1], 3, ends[1], _HIGH - 3, "axis")
    return picture(f"{row.name}: {duration(row.sequence_ns)}", _BAR, _HIGH, body, fixed=True)


# -- what is computed, and what it takes --------------------------------------------------------


def outputs_table(found: Comparison) -> str:
    """How far outputs are from the baseline's, whether answers changed, which cycle is first."""
    head = (
        (tr("run", "column"), ""), ("max |a−b|", "n"), (tr("relative", "column"), "n"),
        (tr("answers", "column"), ""), (tr("first cycle that differs", "column"), ""),
    )  # fmt: skip
    rows = []
    for row in found.rows:
        if row.failed:
            continue
        largest, relative = apart_words(row)
        apart = row.difference
        changed = row.answer is not None and row.answer.changed
        said = escape(answers_word(row))
        rows.append(
            _line(
                row.name,
                ("n", exact(apart.max_abs, largest) if apart is not None else largest),
                ("n", exact(apart.relative, relative) if apart is not None else relative),
                ("w", f"<span class=bad>{said}</span>" if changed else said),
                ("l", safe(first_words(row), 300)),
            )
        )
    return table(tr("what it computes, beside the baseline"), head, rows)


def memory_table(found: Comparison) -> str:
    """Bytes, what was done once, and how each row was made."""
    head = (
        (tr("run", "column"), ""), (tr("weights", "column"), "n"), (tr("peak", "column"), "n"),
        (tr("once", "column"), "n"), (tr("how", "column"), ""),
    )  # fmt: skip
    rows = []
    for row in found.rows:
        if row.failed:
            continue
        memory, once = row.memory, sum(p.ns for p in row.preparations)
        rows.append(
            _line(
                row.name,
                ("n", UNKNOWN if memory is None else exact(memory.weights, size(memory.weights))),
                ("n", UNKNOWN if memory is None else exact(memory.peak, size(memory.peak))),
                ("n", exact(once, duration(once)) if once else ""),
                ("l", safe(remark(row.note), 400)),
            )
        )
    return table(tr("memory, and what was done once before"), head, rows)


def overhead_table(overhead: Overhead) -> str:
    """The items, and their sum."""
    head = (("", ""), (tr("time", "column"), "n"), (tr("share", "column"), "n"))
    total = max(overhead.total_ns, 1)
    rows = [
        _line(
            tr(stair.item.name),
            ("n", exact(stair.item.ns, duration(stair.item.ns))),
            ("n", f"{stair.item.ns / total:.1%}"),
        )
        for stair in stairs(overhead)
    ]
    whole = exact(overhead.total_ns, duration(overhead.total_ns))
    foot = _line(tr("stepped run"), ("n", whole), ("n", f"{1:.1%}"))
    return table(tr("where the time of the stepped run goes"), head, rows, foot)


def units_table(found: Comparison) -> str:
    """Each unit of the model: time, work, and its place under the roof."""
    rows = [(unit.unit, unit) for unit in found.units]
    return _placed(tr("the model's units at full speed"), tr("unit", "column"), rows)


def phases_table(found: Comparison) -> str:
    """The same of the phases of a text that is written; "" where none is."""
    rows = [(phase_name(phase), phase) for phase in found.phases]
    title = tr("reading the prompt against writing")
    return _placed(title, tr("phase", "column"), rows) if rows else ""


def _placed(title: str, first: str, works: Iterable[tuple[str, UnitWork | PhaseWork]]) -> str:
    head = (
        (first, ""), (tr("cycles", "column"), "n"), (tr("time", "column"), "n"),
        ("FLOP", "n"), (tr("bytes", "column"), "n"), ("FLOP/byte", "n"), ("FLOP/s", "n"),
        (tr("of the roof", "column"), "n"), (tr("bound by", "column"), ""),
    )  # fmt: skip
    rows = []
    for name, row in works:
        work, mark = row.work, row.mark
        figures = [("n", UNKNOWN)] * 3 if work is None else [
            ("n", exact(work.flops, amount(work.flops))),
            ("n", exact(work.nbytes, size(work.nbytes))),
            ("n", exact(work.intensity, number(work.intensity or 0.0))),
        ]  # fmt: skip
        placed = [("n", UNKNOWN), ("n", UNKNOWN), ("", "")]
        if mark is not None and mark.achieved is not None and mark.share is not None:
            placed = [
                ("n", exact(mark.achieved, amount(mark.achieved))),
                ("n", exact(mark.share, f"{mark.share:.1%}")),
                ("", escape(tr(BOUNDS[mark.bound]))),
            ]
        cycles = ("n", exact(row.cycles, f"{row.cycles:,}"))
        time = ("n", exact(row.ns, duration(row.ns)))
        rows.append(_line(name, cycles, time, *figures, *placed))
    return table(title, head, rows)


# -- growth -----------------------------------------------------------------------------------


def lengths_table(sweep: Sweep) -> str:
    """The untraced forward at every length."""
    head = (
        (tr("tokens", "column"), ""), (tr("median", "column"), "n"),
        (tr("middle half", "column"), "n"),
    )  # fmt: skip
    rows = []
    for point in sweep.points:
        if point.failed:
            said = f"<span class=warn>{safe(remark(point.failed), 300)}</span>"
            rows.append(
                f'<tr><th scope="row">{point.length:,}</th><td colspan="2">{said}</td></tr>'
            )
            continue
        low, high = point.wall.quartiles
        middle = f"{exact(low, duration(low))} – {exact(high, duration(high))}"
        median = point.wall.median_ns
        rows.append(
            _line(f"{point.length:,}", ("n", exact(median, duration(median))), ("n", middle))
        )
    return table(tr("time against length"), head, rows)


def growth_table(sweep: Sweep) -> str:
    """The powers, of the units and of the steps of those that are mixed."""
    head = (
        ("", ""), (tr("time", "column"), "n"), (tr("FLOPs", "column"), "n"),
        (tr("traffic", "column"), "n"), (tr("memory", "column"), "n"),
    )  # fmt: skip
    blank = [("n", "")] * 3
    rows = [_line(tr("forward, untraced"), ("n", _power(sweep.fit_wall())), *blank)]
    for unit in sweep.units:
        rows.append(_line(unit, *(("n", _power(sweep.fit(q, unit))) for q in QUANTITIES)))
        for step in sweep.steps(unit) if unit in OPENED else ():
            fits = (("n", _power(sweep.fit(q, unit, step))) for q in QUANTITIES)
            rows.append(_line(step, *fits, css="step"))
    return table(tr("grows as n to the power of (in brackets R², 1 at best)"), head, rows)


def _power(fit: Fit | None) -> str:
    if fit is None:
        return UNKNOWN
    shown = f"{fit.exponent:.2f}".replace("-0.00", "0.00")
    r2 = "" if fit.r2 is None else f" ({exact(fit.r2, f'{fit.r2:.3f}')})"
    return exact(fit.exponent, shown) + r2

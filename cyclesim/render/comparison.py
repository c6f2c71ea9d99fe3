"""The tables of `cyclesim compare`: times, what is computed, memory, overhead, growth.

Every figure is a property of the `Comparison`, and so in its JSON with the raw list it is read
from. Colour repeats what a word says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console, ConsoleOptions, RenderResult
from rich.style import Style
from rich.table import Table
from rich.text import Text

from cyclesim.language import tr, trn
from cyclesim.render.colour import UNIT_COLOURS
from cyclesim.render.table import ascii_safe, bar
from cyclesim.render.text import crop, safe_text
from cyclesim.render.units import duration, factor, number, size
from cyclesim.trace.cycle import Unit
from cyclesim.versus import QUANTITIES, Comparison, Fit, Ratio, Row, Sweep, Times, remark

__all__ = ["ComparisonTable", "comparison_table", "comparison_text"]

_DIM = Style(dim=True)
_BOLD = Style(bold=True)
#: What a kind of run looks like in the bars.
_COLOURS = {"stepped": "#e8703a", "traced": "#e69f00", "baseline": "#a3b4c2", "variant": "#56b4e9"}
#: Answers that changed, beyond which they are counted.
_CHANGES = 4
#: Of a unit or of a step, beyond which it is cropped.
_NAME = 26


def comparison_table(comparison: Comparison) -> ComparisonTable:
    """A rich renderable of all that was found."""
    return ComparisonTable(comparison)


def comparison_text(comparison: Comparison, width: int = 100) -> str:
    """The same as plain text, for a notebook or a log."""
    console = Console(width=width, color_system=None)
    with console.capture() as said:
        console.print(ComparisonTable(comparison))
    return said.get()


class ComparisonTable:
    """See `comparison_table`."""

    def __init__(self, comparison: Comparison) -> None:
        self.found = comparison
        self.ascii = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        self.ascii = options.ascii_only
        yield from self.parts(options.max_width)

    def parts(self, width: int) -> Iterator[Text | Table]:
        """What is shown, top down."""
        yield from self._setup(width)
        yield Text()
        yield self._times(width)
        yield from self._noise()
        yield Text()
        yield self._outputs()
        yield from self._changes()
        yield Text()
        yield self._memory()
        if self.found.overhead is not None:
            yield Text()
            yield self._overhead(width)
        if self.found.sweep is not None:
            yield from self._sweep(self.found.sweep, width)

    # -- above -------------------------------------------------------------------------------

    def _setup(self, width: int) -> Iterator[Text]:
        setup = self.found.setup
        title = Text("cyclesim compare · ", _DIM)
        title.append(safe_text(setup.model, 80), _BOLD)
        title.append(f" · {safe_text(setup.task, 40)}", _DIM)
        yield self._line(title)
        threads = trn("{count} thread", "{count} threads", setup.threads)
        facts = (
            setup.device, setup.attention, setup.dtype, threads.format(count=setup.threads),
            setup.processor, f"torch {setup.torch}",
        )  # fmt: skip
        yield self._line(Text(" · ".join(safe_text(fact, 60) for fact in facts if fact)))
        if setup.tokens:
            words = " ".join(safe_text(t, 40) for t in setup.tokens[:width])
            said = trn("{count} token: {words}", "{count} tokens: {words}", len(setup.tokens))
            said = said.format(count=f"{len(setup.tokens):,}", words=words)
            yield self._line(Text(crop(said, width)))
        if setup.input_note:
            yield self._line(Text(remark(setup.input_note)))
        if setup.random_weights:
            said = tr("Random weights: the times mean something, the answers do not.")
            yield self._line(Text(said, Style(color="yellow", bold=True)))

    # -- times -------------------------------------------------------------------------------

    def _times(self, width: int) -> Table:
        found = self.found
        rounds = trn("{count} round", "{count} rounds", found.rounds).format(count=found.rounds)
        title = tr("time of a sequence, median of {rounds}").format(rounds=rounds)
        table = self._table(title, tr("run", "column"))
        for name in (tr("median", "column"), tr("middle half", "column")):
            table.add_column(self._say(name), justify="right", no_wrap=True)
        table.add_column("", no_wrap=True)
        for name in (tr("speed-up", "column"), tr("95 % interval", "column")):
            table.add_column(self._say(name), justify="right", no_wrap=True)
        table.add_column("", no_wrap=True)
        room = min(max(width - 74, 6), 30)
        plain = [r.sequence_ns for r in found.rows if r.kind in ("baseline", "variant")]
        longest = max(plain, default=0) or 1
        for row in found.rows:
            faster = found.speedup(row)
            if not row.times.ns or faster is None:
                table.add_row(self._name(row), "–", "", "", "", "", tr("did not run"))
                continue
            drawn = bar(row.sequence_ns / longest, room, self.ascii)
            plain_row = row.kind == "baseline"
            table.add_row(
                self._name(row),
                self._duration(row.sequence_ns),
                self._quartiles(row.times, row.sequences),
                Text(drawn, Style(color=_COLOURS[row.kind])),
                "" if plain_row else factor(faster.value, ascii=self.ascii),
                "" if plain_row else self._say(f"{number(faster.low, 2)} – {number(faster.high, 2)}"),
                self._word(row, faster),
            )
        return table

    def _word(self, row: Row, faster: Ratio) -> Text:
        if row.kind == "baseline":
            return Text(tr("baseline"), _DIM)
        if not faster.significant:
            return Text(tr("within noise"), _DIM)
        if faster.value > 1:
            return Text(tr("faster"), Style(color="green"))
        return Text(tr("slower"), Style(color="yellow"))

    def _noise(self) -> Iterator[Text]:
        found = self.found
        for row in found.rows:
            if row.failed:
                said = tr("{name} did not run: {why}").format(name=row.name, why=remark(row.failed))
                yield self._line(Text(safe_text(said), Style(color="yellow")))
        said = tr("noise floor {factor}: so far apart were two equal runs of the baseline")
        yield self._line(Text(said.format(factor=factor(found.noise)), _DIM))
        if any(row.times.ns and self._clipped(row) for row in found.rows):
            yield self._line(Text(tr("a bar that ends in > goes on beyond the scale"), _DIM))
        unsteady = [row.name for row in found.rows if found.steady(row) is False]
        if unsteady:
            said = tr("The first and the second half of the rounds do not agree about {names}.")
            names = ", ".join(safe_text(name, 40) for name in unsteady)
            yield self._line(Text(said.format(names=names), Style(color="yellow")))
        drift = found.drift
        if drift is not None and drift.significant:
            said = tr("The machine changed meanwhile: in the second half of the rounds the "
                      "baseline was {factor} times as fast as in the first.")  # fmt: skip
            said = said.format(factor=number(drift.value))
            yield self._line(Text(said, Style(color="yellow")))

    def _clipped(self, row: Row) -> bool:
        rows = [r for r in self.found.rows if r.kind in ("baseline", "variant")]
        return row.sequence_ns > max((r.sequence_ns for r in rows), default=0)

    # -- what is computed --------------------------------------------------------------------

    def _outputs(self) -> Table:
        table = self._table(tr("what it computes, beside the baseline"), tr("run", "column"))
        for name in ("max |a−b|", tr("relative", "column"), tr("answers", "column")):
            table.add_column(self._say(name), justify="right", no_wrap=True)
        table.add_column(self._say(tr("first cycle that differs", "column")), ratio=1)
        for row in self.found.rows:
            if row.failed:
                continue
            apart = row.difference
            where = remark(row.unlike)
            if apart is None:
                figures = "–", "–"
            elif apart.bit_identical:
                figures = tr("bit-identical"), ""
            else:
                figures = f"{apart.max_abs:.3g}", f"{apart.relative:.2g}"
            if not where and row.first is not None:
                where = remark(row.first.reason) or tr("none")
                if row.first.number is not None:
                    where = f"{row.first.number} · {row.first.label}"
                    if row.first.max_abs is not None:
                        where += f" ({row.first.max_abs:.2g})"
            said = "–"
            if row.answer is not None:
                said = tr("same")
                if row.answer.changed:
                    said = tr("{count} of {all} changed").format(
                        count=len(row.answer.changes), all=row.answer.compared
                    )
            changed = row.answer is not None and row.answer.changed
            table.add_row(
                self._name(row),
                *map(self._say, figures),
                Text(self._say(said), Style(color="red", bold=True) if changed else Style()),
                Text(self._say(safe_text(where, 160))),
            )
        return table

    def _changes(self) -> Iterator[Text]:
        for row in self.found.rows:
            changes = row.answer.changes if row.answer is not None else ()
            for change in changes[:_CHANGES]:
                said = f"{row.name}: {change.where}: {change.before} → {change.after}"
                yield self._line(Text(safe_text(said, 160)))
            if len(changes) > _CHANGES:
                said = tr("{name}: and {count} more").format(
                    name=row.name, count=len(changes) - _CHANGES
                )
                yield self._line(Text(said, _DIM))

    def _memory(self) -> Table:
        table = self._table(tr("memory, and what was done once before"), tr("run", "column"))
        for name in (tr("weights", "column"), tr("peak", "column"), tr("once", "column")):
            table.add_column(self._say(name), justify="right", no_wrap=True)
        table.add_column(self._say(tr("how", "column")), ratio=1)
        for row in self.found.rows:
            if row.failed:
                continue
            once = sum(p.ns for p in row.preparations)
            table.add_row(
                self._name(row),
                self._say("–" if row.memory is None else size(row.memory.weights)),
                self._say("–" if row.memory is None else size(row.memory.peak)),
                self._duration(once) if once else "",
                Text(self._say(safe_text(remark(row.note), 240))),
            )
        return table

    # -- overhead and growth -----------------------------------------------------------------

    def _overhead(self, width: int) -> Table:
        overhead = self.found.overhead
        assert overhead is not None
        table = self._table(tr("where the time of the stepped run goes"), "")
        for name in (tr("time", "column"), tr("share", "column")):
            table.add_column(self._say(name), justify="right", no_wrap=True)
        table.add_column("", no_wrap=True)
        total, room = max(overhead.total_ns, 1), min(max(width - 50, 8), 40)
        for item in overhead.items:
            share = item.ns / total
            table.add_row(
                self._say(tr(item.name)),
                self._duration(item.ns),
                f"{share:.1%}",
                Text(bar(max(share, 0), room, self.ascii), Style(color=_COLOURS["stepped"])),
            )
        table.add_row(
            Text(tr("stepped run"), _BOLD), Text(self._duration(total), _BOLD), f"{1:.1%}", ""
        )
        return table

    def _sweep(self, sweep: Sweep, width: int) -> Iterator[Text | Table]:
        yield Text()
        title = tr("time against length")
        table = self._table(title, tr("tokens", "column"), right=True)
        for name in (tr("median", "column"), tr("middle half", "column")):
            table.add_column(self._say(name), justify="right", no_wrap=True)
        table.add_column("", no_wrap=True)
        longest = max((p.wall.median_ns for p in sweep.measured), default=0) or 1
        for point in sweep.measured:
            drawn = bar(point.wall.median_ns / longest, min(max(width - 40, 8), 40), self.ascii)
            table.add_row(
                f"{point.length:,}",
                self._duration(point.wall.median_ns),
                self._quartiles(point.wall, 1),
                Text(drawn, Style(color=_COLOURS["baseline"])),
            )
        yield table
        for point in sweep.points:
            if point.failed:
                said = f"{point.length:,}: {remark(point.failed)}"
                yield self._line(Text(safe_text(said), Style(color="yellow")))
        yield self._line(Text(remark(sweep.note), _DIM))
        if len(sweep.measured) > 1:
            yield Text()
            yield self._exponents(sweep)
            said = tr("time of the cycles in unpaused runs; logical traffic; bytes the cycles wrote")
            yield self._line(Text(said, _DIM))

    def _exponents(self, sweep: Sweep) -> Table:
        title = tr("grows as n to the power of (in brackets R², 1 at best)")
        table = self._table(title, "")
        names = (tr("time"), tr("FLOPs"), tr("traffic"), tr("memory"))
        for name in names:
            table.add_column(self._say(name), justify="right", no_wrap=True)
        table.add_row(tr("forward, untraced"), self._fit(sweep.fit_wall()), "", "", "")
        rows: list[tuple[str, Unit | str, Sequence[Fit | None]]] = []
        for unit in sweep.units:
            rows.append((unit, unit, [sweep.fit(q, unit) for q in QUANTITIES]))
            if unit in ("attention", "ffn"):
                for step in sweep.steps(unit):
                    fits = [sweep.fit(q, unit, step) for q in QUANTITIES]
                    rows.append((f"  {safe_text(step, _NAME)}", "", fits))
        for name, unit, fits in rows:
            colour = next((c for u, c in UNIT_COLOURS.items() if u == unit), None)
            style = Style(color=colour, bold=True) if colour else Style()
            table.add_row(Text(self._say(name), style), *map(self._fit, fits))
        return table

    # -- cells -------------------------------------------------------------------------------

    def _table(self, title: str, first: str, *, right: bool = False) -> Table:
        table = Table(
            title=self._say(title), title_justify="left", box=None, pad_edge=False,
            header_style="bold", title_style="italic", padding=(0, 1, 0, 0),
        )  # fmt: skip
        table.add_column(self._say(first), no_wrap=True, justify="right" if right else "left")
        return table

    def _name(self, row: Row) -> Text:
        return Text(safe_text(row.name, _NAME), _BOLD if row.kind == "baseline" else Style())

    def _duration(self, ns: float) -> str:
        return duration(ns, ascii=self.ascii)

    def _quartiles(self, times: Times, per: int) -> str:
        low, high = (self._duration(ns / per) for ns in times.quartiles)
        one, other = low.split(), high.split()
        if len(one) == len(other) == 2 and one[1] == other[1]:
            low = one[0]
        return self._say(f"{low} – {high}")

    def _fit(self, fit: Fit | None) -> str:
        if fit is None:
            return self._say("–")
        power = f"{fit.exponent:.2f}".replace("-0.00", "0.00")
        return power if fit.r2 is None else f"{power} ({fit.r2:.3f})"

    def _line(self, text: Text) -> Text:
        if self.ascii:
            return Text(ascii_safe(text.plain), text.style)
        return text

    def _say(self, text: str) -> str:
        return ascii_safe(text) if self.ascii else text

"""The tables of `cyclesim compare`: times, what is computed, memory, overhead, growth.

Every figure is a property of the `Comparison`, and so in its JSON with the raw list it is read
from. Colour repeats what a word says.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.style import Style
from rich.table import Table
from rich.text import Text

from cyclesim.language import tr, trn
from cyclesim.render.bar import bar
from cyclesim.render.cells import Cells
from cyclesim.render.growth import growth_parts
from cyclesim.render.overhead import overhead_table
from cyclesim.render.placing import placing_parts
from cyclesim.render.rows import (
    answers_word,
    apart_words,
    doubts,
    failures,
    first_words,
    noise_words,
    speed_word,
    written_words,
)
from cyclesim.render.text import crop, safe_text
from cyclesim.render.units import factor, number, size
from cyclesim.versus import Comparison, Row, remark

__all__ = ["ComparisonTable", "comparison_table", "comparison_text"]

_DIM = Style(dim=True)
_BOLD = Style(bold=True)
#: What a kind of run looks like in the bars.
_COLOURS = {"stepped": "#e8703a", "traced": "#e69f00", "baseline": "#a3b4c2", "variant": "#56b4e9"}
#: A bar at its longest, and one too short to tell anything.
_BAR, _LEAST_BAR = 30, 4
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
        self.cells = Cells()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        self.cells = Cells(options.ascii_only)
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
            yield overhead_table(self.found.overhead, self.cells, width)
        if self.found.cycles:
            yield Text()
            yield from placing_parts(self.found, self.cells, width)
        if self.found.sweep is not None:
            yield Text()
            yield from growth_parts(self.found.sweep, self.cells, width)

    # -- above -------------------------------------------------------------------------------

    def _setup(self, width: int) -> Iterator[Text]:
        setup = self.found.setup
        title = Text("cyclesim compare · ", _DIM)
        title.append(safe_text(setup.model, 80), _BOLD)
        title.append(f" · {safe_text(setup.task, 40)}", _DIM)
        yield self.cells.line(title)
        threads = trn("{count} thread", "{count} threads", setup.threads)
        facts = (
            setup.device, setup.attention, setup.dtype, threads.format(count=setup.threads),
            setup.processor, f"torch {setup.torch}",
        )  # fmt: skip
        yield self.cells.line(Text(" · ".join(safe_text(fact, 60) for fact in facts if fact)))
        if setup.tokens:
            words = " ".join(safe_text(t, 40) for t in setup.tokens[:width])
            said = trn("{count} token: {words}", "{count} tokens: {words}", len(setup.tokens))
            said = said.format(count=f"{len(setup.tokens):,}", words=words)
            yield self.cells.line(Text(crop(said, width)))
        if setup.generated:
            yield self.cells.line(Text(written_words(setup)))
        if setup.input_note:
            yield self.cells.line(Text(remark(setup.input_note)))
        if setup.random_weights:
            said = tr("Random weights: the times mean something, the answers do not.")
            yield self.cells.line(Text(said, Style(color="yellow", bold=True)))

    # -- times -------------------------------------------------------------------------------

    def _times(self, width: int) -> Table:
        found, cells = self.found, self.cells
        rounds = trn("{count} round", "{count} rounds", found.rounds).format(count=found.rounds)
        title = tr("time of a sequence, median of {rounds}").format(rounds=rounds)
        names = [
            tr("run", "column"), tr("median", "column"), tr("middle half", "column"),
            tr("speed-up", "column"), tr("95 % interval", "column"), "",
        ]  # fmt: skip
        rows = [[self._name(row).plain, *self._figures(row)] for row in found.rows]
        # Figures are not cropped: what there is no room for is left out, the bars first.
        shown = list(range(len(names)))
        sizes = [max(cell_len(row[i]) for row in (names, *rows)) for i in shown]
        for spare in (4, 2):
            if sum(sizes[i] + 1 for i in shown) > width + 1:
                shown.remove(spare)
        room = min(width - sum(sizes[i] + 1 for i in shown) - 1, _BAR)
        bars = room >= _LEAST_BAR
        table = cells.table(title, names[0], names[1], *(names[i] for i in shown if i == 2))
        if bars:
            table.add_column("", no_wrap=True)
        cells.columns(table, *(names[i] for i in shown if i in (3, 4)))
        table.add_column("", no_wrap=True)
        plain = [r.sequence_ns for r in found.rows if r.kind in ("baseline", "variant")]
        longest = max(plain, default=0) or 1
        for row, texts in zip(found.rows, rows, strict=True):
            made: list[str | Text] = [texts[i] for i in shown if 0 < i < 5]
            if bars:
                drawn = bar(row.sequence_ns / longest, room, cells.ascii)
                made.insert(1 + (2 in shown), Text(drawn, Style(color=_COLOURS[row.kind])))
            table.add_row(self._name(row), *made, Text(texts[-1], self._style(row)))
        return table

    def _figures(self, row: Row) -> tuple[str, str, str, str, str]:
        """Median, middle half, speed-up, its interval, and what that means."""
        cells, faster = self.cells, self.found.speedup(row)
        if faster is None:
            return cells.say("–"), "", "", "", cells.say(tr("did not run"))
        median = cells.duration(row.sequence_ns)
        middle = cells.middle(row.times, row.sequences)
        if row.kind == "baseline":
            return median, middle, "", "", cells.say(tr("baseline"))
        interval = cells.say(f"{number(faster.low, 2)} – {number(faster.high, 2)}")
        said = cells.say(speed_word(row, faster))
        return median, middle, factor(faster.value, ascii=cells.ascii), interval, said

    def _style(self, row: Row) -> Style:
        faster = self.found.speedup(row)
        if faster is None or row.kind == "baseline" or not faster.significant:
            return _DIM
        return Style(color="green" if faster.value > 1 else "yellow")

    def _noise(self) -> Iterator[Text]:
        found = self.found
        for said in failures(found):
            yield self.cells.line(Text(said, Style(color="yellow")))
        yield self.cells.line(Text(noise_words(found), _DIM))
        if any(row.times.ns and self._clipped(row) for row in found.rows):
            yield self.cells.line(Text(tr("a bar that ends in > goes on beyond the scale"), _DIM))
        for said in doubts(found):
            yield self.cells.line(Text(said, Style(color="yellow")))

    def _clipped(self, row: Row) -> bool:
        rows = [r for r in self.found.rows if r.kind in ("baseline", "variant")]
        return row.sequence_ns > max((r.sequence_ns for r in rows), default=0)

    # -- what is computed --------------------------------------------------------------------

    def _outputs(self) -> Table:
        names = ("max |a−b|", tr("relative", "column"), tr("answers", "column"))
        table = self.cells.table(
            tr("what it computes, beside the baseline"), tr("run", "column"), *names
        )
        table.add_column(self.cells.say(tr("first cycle that differs", "column")), ratio=1)
        for row in self.found.rows:
            if row.failed:
                continue
            said = answers_word(row)
            changed = row.answer is not None and row.answer.changed
            table.add_row(
                self._name(row),
                *map(self.cells.say, apart_words(row)),
                Text(self.cells.say(said), Style(color="red", bold=True) if changed else Style()),
                Text(self.cells.say(safe_text(first_words(row), 160))),
            )
        return table

    def _changes(self) -> Iterator[Text]:
        for row in self.found.rows:
            changes = row.answer.changes if row.answer is not None else ()
            for change in changes[:_CHANGES]:
                said = f"{row.name}: {change.where}: {change.before} → {change.after}"
                yield self.cells.line(Text(safe_text(said, 160)))
            if len(changes) > _CHANGES:
                said = tr("{name}: and {count} more").format(
                    name=row.name, count=len(changes) - _CHANGES
                )
                yield self.cells.line(Text(said, _DIM))

    def _memory(self) -> Table:
        names = (tr("weights", "column"), tr("peak", "column"), tr("once", "column"))
        table = self.cells.table(
            tr("memory, and what was done once before"), tr("run", "column"), *names
        )
        table.add_column(self.cells.say(tr("how", "column")), ratio=1)
        for row in self.found.rows:
            if row.failed:
                continue
            once = sum(p.ns for p in row.preparations)
            table.add_row(
                self._name(row),
                self.cells.say("–" if row.memory is None else size(row.memory.weights)),
                self.cells.say("–" if row.memory is None else size(row.memory.peak)),
                self.cells.duration(once) if once else "",
                Text(self.cells.say(safe_text(remark(row.note), 240))),
            )
        return table

    def _name(self, row: Row) -> Text:
        name = self.cells.say(safe_text(row.name, _NAME))
        return Text(name, _BOLD if row.kind == "baseline" else Style())

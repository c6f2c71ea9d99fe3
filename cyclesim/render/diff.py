"""The table of `cyclesim diff`: the matched cycles that differ, then units, layers, the rest."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.style import Style
from rich.table import Table
from rich.text import Text

from cyclesim.language import tr
from cyclesim.render.colour import UNIT_COLOURS, UNIT_LETTERS, ink_on
from cyclesim.render.text import safe_text
from cyclesim.trace.diff import CycleDiff, Diff, cosine_text, names_text, setting_text

__all__ = ["DiffTable", "diff_table"]

_DIM = Style(dim=True)
#: Rows beyond these are counted; `--json` has them all.
_ROWS = 40


def diff_table(diff: Diff, *, rows: int = _ROWS) -> DiffTable:
    """A rich renderable of `diff`, with at most `rows` of the cycles that differ."""
    return DiffTable(diff, rows)


class DiffTable:
    """See `diff_table`."""

    def __init__(self, diff: Diff, rows: int = _ROWS) -> None:
        self.diff = diff
        self.rows = rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from self.parts()

    def parts(self) -> Iterable[Text | Table | Group]:
        """What is shown, top down."""
        found = self.diff
        good = found.equal or found.agrees
        yield Text(safe_text(found.sentence), Style(color="green" if good else "red", bold=True))
        for name in ("model", "attention", "dtype", "device"):
            one, other = getattr(found.a, name), getattr(found.b, name)
            if one != other:
                yield Text(setting_text(name, safe_text(one, 60), safe_text(other, 60)), _DIM)
        if found.a.tokens != found.b.tokens:
            one, other = len(found.a.tokens), len(found.b.tokens)
            said = tr("tokens: {one} and {other}")
            if one == other:
                said = tr("tokens: {one} and {other}, not the same")
            yield Text(said.format(one=f"{one:,}", other=f"{other:,}"), _DIM)
        different = [c for c in found.cycles if c.differs]
        if different:
            yield _table(tr("cycles that differ"), different[: self.rows])
            if len(different) > self.rows:
                yield Text(
                    tr("and {count} more").format(count=f"{len(different) - self.rows:,}"), _DIM
                )
            yield _table(tr("the largest difference of each unit"), found.by_unit.values())
        if found.by_layer and different:
            yield _layers(found)
        for said, cycles in (
            (tr("only in the first ({count}): {cycles}"), found.only_a),
            (tr("only in the second ({count}): {cycles}"), found.only_b),
        ):
            if cycles:
                names = safe_text(names_text(cycles), 300)
                yield Text(said.format(count=f"{len(cycles):,}", cycles=names))
        if found.unknown:
            note = safe_text(found.unknown[0].remark, 120)
            said = tr("not compared ({count}): {why}")
            text = said.format(count=f"{len(found.unknown):,}", why=note)
            yield Text(text, Style(color="yellow"))


def _table(title: str, pairs: Iterable[CycleDiff]) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column(tr("other", "column"), justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column(tr("where", "column"), overflow="fold", ratio=1)
    table.add_column("max |a−b|", justify="right", no_wrap=True)
    table.add_column(tr("cosine", "column"), justify="right", no_wrap=True)
    for pair in pairs:
        colour = UNIT_COLOURS.get(pair.a.unit, UNIT_COLOURS["other"])
        letter = UNIT_LETTERS.get(pair.a.unit, "?")
        where = safe_text(pair.a.label, 80)
        if pair.note:
            where += f" ({safe_text(pair.remark, 120)})"
        table.add_row(
            str(pair.a.number),
            str(pair.b.number),
            Text(letter, Style(color=ink_on(colour), bgcolor=colour)),
            Text(where),
            "–" if pair.max_abs is None else f"{pair.max_abs:.3g}",
            "–" if pair.cosine is None else cosine_text(pair.cosine),
        )
    return table


def _layers(found: Diff) -> Table:
    table = Table(
        title=tr("what each layer hands on"),
        title_justify="left",
        box=None,
        pad_edge=False,
        header_style="bold",
    )
    for name in (tr("layer", "column"), tr("after", "column"), "max |a−b|", tr("cosine", "column")):
        table.add_column(name, justify="right", no_wrap=True)
    for layer, pair in found.by_layer.items():
        amount = "–" if pair.max_abs is None else f"{pair.max_abs:.3g}"
        table.add_row(str(layer), str(pair.a.number), amount, cosine_text(pair.cosine))
    return table

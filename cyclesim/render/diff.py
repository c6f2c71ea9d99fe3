"""The table of `cyclesim diff`: the matched cycles that differ, then units, layers, the rest."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.style import Style
from rich.table import Table
from rich.text import Text

from cyclesim.render.colour import UNIT_COLOURS, UNIT_LETTERS, ink_on
from cyclesim.render.text import safe_text
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.diff import CycleDiff, Diff, cosine_text

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
                words = (safe_text(word or "none", 60) for word in (one, other))
                yield Text(f"{name}: {' and '.join(words)}", _DIM)
        if found.a.tokens != found.b.tokens:
            counts = f"{len(found.a.tokens):,} and {len(found.b.tokens):,}"
            same = len(found.a.tokens) == len(found.b.tokens)
            yield Text(f"tokens: {counts}{', not the same' if same else ''}", _DIM)
        different = [c for c in found.cycles if c.differs]
        if different:
            yield _table("cycles that differ", different[: self.rows])
            if len(different) > self.rows:
                yield Text(f"and {len(different) - self.rows:,} more", _DIM)
            yield _table("the largest difference of each unit", found.by_unit.values())
        if found.by_layer and different:
            yield _layers(found)
        for which, cycles in (("first", found.only_a), ("second", found.only_b)):
            if cycles:
                yield Text(f"only in the {which} ({len(cycles):,}): {_names(cycles)}")
        if found.unknown:
            note = safe_text(found.unknown[0].note, 120)
            yield Text(f"not compared ({len(found.unknown):,}): {note}", Style(color="yellow"))


def _table(title: str, pairs: Iterable[CycleDiff]) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("other", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("where", overflow="fold", ratio=1)
    table.add_column("max |a−b|", justify="right", no_wrap=True)
    table.add_column("cosine", justify="right", no_wrap=True)
    for pair in pairs:
        colour = UNIT_COLOURS.get(pair.a.unit, UNIT_COLOURS["other"])
        letter = UNIT_LETTERS.get(pair.a.unit, "?")
        where = safe_text(pair.a.label, 80)
        if pair.note:
            where += f" ({safe_text(pair.note, 120)})"
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
        title="what each layer hands on",
        title_justify="left",
        box=None,
        pad_edge=False,
        header_style="bold",
    )
    for name in ("layer", "after", "max |a−b|", "cosine"):
        table.add_column(name, justify="right", no_wrap=True)
    for layer, pair in found.by_layer.items():
        amount = "–" if pair.max_abs is None else f"{pair.max_abs:.3g}"
        table.add_row(str(layer), str(pair.a.number), amount, cosine_text(pair.cosine))
    return table


def _names(cycles: Iterable[Cycle]) -> str:
    listed = [f"{c.number} {safe_text(c.label, 60)}" for c in cycles]
    return ", ".join(listed[:4]) + (f" and {len(listed) - 4:,} more" if len(listed) > 4 else "")

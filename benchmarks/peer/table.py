"""The tables: what was measured, as rows; in the terminal, and in README.md between two markers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median, quantiles
from typing import Any, NamedTuple

from page import markdown, put
from rich.console import Console
from rich.markup import escape
from rich.table import Table as RichTable

__all__ = ["Ratio", "Table", "noise", "ratio", "show", "tables", "write"]


class Ratio(NamedTuple):
    """A median over rounds, and the middle half of them."""

    median: float
    low: float
    high: float
    rounds: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Ratio:
        low = high = values[0]
        if len(values) > 1:
            low, _, high = quantiles(values, n=4, method="inclusive")
        return cls(median(values), low, high, len(values))

    def __str__(self) -> str:
        if self.rounds == 1:
            return _figures(self.median)
        return f"{_figures(self.median)} ± {(self.high - self.low) / 2:.{_digits(self.median)}f}"


class Table(NamedTuple):
    """A table with a title, in words only."""

    title: str
    headings: tuple[str, ...]
    rows: list[tuple[str, ...]]


def ratio(rounds: list[dict[str, Any]], clock: int) -> Ratio:
    """A way ÷ the mean of its round's two plain forwards; clock 0 is CPU time, 1 is wall time."""
    return Ratio.of(
        [r["took"][clock] * 2 / (r["plain"][0][clock] + r["plain"][1][clock]) for r in rounds]
    )


def noise(report: dict[str, Any], case: str, clock: int) -> Ratio | None:
    """One plain forward ÷ the other, over the rounds of all tools: what the machine does to 1."""
    pairs = [
        one[clock] / other[clock]
        for tool in report["tools"]
        for times in _longest(tool, case)
        for one, other in [times["plain"]]
    ]
    return Ratio.of(pairs) if pairs else None


def _longest(tool: dict[str, Any], case: str) -> list[dict[str, Any]]:
    """The rounds of a tool: those of its ways are the same ones, or the first of them."""
    rounds = [way["rounds"] for way in tool["ways"] if way["case"] == case and "rounds" in way]
    return max(rounds, key=len, default=[])


def tables(report: dict[str, Any]) -> Iterator[Table]:
    """The tables of a report: what was captured is shown once for each model."""
    cases = report["cases"]
    yield _times(report, cases)
    saved = {way["case"] for tool in report["tools"] for way in tool["ways"] if "saved" in way}
    shown = {case.split(",")[0]: case for case in cases if case in saved or not saved}
    for case in shown.values():  # its longest run that was saved
        yield _captured(report, case)
    missing = list(_missing(report))
    if missing:
        yield Table("What could not be measured", ("tool", "why"), missing)


def _times(report: dict[str, Any], cases: list[str]) -> Table:
    rows = [
        ("plain ÷ plain", "the noise", *(_cell(noise(report, c, 0), noise(report, c, 1))
                                         for c in cases))
    ]  # fmt: skip
    for tool in report["tools"]:
        for name in _ways(tool):
            found = [_way(tool, case, name).get("rounds") for case in cases]
            cells = [_cell(ratio(r, 0), ratio(r, 1)) if r else "–" for r in found]
            rows.append((_named(tool), name, *cells))
    title = "Time, ÷ the plain forward: CPU time ± half of its middle half (wall time)"
    return Table(title, ("tool", "way", *cases), rows)


def _cell(cpu: Ratio | None, wall: Ratio | None) -> str:
    if cpu is None or wall is None:
        return "–"
    return f"{cpu} ({_figures(wall.median)}){', once' if cpu.rounds == 1 else ''}"


def _figures(value: float) -> str:
    return f"{value:.{_digits(value)}f}"


def _digits(value: float) -> int:
    return 2 if value < 10 else 1 if value < 100 else 0


def _captured(report: dict[str, Any], case: str) -> Table:
    rows = []
    for tool in report["tools"]:
        for name in _ways(tool):
            way = _way(tool, case, name)
            if "same_bits" in way:
                rows.append((_named(tool), name, *_kept(way)))
    headings = ("tool", "way", "tensors", "MB captured", "kept ÷ captured", "save", "load",
                "MB saved", "same bits")  # fmt: skip
    return Table(f"What is captured, {case}", headings, rows)


def _kept(way: dict[str, Any]) -> list[str]:
    count, size = way["tensors"], way["bytes"]
    kept = [k for k in way["kept_bytes"] if k is not None]
    bits = "yes" if way["same_bits"] else f"no, by {way['max_abs_diff']:.1g}"
    if not way["plain_same_after"]:
        bits += "; the plain forward is another afterwards"
    saved = way.get("saved") or {}
    return [
        f"{count} ({way['note']})" if way["note"] else str(count),
        f"{size / 1e6:.1f}" if count else "–",
        f"{median(kept) / size:.2f}" if kept and count and not way["note"] else "–",
        _took(saved.get("save")),
        _took(saved.get("load")),
        f"{saved['size'] / 1e6:.1f}" if "size" in saved else "–",
        bits,
    ]


def _missing(report: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for tool in report["tools"]:
        for reason in tool["reasons"]:
            yield _named(tool), reason


def _ways(tool: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys(way["way"] for way in tool["ways"]))


def _way(tool: dict[str, Any], case: str, name: str) -> dict[str, Any]:
    found = (way for way in tool["ways"] if (way["case"], way["way"]) == (case, name))
    return next(found, {})


def _named(tool: dict[str, Any]) -> str:
    name, package, version = tool["name"], tool["package"], tool["version"]
    if not version:  # it did not come so far as to say which
        return str(name)
    return f"{name} {version}" if name == package else f"{name} ({package} {version})"


def _took(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    return f"{seconds:.2f} s" if seconds >= 0.1 else f"{seconds * 1e3:.0f} ms"


def show(report: dict[str, Any], console: Console) -> None:
    """Print everything."""
    console.print(" · ".join(report["machine"].values()), markup=False)
    for table in tables(report):
        drawn = RichTable(title=table.title, title_justify="left")
        for place, heading in enumerate(table.headings):
            drawn.add_column(heading, justify="left" if place < 2 else "right")
        for row in table.rows:
            drawn.add_row(*map(escape, row))
        console.print(drawn)


def write(report: dict[str, Any]) -> None:
    """Put the tables into the page."""
    machine = ", ".join(report["machine"].values())
    parts = [f"Measured on {report['date']}: {machine}."]
    for table in tables(report):
        parts += [f"### {table.title}", markdown(table.headings, table.rows)]
    put(parts, "peers.py")

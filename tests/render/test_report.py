"""The HTML report: whole, safe, alone, and with the numbers of the JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from cyclesim.language import speaking
from cyclesim.render.colour import UNIT_COLOURS
from cyclesim.render.report import page
from cyclesim.render.report.style import GROUND, KINDS, TONES, UNITS_ON_WHITE
from cyclesim.render.report.svg import apart, nice
from cyclesim.trace import UNITS
from cyclesim.tui.settings.palette import contrast
from cyclesim.versus import Comparison

from .comparisons import bare, comparison
from .runs import FORBIDDEN, HOSTILE

VOID = {"meta", "br", "hr", "img", "input", "link"}


class Read(HTMLParser):
    """Checks that every element is closed where it was opened, and collects what is there."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.exact: list[tuple[float, str]] = []
        self.json = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.json += data
        elif "style" not in self.open:
            self.words.append(data)
            if self.open and self.open[-1] == "data":
                value = self.tags[-1][1]["value"]
                assert value is not None
                self.exact.append((float(value), data))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def numbers(content: Any) -> Iterator[float]:
    """Every number of a JSON value."""
    if isinstance(content, dict):
        for value in content.values():
            yield from numbers(value)
    elif isinstance(content, list):
        for value in content:
            yield from numbers(value)
    elif isinstance(content, (int, float)) and not isinstance(content, bool):
        yield float(content)


@pytest.fixture(scope="module")
def found() -> Comparison:
    return comparison()


@pytest.fixture(scope="module")
def read(found: Comparison) -> Read:
    return Read(found.html())


def test_it_holds_the_whole_json(found: Comparison, read: Read) -> None:
    assert json.loads(read.json) == json.loads(json.dumps(found.to_json()))
    (script,) = read.named("script")
    assert script == {"type": "application/json", "id": "cyclesim-comparison"}


def test_every_exact_number_is_in_the_json(found: Comparison, read: Read) -> None:
    content = found.to_json()
    known = set(numbers(content))
    for row in content["rows"]:  # spreads are shown for each sequence
        known |= {ns / row["sequences"] for ns in row["times"]["quartiles_ns"]}
    known |= {c["flops"] / c["nbytes"] for c in content["units"] if c["flops"] is not None}
    assert len(read.exact) > 80
    assert [shown for shown in read.exact if shown[0] not in known] == []


def test_what_is_shown_is_the_exact_number_rounded(read: Read) -> None:
    units = {"ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9, "kB": 1e3, "MB": 1e6, "B": 1, "k": 1e3,
             "M": 1e6, "G": 1e9, "GFLOP/s": 1e9, "GB/s": 1e9, "%": 0.01}  # fmt: skip
    checked = 0
    for value, shown in read.exact:
        text = shown.removesuffix(" as fast").lstrip("×")
        match = re.fullmatch(r"([-\d.,]+(?:e-\d+)?) ?(\D*)", text)
        if match is None:
            assert shown == "bit-identical" and value == 0
            continue
        number = float(match[1].replace(",", "")) * units.get(match[2], 1)
        if "%" in shown:
            assert abs(number - value) <= 0.0005 + 1e-9
        else:
            assert number == pytest.approx(value, rel=0.06, abs=0.0051), shown
        checked += 1
    assert checked > 80


def test_each_row_shows_its_median_and_speed_up(found: Comparison, read: Read) -> None:
    exact = {value for value, _ in read.exact}
    for row in found.rows:
        faster = found.speedup(row)
        if row.ok and faster is not None:
            assert row.sequence_ns in exact
            assert row.kind == "baseline" or {faster.value, faster.low, faster.high} <= exact


def test_the_overhead_shown_adds_up_to_the_stepped_run(found: Comparison) -> None:
    html = found.html()
    table = html[html.index("<caption>where the time of the stepped run goes") :]
    table = table[: table.index("</table>")]
    *items, total = [int(ns) for ns in re.findall(r'<data value="(-?\d+)"', table)]
    assert found.overhead is not None
    assert sum(items) == total == found.overhead.total_ns
    assert min(items) < 0  # this one is noisy, and says so


def test_nothing_comes_from_outside(found: Comparison) -> None:
    html = found.html()
    assert re.findall(r"(?:https?:)?//\w|src=|@import|url\((?!#)|<link|<iframe|<object", html) == []
    read = Read(html)
    policy = next(m for m in read.named("meta") if m.get("http-equiv"))
    assert policy["content"] == "default-src 'none'; style-src 'unsafe-inline'"
    assert not any(name.startswith("on") for _, more in read.tags for name in more)
    assert not any("href" in more or "xlink:href" in more for _, more in read.tags)


@pytest.mark.parametrize("bad", HOSTILE)
def test_hostile_text_stays_text(bad: str) -> None:
    html = comparison(bad).html()
    html.encode()
    read = Read(html)
    assert [s.get("type") for s in read.named("script")] == ["application/json"]
    assert "alert" not in "".join(tag for tag, _ in read.tags)
    assert not FORBIDDEN & set(html)
    assert json.loads(read.json)["setup"]["model"] == "tiny" + bad
    assert "cannot be shown" not in html


def test_pictures_and_tables_are_named(read: Read) -> None:
    pictures, tables = read.named("svg"), read.named("table")
    assert len(pictures) >= 9 and all(p["role"] == "img" and p["aria-label"] for p in pictures)
    # A picture of few boxes is not blown up to the width of the page.
    assert all("width" in p or "max-width" in str(p["style"]) for p in pictures)
    assert len(tables) == sum(tag == "caption" for tag, _ in read.tags) == 7
    assert all(th.get("scope") in ("row", "col") for th in read.named("th"))
    names = " ".join(str(p["aria-label"]) for p in pictures)
    for what in ("Roofline", "Timeline", "Where the time of the stepped run goes", "FLOPs against",
                 "layer 0, cycle 2, head 1 of 2"):  # fmt: skip
        assert what in names


def test_every_cycle_is_on_the_timeline_and_every_counted_one_under_the_roof(
    found: Comparison,
) -> None:
    html = found.html()
    roof = html[html.index('aria-label="Roofline') :]
    roof = roof[: roof.index("</svg>")]
    line = html[html.index('aria-label="Timeline') :]
    line = line[: line.index("</svg>")]
    for cycle in found.cycles:
        name = f"<title>{cycle.number} · {cycle.label}:"
        assert name in line
        assert (name in roof) == bool(cycle.flops)


def test_rows_that_failed_say_why(read: Read) -> None:
    words = " ".join(read.words)
    assert "compile did not run: no compiler" in words and "too long" in words


def test_the_least_there_can_be() -> None:
    html = bare().html()
    read = Read(html)
    assert "cannot be shown" not in html
    assert " ".join(read.words).count("it failed") == 2 * (len(bare().rows) - 1)


def test_without_a_peak(found: Comparison) -> None:
    made = Comparison(found.setup, found.rows, found.order, found.overhead, found.cycles)
    html = made.html()
    Read(html)
    assert "cannot be shown" not in html
    assert "The peak of this machine was not measured." in html


def test_a_part_that_fails_does_not_take_the_page_with_it(
    found: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> str:
        raise ValueError("<b>no</b>")

    monkeypatch.setattr(page, "heat_svg", broken)
    html = found.html()
    Read(html)
    assert "(attention cannot be shown: ValueError: &lt;b&gt;no&lt;/b&gt;)" in html
    assert 'aria-label="Roofline' in html


def test_a_notebook_gets_the_report_without_the_page(found: Comparison) -> None:
    html = found._repr_html_()
    read = Read(html)
    assert html.startswith('<div class="cyclesim-report">') and not read.named("script")


def test_it_speaks_the_language(found: Comparison) -> None:
    with speaking("zh"):
        html = found.html()
    Read(html)
    assert '<html lang="zh">' in html


def test_colours_can_be_told_from_the_ground() -> None:
    assert set(UNITS_ON_WHITE) == set(UNITS)
    tones = {f"u-{u}": (UNITS_ON_WHITE[u], UNIT_COLOURS[u]) for u in UNITS}
    tones |= dict(KINDS)
    tones |= {n: t for n, t in TONES.items() if n not in ("ground", "line", "faint")}
    for name, both in tones.items():
        # What words are written in is read, the rest is only seen.
        least = 4.5 if name in ("ink", "soft", "good", "warn", "bad") else 3
        for colour, ground in zip(both, GROUND, strict=True):
            assert contrast(rgb(colour), rgb(ground)) >= least, (name, colour)


def rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def test_round_numbers() -> None:
    assert nice(2.3e6, 5) == [0, 500_000, 1_000_000, 1_500_000, 2_000_000]
    assert nice(0, 5) == [0]


def test_labels_keep_their_distance() -> None:
    places = apart([10, 11, 12, 90], 15, 0, 100)
    ordered = sorted(places)
    assert all(b - a >= 15 - 1e-9 for a, b in pairwise(ordered))
    assert places == ordered and ordered[0] >= 0 and ordered[-1] <= 100


def test_a_file_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from cyclesim.cli import main

    with pytest.raises(SystemExit) as left:
        main(["compare", "Ada", "--html", str(tmp_path / "no" / "r.html")])
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "cannot be written" in said

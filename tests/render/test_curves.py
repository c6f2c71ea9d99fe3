"""Growth as curves, and the overhead as stairs, in a terminal."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from cyclesim.render.cells import Cells
from cyclesim.render.comparison import comparison_table, comparison_text
from cyclesim.render.curves import curve_lines, curves, power
from cyclesim.render.overhead import overhead_table, stairs
from cyclesim.versus import QUANTITIES, Overhead, Quantity, Sweep, Times, fit_power

from .comparisons import bare, comparison, sweep
from .runs import FORBIDDEN, HOSTILE


def text(lines: list[list]) -> list[str]:
    return ["".join(segment.text for segment in line) for line in lines]


@pytest.mark.parametrize("quantity", QUANTITIES)
@given(width=st.integers(30, 160), height=st.integers(6, 40), ascii=st.booleans())
def test_it_fits(quantity: Quantity, width: int, height: int, ascii: bool) -> None:
    lines = text(curve_lines(sweep(), quantity, width, height, ascii=ascii))
    assert all(cell_len(line) <= width for line in lines)
    assert not ascii or "".join(lines).isascii()


def test_each_unit_and_the_step_that_grows_fastest() -> None:
    found = curves(sweep(), "flops")
    assert [(c.unit, c.step, c.letter) for c in found] == [
        ("attention", None, "A"), ("attention", "scores", "a"), ("layernorm", None, "N"),
        ("ffn", None, "F"), ("ffn", "intermediate", "f"),
    ]  # fmt: skip
    assert [round(c.fit.exponent, 6) for c in found if c.fit and c.step] == [2, 1]


def test_every_length_has_its_letter_and_the_legend_its_power() -> None:
    lines = text(curve_lines(sweep(), "flops", 90, 30))
    drawn = "\n".join(lines[:31])
    # N shares no cell with another curve, so that each of its three points is seen.
    assert len(re.findall("N", drawn)) == 3
    assert re.search(r"^ +16 +32 +64 *$", lines[30], re.MULTILINE)
    legend = "\n".join(lines[31:])
    assert "a attention scores n^2.00 (R² 1.000)" in legend
    assert "F ffn n^1.00 (R² 1.000)" in legend


def test_a_sweep_without_points() -> None:
    assert curve_lines(Sweep("seq", ()), "ns", 80, 20) == []


def test_powers() -> None:
    assert power(None) == "–"
    assert power(fit_power([(1, 2.0), (2, 2.0)])) == "n^0.00"


# -- overhead ---------------------------------------------------------------------------------

LIST = st.lists(st.integers(0, 10**9), min_size=1, max_size=5).map(tuple)
OVERHEADS = st.builds(
    Overhead, st.lists(LIST, max_size=4).map(tuple), *(LIST.map(Times) for _ in range(5))
)


@given(OVERHEADS)
def test_stairs_lead_to_the_stepped_run(overhead: Overhead) -> None:
    found = stairs(overhead)
    assert found[0].start == 0 and found[-1].end == overhead.total_ns
    assert all(a.end == b.start for a, b in pairwise(found))
    assert all(s.end - s.start == s.item.ns for s in found)


@given(OVERHEADS, st.integers(60, 120), st.booleans())
def test_bars_of_the_overhead_stay_inside(overhead: Overhead, width: int, ascii: bool) -> None:
    console = Console(width=width, color_system=None)
    with console.capture() as said:
        console.print(overhead_table(overhead, Cells(ascii), width))
    assert all(cell_len(line) <= width for line in said.get().splitlines())
    assert not ascii or said.get().isascii()


# -- the whole --------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [80, 100, 160])
def test_the_whole_report_fits(width: int) -> None:
    said = comparison_text(comparison(), width)
    assert all(cell_len(line) <= width for line in said.splitlines())
    for what in ("roof 100 GFLOP/s", "small letters are cycles", "FLOPs against tokens",
                 "where the time of the stepped run goes", "compile did not run: no compiler",
                 "999: too long"):  # fmt: skip
        assert what in said


def test_side_by_side_where_there_is_room() -> None:
    lines = comparison_text(comparison(), 160).splitlines()
    assert any("FLOPs against tokens" in line and "time of the cycles" in line for line in lines)


@pytest.mark.parametrize("bad", HOSTILE)
def test_hostile_text(bad: str) -> None:
    assert not FORBIDDEN & set(comparison_text(comparison(bad)))


def test_the_least_there_can_be() -> None:
    said = comparison_text(bare())
    assert "it failed" in said and "roof" not in said


def test_ascii() -> None:
    console = Console(width=120, color_system=None, legacy_windows=False)
    options = console.options.update()
    options.encoding = "ascii"
    lines = console.render_lines(comparison_table(comparison()), options)
    assert "".join(segment.text for line in lines for segment in line).isascii()

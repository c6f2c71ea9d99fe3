"""The roofline in a terminal: every spot where its numbers say, under the roof that it has."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment

from cyclesim.cost import Peak, Work, place
from cyclesim.render.colour import UNIT_LETTERS
from cyclesim.render.loglog import Paper, decades, span
from cyclesim.render.roofline import Spot, frame, roofline, spots
from cyclesim.trace import UNITS, Unit

from .comparisons import PEAK, comparison

POSITIVE = st.floats(1e-9, 1e15)


def spot(flops: int, nbytes: int, ns: int, unit: Unit = "ffn", number: int | None = 1,
         peak: Peak = PEAK) -> Spot:  # fmt: skip
    mark = place(Work(flops, nbytes), peak, ns)
    assert mark is not None
    return Spot(mark, unit, number)


def plain(lines: list[list[Segment]]) -> list[str]:
    return ["".join(segment.text for segment in line) for line in lines]


def letters(lines: list[list[Segment]]) -> str:
    """What is drawn, without title, axis and legend."""
    return "".join(line[line.index("│" if "│" in line else "┤") + 1 :]
                   for line in plain(lines) if "│" in line or "┤" in line)  # fmt: skip


WORK = st.lists(
    st.tuples(st.integers(1, 10**13), st.integers(1, 10**12), st.integers(1, 10**11),
              st.sampled_from(UNITS)),
    min_size=1, max_size=12,
)  # fmt: skip


@given(WORK, st.floats(1e6, 1e16), st.floats(1e6, 1e14), st.integers(30, 200), st.integers(8, 60),
       st.booleans())  # fmt: skip
def test_it_fits_whatever_is_drawn(
    work: list[tuple[int, int, int, Unit]], flops: float, bandwidth: float, width: int, height: int,
    ascii: bool,
) -> None:  # fmt: skip
    peak = Peak(flops, bandwidth)
    shown = [spot(f, b, ns, unit, i, peak) for i, (f, b, ns, unit) in enumerate(work)]
    lines = plain(roofline(shown, peak, width, height, ascii=ascii))
    assert len(lines) == height
    assert all(cell_len(line) <= width for line in lines)
    assert not ascii or "".join(lines).isascii()


def test_everything_lies_within_the_frame() -> None:
    found = comparison()
    shown = spots(found)
    (left, right), (low, high) = frame(shown, PEAK)
    assert all(left < s.mark.intensity < right and low < s.achieved < high for s in shown)
    assert left < PEAK.ridge < right and low < PEAK.flops < high


def test_cycles_are_small_and_units_large() -> None:
    found = comparison()
    drawn = letters(roofline(spots(found), PEAK, 100, 30))
    # A unit of one cycle lies on top of it.
    assert {"A", "F", "N", "a"} <= set(drawn) and "f" not in drawn
    # Without arithmetic, or where it is not counted, there is no place on logarithmic axes.
    assert not {"e", "E", "?"} & set(drawn)


def test_more_arithmetic_a_byte_is_to_the_right_and_faster_is_above() -> None:
    slow, fast = spot(10**6, 10**6, 10**6, "ffn"), spot(10**8, 10**6, 10**6, "attention")
    lines = plain(roofline([slow, fast], PEAK, 80, 24))
    (y1, x1), (y2, x2) = (
        next((y, line.index(letter)) for y, line in enumerate(lines[1:-1]) if letter in line)
        for letter in (UNIT_LETTERS["ffn"], UNIT_LETTERS["attention"])
    )
    assert x1 < x2 and y1 > y2


def test_the_cycle_pointed_out_is_on_top() -> None:
    under = spot(10**6, 10**6, 10**6, "ffn")
    over = Spot(under.mark, "attention", 2, chosen=True)
    drawn = letters(roofline([over, under], PEAK, 80, 24))
    assert "A" in drawn and "F" not in drawn


def test_a_slope_a_ridge_and_a_roof() -> None:
    lines = plain(roofline([spot(10**6, 10**6, 10**6)], PEAK, 80, 24))
    drawn = "\n".join(lines[1:-3])
    assert "/" in drawn and "--" in drawn
    assert "roof 100 GFLOP/s, 10 GB/s, ridge at 10 FLOP/byte" in lines[0]


@pytest.mark.parametrize(("width", "height"), [(29, 20), (80, 7)])
def test_where_there_is_no_room_nothing_is_drawn(width: int, height: int) -> None:
    assert roofline([spot(1, 1, 1)], PEAK, width, height) == []


def test_nothing_to_draw() -> None:
    assert roofline([], PEAK, 80, 24) == []
    assert roofline([spot(0, 100, 10)], PEAK, 80, 24) == []


@given(POSITIVE, POSITIVE)
def test_decades_are_powers_of_ten_within(one: float, other: float) -> None:
    low, high = sorted((one, other))
    found = decades(low, high)
    assert all(low * (1 - 1e-6) <= x <= high * (1 + 1e-6) for x in found)
    assert len(found) >= math.floor(math.log10(high / low))


@given(st.lists(POSITIVE, min_size=1, max_size=9))
def test_a_span_holds_its_values(values: list[float]) -> None:
    low, high = span(values)
    assert low < min(values) and max(values) < high
    assert math.log10(high / low) >= 0.999


def test_numbers_of_an_axis_do_not_run_into_each_other() -> None:
    paper = Paper(40, 8, (1, 1000), (1, 10), lambda x: f"{x:,.0f} tokens", str,
                  (100.0, 110.0, 120.0, 900.0))  # fmt: skip
    text = plain(paper.lines())[-1]
    assert "100 tokens" in text and "110" not in text

"""Exact rules for numbers with units."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclesim.render.units import amount, duration, factor, flops, number, rate, size


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (flops(1600), "1.6 kFLOP"),
        (flops(0), "0 FLOP"),
        (flops(999), "999 FLOP"),
        (flops(1_234_567), "1.23 MFLOP"),
        (flops(999_500), "1 MFLOP"),
        (flops(None), "–"),
        (size(4100), "4.1 kB"),
        (size(999_999), "1 MB"),
        (size(5_300_000), "5.3 MB"),
        (duration(9000), "9 µs"),
        (duration(9049), "9.05 µs"),
        (duration(999.96), "1 µs"),
        (duration(1), "1 ns"),
        (duration(0.5), "0.5 ns"),
        (duration(1_234_000), "1.23 ms"),
        (duration(2e9), "2 s"),
        (duration(119.9e9), "120 s"),
        (duration(125e9), "2 min 5 s"),
        (duration(9000, ascii=True), "9 us"),
        (duration(math.nan), "–"),
        (factor(1.066), "×1.07"),
        (factor(1.0), "×1"),
        (factor(None), "–"),
        (rate(2400, 1000), "2.4 GFLOP/s"),
        (rate(2400, 0), "–"),
        (rate(2400, None), "–"),
        (number(1234.5), "1230"),
        (number(-0.05004), "-0.05"),
        (number(100), "100"),
        (number(math.inf), "inf"),
        (amount(1e21), "1000 E"),
        (amount(2500), "2.5 k"),
    ],
)
def test_examples(made: str, expected: str) -> None:
    assert made == expected


@given(st.integers(0, 10**20))
def test_three_digits_always_and_never_off_by_more_than_half_a_percent(value: int) -> None:
    text, _, unit = amount(value, "B").partition(" ")
    scale = 1000.0 ** ["B", "kB", "MB", "GB", "TB", "PB", "EB"].index(unit)
    assert len(text.replace(".", "").lstrip("0")) <= 3
    assert float(text) < 1000
    assert float(text) * scale == pytest.approx(value, rel=0.0051)

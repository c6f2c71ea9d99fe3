"""Histogram and figures: they agree with NumPy, and no number is lost."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cyclesim.render.figures import PERCENTILES, Figures, Histogram
from cyclesim.render.scale import HUGE

ANY = st.one_of(
    st.floats(-1e6, 1e6),
    st.floats(-1e-200, 1e-200),
    st.sampled_from([math.nan, math.inf, -math.inf, -3.4e38, 0.0]),
)
ARRAYS = hnp.arrays(np.float64, st.integers(0, 300), elements=ANY)


@given(values=ARRAYS, bins=st.integers(1, 30))
def test_no_number_is_lost(values: np.ndarray, bins: int) -> None:
    found = Histogram.of(values, bins)
    assert sum(found.counts) + found.nan + found.low + found.high == values.size
    assert len(found.counts) <= bins
    if found.counts:
        assert len(found.edges) == len(found.counts) + 1
        assert list(found.edges) == sorted(found.edges)


@given(values=hnp.arrays(np.float64, st.integers(1, 300), elements=st.floats(-1e6, 1e6)),
       bins=st.integers(2, 30))  # fmt: skip
def test_each_bin_counts_its_own(values: np.ndarray, bins: int) -> None:
    found = Histogram.of(values, bins)
    edges = found.edges
    for place, count in enumerate(found.counts):
        inside = (values >= edges[place]) & (values < edges[place + 1])
        if place == len(found.counts) - 1:
            inside |= values == edges[-1]
        assert count == np.count_nonzero(inside)


def test_edges_are_round() -> None:
    found = Histogram.of(np.linspace(0.03, 0.97, 50), 10)
    assert found.edges == pytest.approx(tuple(i / 10 for i in range(11)), abs=0)


@given(values=ARRAYS)
def test_figures_are_numpys(values: np.ndarray) -> None:
    found = Figures.of(values)
    numbers = values[np.abs(values) < HUGE]
    assert found.size == values.size == numbers.size + found.nan + found.low + found.high
    assert found.nan == np.isnan(values).sum()
    assert found.zeros == (numbers == 0).sum()
    if not numbers.size:
        assert math.isnan(found.mean)
        return
    assert (found.min, found.max) == (numbers.min(), numbers.max())
    assert found.mean == pytest.approx(numbers.mean())
    assert found.std == pytest.approx(numbers.std())
    assert found.norm == pytest.approx(math.sqrt((numbers**2).sum()))
    assert found.percentiles == pytest.approx(np.percentile(numbers, PERCENTILES))

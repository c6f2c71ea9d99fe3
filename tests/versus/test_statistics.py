"""Ratios of noisy times: what is significant, what agrees, and what stays within noise."""

from __future__ import annotations

from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclesim.versus import Ratio, Times, noise_floor, ratio

RAW = st.lists(st.integers(1, 10**12), min_size=1, max_size=40).map(tuple)


def noisy(rng: np.random.Generator, level: float, count: int, draws: int = 1) -> Times:
    """Times around `level` with a long tail, as a busy machine gives them."""
    factors = rng.lognormal(0.0, 0.25, count * draws)
    return Times(tuple(int(level * f) for f in factors), draws)


@given(RAW)
def test_median_and_quartiles_are_in_order(raw: tuple[int, ...]) -> None:
    times = Times(raw)
    low, high = times.quartiles
    assert min(raw) <= low <= times.median_ns + 1 and times.median_ns - 1 <= high <= max(raw)
    assert abs(times.median_ns - median(raw)) <= 0.5
    assert times.spread_ns == high - low


def test_no_times() -> None:
    assert (Times().median_ns, Times().quartiles) == (0, (0, 0))
    assert ratio(Times(), Times((1, 2))) is None
    assert noise_floor(Times()) == 1.0


@given(RAW, st.floats(1, 5))
def test_an_interval_holds_its_ratio(raw: tuple[int, ...], floor: float) -> None:
    base = Times(tuple(n for n in raw for _ in range(2)), 2)
    found = ratio(base, Times(tuple(reversed(raw))), floor=floor)
    assert found is not None
    assert found.low <= found.value / floor and found.value * floor <= found.high


def test_the_same_lists_give_the_same_interval() -> None:
    base, other = Times((10, 12, 9, 11), 2), Times((5, 6))
    assert ratio(base, other) == ratio(base, other)


def test_a_clear_difference_is_significant_and_equal_things_are_not() -> None:
    rng = np.random.default_rng(1)
    base, same, third = (noisy(rng, 1e6, 20, 2), noisy(rng, 1e6, 20), noisy(rng, 3.3e5, 20))
    floor = noise_floor(base)
    assert 1 < floor < 1.6
    equal, faster = ratio(base, same, floor=floor), ratio(base, third, floor=floor)
    assert equal is not None and not equal.significant
    assert faster is not None and faster.significant and faster.value > 2


def test_a_batch_is_counted_by_its_sequences() -> None:
    found = ratio(Times((100, 100), 2), Times((200,)), per=4)
    assert found is not None and found.value == 2


@pytest.mark.parametrize("speedup", [1.0, 2.0])
def test_two_calls_in_a_row_agree_within_what_they_print(speedup: float) -> None:
    rng = np.random.default_rng(7)
    agreed = 0
    for _ in range(100):
        calls = []
        for slow in (1.0, rng.lognormal(0, 0.5)):  # the whole machine is slower the second time
            base = noisy(rng, 1e6 * slow, 8, 2)
            other = noisy(rng, 1e6 * slow / speedup, 8)
            calls.append(ratio(base, other, floor=noise_floor(base)))
        first, second = calls
        assert first is not None and second is not None
        agreed += first.agrees(second)
    assert agreed >= 99


def test_ratios_that_do_not_meet_do_not_agree() -> None:
    one, other = Ratio(1, 0.9, 1.1), Ratio(2, 1.2, 3)
    assert not one.agrees(other) and not other.agrees(one) and one.agrees(one)

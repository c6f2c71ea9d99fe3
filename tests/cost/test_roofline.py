"""The roofline: places work under the roofs of a machine, whatever the numbers."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclesim.cost import Peak, Work, place, work_of
from cyclesim.trace import Cycle

RATES = st.floats(1e6, 1e15)
COUNTS = st.integers(1, 10**15)


@given(RATES, RATES, COUNTS, COUNTS, COUNTS)
def test_work_is_under_its_roof(
    flops: float, bandwidth: float, work: int, moved: int, ns: int
) -> None:
    peak = Peak(flops, bandwidth)
    mark = place(Work(work, moved), peak, ns)
    assert mark is not None and mark.share is not None and mark.achieved is not None
    assert mark.roof <= peak.flops * (1 + 1e-9)
    assert (mark.bound == "compute") == (mark.intensity >= peak.ridge)
    # The share of the least time and the share of the roof's FLOP/s are the same share.
    assert mark.share == pytest.approx(mark.achieved / mark.roof, rel=1e-6)
    fastest = place(Work(work, moved), peak, mark.least_ns)
    assert fastest is not None and fastest.share == pytest.approx(1.0)


@given(RATES, RATES, st.floats(1e-6, 1e6), st.floats(1e-6, 1e6))
def test_the_roof_never_falls(flops: float, bandwidth: float, one: float, other: float) -> None:
    peak = Peak(flops, bandwidth)
    low, high = sorted((one, other))
    assert peak.roof(low) <= peak.roof(high)
    assert peak.roof(peak.ridge) == pytest.approx(peak.flops)


def test_without_arithmetic_memory_is_the_roof() -> None:
    mark = place(Work(0, 1000), Peak(1e9, 1e9), ns=2000)
    assert mark is not None
    assert (mark.bound, mark.intensity, mark.share) == ("memory", 0.0, 0.5)


def test_what_moves_nothing_or_has_no_time_has_no_share() -> None:
    assert place(Work(0, 0), Peak(1e9, 1e9), ns=10) is None
    mark = place(Work(8, 8), Peak(1e9, 1e9))
    assert mark is not None and mark.share is None and mark.achieved is None


def test_cycles_add_up_and_unknown_operations_have_no_work() -> None:
    known = Cycle(0, "ffn", "a", "", 1, "add", flops=4, bytes_read=32, bytes_written=16)
    nop = Cycle(1, "ffn", "b", "", 1, "some_dropout", nop=True)
    unknown = Cycle(2, "ffn", "c", "", 1, "my_own_kernel", bytes_read=8)
    assert work_of([known, known, nop]) == Work(8, 96)
    assert work_of([known, unknown]) is None


@given(RATES, RATES, st.text(), st.text(), st.integers(0, 1000))
def test_a_peak_survives_its_json(
    flops: float, bandwidth: float, device: str, dtype: str, threads: int
) -> None:
    peak = Peak(flops, bandwidth, device, dtype, threads)
    assert Peak.from_json(peak.as_json()) == peak


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["flops", "bandwidth", "device", "dtype", "threads"]) | st.text(), inner
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_anything_else_is_no_peak(content: object) -> None:
    peak = Peak.from_json(content)
    assert peak is None or (math.isfinite(peak.flops) and peak.bandwidth > 0)


@pytest.mark.parametrize("wrong", [0.0, -1.0, math.nan, math.inf])
def test_a_peak_is_a_positive_number(wrong: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        Peak(wrong, 1.0)
    with pytest.raises(ValueError, match="positive"):
        Peak(1.0, wrong)

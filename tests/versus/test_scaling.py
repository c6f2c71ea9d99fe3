"""Powers fitted to curves."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclesim.versus import Part, Point, Sweep, Times, fit_power


@given(
    st.floats(-3, 3),
    st.floats(1e-3, 1e9),
    st.lists(st.integers(1, 4096), min_size=2, max_size=8, unique=True),
)
def test_a_power_law_is_found_again(exponent: float, factor: float, lengths: list[int]) -> None:
    fit = fit_power([(n, factor * n**exponent) for n in lengths])
    assert fit is not None
    assert math.isclose(fit.exponent, exponent, abs_tol=1e-6)
    assert math.isclose(fit(lengths[0]), factor * lengths[0] ** exponent, rel_tol=1e-6)
    assert fit.r2 is None or fit.r2 > 0.999 or abs(exponent) < 1e-5


def test_what_does_not_grow_has_power_zero_and_no_r2() -> None:
    fit = fit_power([(16, 5.0), (32, 5.0)])
    assert fit is not None and fit.exponent == 0 and fit.r2 is None


@pytest.mark.parametrize("points", [[], [(16, 1.0)], [(16, 1.0), (16, 2.0)], [(1, 0.0), (2, 0.0)]])
def test_too_few_points(points: list[tuple[int, float]]) -> None:
    assert fit_power(points) is None


def test_noise_is_seen_in_r2() -> None:
    fit = fit_power([(16, 1.0), (32, 9.0), (64, 2.0), (128, 8.0)])
    assert fit is not None and fit.r2 is not None and fit.r2 < 0.7


def sweep() -> Sweep:
    def point(n: int) -> Point:
        parts = (
            Part("attention", "scores", 1, Times((n * n, n * n)), 2 * n * n, 8 * n * n, 4 * n * n),
            Part("attention", "query", 1, Times((n, n)), 100 * n, 9 * n, 4 * n),
            Part("ffn", "intermediate", 1, Times((7 * n, 7 * n)), 400 * n, 12 * n, 4 * n),
        )
        return Point(n, Times((9 * n, 9 * n)), parts)

    return Sweep("seq", (point(16), point(32), point(64), Point(999, failed="too long")), "a note")


def test_a_unit_lies_between_its_steps() -> None:
    found = sweep()
    for quantity in ("ns", "flops", "nbytes", "kept"):
        square = found.fit(quantity, "attention", "scores")
        line = found.fit(quantity, "attention", "query")
        unit = found.fit(quantity, "attention")
        assert square and line and unit
        assert math.isclose(square.exponent, 2) and math.isclose(line.exponent, 1)
        assert 1 < unit.exponent < 2


def test_what_failed_is_in_the_json_and_in_no_fit() -> None:
    found = sweep()
    content = found.to_json()
    assert [p["length"] for p in content["points"]] == [16, 32, 64, 999]
    assert content["points"][3]["failed"] == "too long"
    assert all([n for n, _ in fit["points"]] == [16, 32, 64] for fit in content["fits"])


def test_every_fit_follows_from_the_points_in_the_json() -> None:
    content = sweep().to_json()
    keys = {"ns": "times", "flops": "flops", "nbytes": "nbytes", "kept": "kept"}
    for fit in content["fits"]:
        points = []
        for point in content["points"]:
            values = [
                part["times"]["median_ns"]
                if fit["quantity"] == "ns"
                else part[keys[fit["quantity"]]]
                for part in point["parts"]
                if fit["unit"] in (None, part["unit"]) and fit["step"] in (None, part["step"])
            ]
            if values:
                points.append((point["length"], float(sum(values))))
        assert points == [tuple(p) for p in fit["points"]]
        again = fit_power(points)
        assert again is not None and again.exponent == fit["exponent"]

"""The items of the overhead add up to the stepped run, whatever was measured."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cyclesim.versus import Overhead, Times

TIMES = st.lists(st.integers(0, 10**10), min_size=1, max_size=9).map(tuple)
LISTS = TIMES.map(Times)


@given(st.lists(TIMES, max_size=6).map(tuple), LISTS, LISTS, LISTS, LISTS, LISTS)
def test_the_items_add_up_to_the_nanosecond(
    cycles: tuple[tuple[int, ...], ...],
    untraced: Times,
    traced: Times,
    forward: Times,
    host: Times,
    stepped: Times,
) -> None:
    found = Overhead(cycles, untraced, traced, forward, host, stepped)
    content = found.to_json()
    assert sum(item.ns for item in found.items) == found.total_ns == stepped.median_ns
    assert sum(item["ns"] for item in content["items"]) == content["total_ns"]


def test_each_item_is_what_its_formula_says() -> None:
    found = Overhead(
        cycles=((10, 30, 20), (5, 5, 5)),
        untraced=Times((40, 40), 2),
        traced=Times((55,)),
        stepped_forward=Times((100,)),
        host=Times((7,)),
        stepped=Times((120,)),
    )
    assert [(item.name, item.ns) for item in found.items] == [
        ("op time", 25),
        ("Python and dispatch", 15),
        ("recording", 15),
        ("pausing", 45),
        ("input and output", 7),
        ("remainder", 13),
    ]

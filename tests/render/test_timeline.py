"""The pipeline diagram: nothing is lost, nothing overtakes what it reads, waiting is seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclesim.render.timeline import ORDERS, ZOOMS, Order, Pipelines, Zoom
from cyclesim.trace import UNITS, Call, Cycle, Value
from tests.tui import fake


@st.composite
def runs(draw: st.DrawFn) -> list[Cycle]:
    """Random cycles of random units and layers, each reading some before it."""
    size = draw(st.integers(1, 40))
    cycles: list[Cycle] = []
    for number in range(size):
        before = st.integers(0, number - 1)
        sources = draw(st.lists(before, max_size=3, unique=True)) if number else []
        layer = draw(st.none() | st.integers(0, 2))
        stack = (Call("", 1, "Model"),)
        if layer is not None:
            stack += (Call(f"encoder.layer.{layer}", 1, "Layer"),)
        cycles.append(
            Cycle(
                number, draw(st.sampled_from(UNITS)), f"step{number}", "", 1, "op", stack=stack,
                layer=layer, inplace=draw(st.booleans()),
                inputs=tuple(Value("input", (1,), "float32", source=s) for s in sources),
            )
        )  # fmt: skip
    return cycles


zooms, orders = st.sampled_from(ZOOMS), st.sampled_from(ORDERS)


@given(runs(), zooms, orders, st.data())
def test_every_cycle_stands_in_one_cell(
    cycles: list[Cycle], zoom: Zoom, order: Order, data: st.DataObject
) -> None:
    here = data.draw(st.integers(0, len(cycles) - 1))
    pictures = Pipelines(cycles)
    picture = pictures.picture(zoom, order, here)
    cells = [
        (n, row, column)
        for row in range(len(picture.rows))
        for column in picture.columns
        for n in picture.cell(row, column)
    ]
    part = pictures.parts[pictures.part(here)]
    shown = range(part.first, part.last + 1) if zoom == "steps" else range(len(cycles))
    assert here in shown
    assert sorted(n for n, _, _ in cells) == list(shown)
    assert all((picture.row[n], picture.column[n]) == (r, c) for n, r, c in cells)
    assert sorted(n for row in picture.rows for n in row.numbers) == list(shown)
    assert sorted(picture.sequence) == list(shown)
    assert picture.widest == max(
        len(picture.cell(r, c)) for r in range(len(picture.rows)) for c in picture.columns
    )
    # No column at either end is empty.
    assert {min(picture.columns), max(picture.columns)} <= set(picture.column.values())


@given(runs())
def test_data_order_never_overtakes_a_source(cycles: list[Cycle]) -> None:
    pictures = Pipelines(cycles)
    picture = pictures.picture("layers", "data")
    for cycle in cycles:
        before = [picture.column[n] for n in (*cycle.sources, *pictures.flow.waits[cycle.number])]
        # As early as its data allow: one column after the last of them, and not later.
        assert picture.column[cycle.number] == max(before, default=-1) + 1
    assert len(picture.columns) == max(pictures.flow.schedule()) + 1 <= len(cycles)


@given(runs(), orders)
def test_what_waits_has_its_data_and_has_not_been_used(cycles: list[Cycle], order: Order) -> None:
    pictures = Pipelines(cycles)
    picture = pictures.picture("layers", order)
    for cycle in cycles:
        number = cycle.number
        first, last = pictures.wait(number, order)
        if order == "run":
            assert all(source < first for source in cycle.sources)
            assert last == number - 1
        else:
            readers = [picture.column[r] for r in pictures.flow.consumers[number]]
            assert first == picture.column[number] + 1
            assert last == min(readers, default=first) - 1
            row = picture.row[number]
            assert all(picture.waits(row, column) for column in range(first, last + 1))


@given(runs(), zooms, orders, st.data())
def test_the_arrows_reach_everything(
    cycles: list[Cycle], zoom: Zoom, order: Order, data: st.DataObject
) -> None:
    here = data.draw(st.integers(0, len(cycles) - 1))
    picture = Pipelines(cycles).picture(zoom, order, here)
    walked = [picture.sequence[0]]
    while (after := picture.beside(walked[-1], 1)) is not None:
        assert picture.beside(after, -1) == walked[-1]
        assert picture.column[after] >= picture.column[walked[-1]]
        walked.append(after)
    assert walked == list(picture.sequence)
    for by in (1, -1):
        other = picture.above(here, by)
        if other is None:
            assert picture.row[here] == (0 if by > 0 else len(picture.rows) - 1)
            continue
        assert picture.row[other] == picture.row[here] - by
        apart = [abs(picture.column[n] - picture.column[here])
                 for n in picture.rows[picture.row[other]].numbers]  # fmt: skip
        assert abs(picture.column[other] - picture.column[here]) == min(apart)


def test_query_key_and_value_stand_in_one_column() -> None:
    cycles = fake.make_cycles()
    pictures = Pipelines(cycles)
    query = next(c.number for c in cycles if c.step == "query")
    scores = next(c.number for c in cycles if c.step == "scores")
    context = next(c.number for c in cycles if c.step == "context")
    steps = pictures.picture("steps", "data", query)
    key, value = query + 1, query + 2
    assert steps.column[query] == steps.column[key] == steps.column[value]
    assert len({steps.row[query], steps.row[key], steps.row[value]}) == 3
    # The value waits for the context, while the scores are computed.
    waiting = range(steps.column[value] + 1, steps.column[context])
    assert steps.column[scores] in waiting
    assert all(steps.waits(steps.row[value], column) for column in waiting)
    assert not steps.waits(steps.row[query], steps.column[scores])
    # Seen from the layer, they are one cell of three.
    layers = pictures.picture("layers", "data")
    assert layers.cell(layers.row[query], layers.column[query]) == (query, key, value)
    assert pictures.picture("layers", "run").widest == 1


def test_rows_are_named_after_what_they_are() -> None:
    pictures = Pipelines(fake.make_cycles())
    whole = pictures.picture("units", "run")
    assert [r.title for r in whole.rows] == list(whole.units)
    layers = [r.title for r in pictures.picture("layers", "run").rows]
    assert layers == ["input", "embedding", "layer 0", "layer 1", "classifier", "output"]
    steps = [r.title for r in pictures.picture("steps", "run", 5).rows]
    assert steps[:4] == ["4 query", "5 key", "6 value", "7 scores"]


@pytest.mark.parametrize("zoom", ZOOMS)
@pytest.mark.parametrize("order", ORDERS)
def test_an_empty_run_is_an_empty_picture(zoom: Zoom, order: Order) -> None:
    picture = Pipelines(()).picture(zoom, order)
    assert not picture.rows
    assert not picture.columns
    assert picture.widest == 0

"""Two runs laid side by side: nothing is lost, nothing twice, and each run keeps its order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cyclesim
from cyclesim.language import speaking
from cyclesim.machine.variant import with_attention
from cyclesim.render.heatmap import Matrix
from cyclesim.trace import ArrayData, Trace, Value
from cyclesim.tui.compare.alignment import compare_runs
from cyclesim.tui.compare.findings import answers, summary
from cyclesim.tui.compare.twins import Twins
from tests.tui import fake
from tests.tui.conftest import TEXT

COUNT = len(fake.make_cycles())


def run(cycles, *, complete=True, result=None) -> Trace:
    cycles = [replace(c, number=i) for i, c in enumerate(cycles)]
    return Trace(fake.header(), cycles, complete=complete, result=result or fake.RESULT)


@pytest.fixture(scope="module")
def runs(tiny_machine):
    """The same text, eager and fused."""
    fused = with_attention(tiny_machine, "sdpa")
    return cyclesim.trace(tiny_machine, TEXT), cyclesim.trace(fused, TEXT)


@given(*[st.sets(st.integers(0, COUNT - 1))] * 2, st.booleans())
@settings(max_examples=60)
def test_every_cycle_has_its_place_and_each_run_its_order(less_a, less_b, complete):
    cycles = fake.make_cycles()
    a = run([c for i, c in enumerate(cycles) if i not in less_a])
    b = run([c for i, c in enumerate(cycles) if i not in less_b], complete=complete)
    found = compare_runs("other", a, b)
    for side, trace in (("a", a), ("b", b)):
        numbers = [getattr(c, side).number for c in found.columns if getattr(c, side) is not None]
        assert numbers == list(range(len(trace))), side
    for column in found.columns:
        assert (column.kind == "pair") == (column.a is not None and column.b is not None)
        if column.kind == "waiting":
            assert not complete
            assert column.b is None
    assert not found.differences
    assert len(found.found.cycles) == sum(c.kind == "pair" for c in found.columns)


@given(st.integers(0, COUNT - 1), st.integers(0, COUNT))
@settings(max_examples=30)
def test_the_first_difference_is_where_a_number_was_changed(changed, ran):
    a, b = fake.make_cycles(), fake.make_cycles()
    (old,) = b[changed].outputs
    data = np.array(old.numpy()) + 1
    b[changed].outputs = (Value(old.name, old.shape, old.dtype, data=ArrayData(data)),)
    found = compare_runs("other", run(a[:ran], complete=ran == len(a)), run(b))
    expected = (changed,) if changed < ran else ()
    assert found.differences == expected
    first = found.found.first_difference
    assert (first.a.number if first else None) == (changed if changed < ran else None)
    waiting = [c.b.number for c in found.columns if c.kind == "waiting"]
    assert waiting == list(range(ran, len(b)))
    assert not found.found.only_b  # what has not run so far is no finding


@pytest.mark.parametrize("turned", [False, True])
def test_a_fused_kernel_stands_opposite_all_the_steps_it_stands_for(runs, turned):
    ours, theirs = reversed(runs) if turned else runs
    found = compare_runs("other", ours, theirs)
    fused = [c for c in found.columns if c.kind == "fused"]
    kernel, step = ("a", "b") if turned else ("b", "a")
    assert {getattr(c, kernel).op for c in fused} == {"scaled_dot_product_attention"}
    names = [
        getattr(c, step).step for c in fused if getattr(c, kernel) is getattr(fused[0], kernel)
    ]
    assert names == ["scores", "scale", "softmax", "dropout", "context"]
    assert all(c.kind in ("pair", "fused") for c in found.columns)
    twins = Twins(found)
    made = {}
    for place, column in enumerate(found.columns):
        if column in fused:
            made.setdefault(getattr(column, step).step, twins.at(place, 0, 1))
    for name in ("scale", "softmax", "context"):
        twin = made[name]
        assert isinstance(twin.delta, Matrix), name
        assert twin.apart.found.max_abs < 1e-5, name
    twin = made["softmax"]
    assert [side.slot.value.kind == "recomputed" for side in (twin.a, twin.b)] == [
        turned,
        not turned,
    ]
    assert "cannot be seen there" in made["scores"].delta


def test_both_sides_have_one_scale_and_the_difference_is_a_minus_b(runs):
    found = compare_runs("other", *runs)
    twins = Twins(found)
    for place, column in enumerate(found.columns):
        for tensor in range(len(twins.at(place, 0, 0).titles)):
            twin = twins.at(place, tensor, 0)
            if not isinstance(twin.delta, Matrix):
                assert twin.delta, (column, tensor)  # a sentence says why
                continue
            a, b = twin.a.drawn, twin.b.drawn
            assert a.scale == b.scale
            unit = 10.0**twin.exponent
            expected = np.asarray(a.values[:, :]) - np.asarray(b.values[:, :])
            assert np.allclose(np.asarray(twin.delta.values[:, :]) * unit, expected, atol=1e-12)
            if tensor == 0 and column.found is not None:
                assert twin.apart.found.max_abs == column.found.max_abs
            assert (twin.apart.unequal > 0) == twin.apart.found.differs


def test_two_texts_are_aligned_by_step_and_say_why_cells_cannot_be_compared(tiny_machine):
    ours = cyclesim.trace(tiny_machine, TEXT)
    theirs = cyclesim.trace(tiny_machine, "Bob met Ada")
    found = compare_runs("other", ours, theirs)
    assert {c.kind for c in found.columns} == {"pair"}
    number = ours.find(step="softmax")[0].number
    twin = Twins(found).at(found.column_of(number), 0, 0)
    assert twin.delta == "They cannot be compared cell by cell: 8 tokens against 5."
    assert twin.a.drawn.values.shape == (8, 8)
    assert twin.b.drawn.values.shape == (5, 5)
    assert next(summary(found)).startswith("The texts are not the same.")


def test_the_summary_says_what_was_found():
    cycles = fake.make_cycles()
    same = compare_runs("other", run(cycles), run(fake.make_cycles(), result={"text": "no"}))
    expected = f"Every number is the same in {COUNT} of {COUNT} cycles."
    assert list(summary(same)) == [f"The answers cannot be compared. {expected}"]
    nothing = compare_runs("other", run(cycles[:1]), run(cycles[5:6]))
    assert list(summary(nothing)) == ["The two runs have no cycle in common."]


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (
            {"tokens": [{"text": "Ada", "label": "PER", "score": 0.9}]},
            {"tokens": [{"text": "Ada", "label": "LOC", "score": 0.8}]},
            [("Ada", "PER 90.0%", "LOC 80.0%", False)],
        ),
        (
            {"label": "good", "score": 0.9, "scores": {"good": 0.9, "bad": 0.1}},
            {"label": "good", "score": 0.7, "scores": {"good": 0.7, "ugly": 0.3}},
            [
                ("answer", "good", "good", True),
                ("good", "90.0%", "70.0%", True),
                ("ugly", "", "30.0%", None),
                ("bad", "10.0%", "", None),
            ],
        ),
        ({"text": "one"}, {"text": "two"}, [("text", "one", "two", False)]),
        ({}, {"text": "two"}, [("text", "", "two", None)]),  # it has not run to its end
        (
            {"tokens": [{"text": "Ada", "label": "PER", "score": 0.9}]},
            {},
            [("Ada", "PER 90.0%", "", None)],
        ),
        ({"tokens": [3]}, {"tokens": "nonsense"}, []),
    ],
)
def test_answers_stand_side_by_side(ours, theirs, expected):
    a, b = Trace(fake.header(), result=ours), Trace(fake.header(), result=theirs)
    with speaking("en"):
        assert [(x.what, x.a, x.b, x.same) for x in answers(a, b)] == expected

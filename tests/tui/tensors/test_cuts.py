"""Cuts and sources: what is drawn of a tensor is that part of it, for any rank."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclesim.trace import ArrayData, Value
from cyclesim.tui.tensors import sources
from cyclesim.tui.tensors.changes import Change
from cyclesim.tui.tensors.dimensions import Cut
from cyclesim.tui.tensors.sources import difference, mean, observed

SHAPES = st.lists(st.integers(1, 5), min_size=0, max_size=6).map(tuple)


def value_of(shape: tuple[int, ...], seed: int = 0) -> Value:
    array = np.random.default_rng(seed).standard_normal(shape)
    return Value("output", shape, "float32", nbytes=array.size * 4, data=ArrayData(array))


def cut_of(shape: tuple[int, ...], data: st.DataObject) -> Cut:
    """Any cut that keys can lead to."""
    cut = Cut.of(shape)
    for _ in range(data.draw(st.integers(0, 6)) if len(shape) > 1 else 0):
        dimension = data.draw(st.integers(0, len(shape) - 1))
        if data.draw(st.booleans()):
            cut = cut.drawing(dimension, rows=data.draw(st.booleans()))
        elif dimension in cut.leading:
            cut = cut.choosing(dimension).moved(dimension, data.draw(st.integers(-7, 7)))
    return cut


@given(shape=SHAPES, data=st.data(), small=st.booleans())
def test_a_cell_of_the_matrix_is_that_cell_of_the_tensor(shape, data, small) -> None:
    value = value_of(shape)
    cut = cut_of(shape, data)
    # Read at once, or piece by piece.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "WHOLE", 1 if small else sources.WHOLE)
        grid = observed(value).grid(cut)
        rows, columns = cut.drawn_shape
        assert grid.shape[:2] == (rows, columns)
        whole = value.numpy()
        seen = 0
        for row in range(rows):
            for column in range(columns):
                index = cut.cell(row, column)
                if index is not None:
                    seen += 1
                    assert grid[row, column] == whole[index]
                    if cut.rows is not None:
                        assert grid[row, :][column] == whole[index]
                        assert grid[:, column][row] == whole[index]
        assert cut.cell(rows, 0) is None
    if cut.rows is None:
        assert seen == value.numpy().size
    else:
        assert cut.rows != cut.columns
        assert {cut.rows, cut.columns, *cut.leading} == set(range(len(shape)))
        assert cut.chosen in (cut.leading or (None,))


@given(shape=SHAPES.filter(lambda s: len(s) > 2), data=st.data())
def test_the_mean_over_a_dimension_is_numpys(shape, data) -> None:
    value = value_of(shape)
    cut = cut_of(shape, data)
    dimension = data.draw(st.sampled_from(cut.leading))
    found = mean(observed(value), dimension)
    wanted = value.numpy().mean(axis=dimension)
    left = cut.without(dimension)
    assert left.shape == wanted.shape == found.shape
    assert np.allclose(found.read(...), wanted)
    grid = np.asarray(found.grid(left)[:, :])
    for row, column in np.ndindex(*left.drawn_shape):
        assert grid[row, column] == pytest.approx(wanted[left.cell(row, column)])


@given(shape=SHAPES, data=st.data())
def test_the_difference_is_numpys(shape, data) -> None:
    ours, theirs = value_of(shape, 1), value_of(shape, 2)
    if shape and data.draw(st.booleans()):
        theirs.data.array[(0,) * len(shape)] = ours.data.array[(0,) * len(shape)]
    found = difference(observed(ours), observed(theirs))
    wanted = ours.numpy() - theirs.numpy()
    assert np.array_equal(found.read(...), wanted)
    change = Change.of(found.read(...))
    assert change.largest == np.abs(wanted).max()
    assert change.share == pytest.approx((wanted != 0).mean())


def test_equal_infinities_differ_by_nothing() -> None:
    array = np.array([-np.inf, np.inf, 1.0, np.nan])
    value = Value("output", (4,), "float32", data=ArrayData(array))
    other = Value("output", (4,), "float32", data=ArrayData(array.copy()))
    found = difference(observed(value), observed(other)).read(...)
    assert found[:3].tolist() == [0, 0, 0]
    assert np.isnan(found[3])


def test_of_complex_numbers_the_magnitudes() -> None:
    value = Value("output", (1, 2), "complex64", data=ArrayData(np.array([[3 + 4j, 2j]])))
    assert observed(value).read(...).tolist() == [[5, 2]]


def test_one_scale_for_a_tensor_too_large_to_be_read(monkeypatch) -> None:
    value = value_of((3, 40, 50))
    whole, scope = observed(value).scale
    assert scope == "whole"
    monkeypatch.setattr(sources, "WHOLE", 10)
    monkeypatch.setattr(sources, "SAMPLE", 500)
    again, scope = observed(value).scale
    assert (again, scope) == (whole, "whole")  # its extremes are known
    change, scope = difference(observed(value), observed(value_of((3, 40, 50), 1))).scale
    assert scope == "sample"
    assert change.clipped  # nobody has seen all of them

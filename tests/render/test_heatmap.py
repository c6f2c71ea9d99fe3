"""Heatmaps: what stands at a place is the colour of the number there, and the legend is true."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from rich.cells import cell_len
from rich.segment import Segment

from cyclesim.render.heatmap import Heatmap, Matrix, cell_number
from cyclesim.render.ink import CURSOR_PLAIN, CURSOR_STYLE, PLAIN, glyph_of, style_of
from cyclesim.render.legend import legend, scale_number
from cyclesim.render.multiples import Multiples
from cyclesim.render.scale import (
    BLOCKED,
    DIVERGING,
    HUGE,
    INFINITE,
    MISSING,
    RAMP,
    SEQUENTIAL,
    SIGNED_RAMP,
    Scale,
)

ANY = st.one_of(
    st.floats(-1e4, 1e4), st.sampled_from([math.nan, math.inf, -math.inf, -3.4e38, 0.0, 1e-30])
)
MATRICES = st.tuples(st.integers(1, 30), st.integers(1, 40)).flatmap(
    lambda shape: hnp.arrays(np.float64, shape, elements=ANY, fill=st.floats(-3, 3))
)


def cells(line: list[Segment]) -> list[tuple[str, object]]:
    """Character and style at every place of a line."""
    return [(char, s.style) for s in line for char in s.text]


@settings(max_examples=150)
@given(values=MATRICES, data=st.data())
def test_every_cell_shows_its_own_number(values: np.ndarray, data: st.DataObject) -> None:
    rows, columns = values.shape
    cursor = (data.draw(st.integers(0, rows - 1)), data.draw(st.integers(0, columns - 1)))
    offset = (data.draw(st.integers(0, rows + 5)), data.draw(st.integers(0, columns + 5)))
    width, height = data.draw(st.integers(8, 90)), data.draw(st.integers(2, 30))
    plain, zoom = data.draw(st.booleans()), data.draw(st.integers(-3, 4))
    matrix = Matrix(values, (), (), Scale.of(values))
    plot = Heatmap(matrix, width, height, cursor, offset=offset, plain=plain, zoom=zoom)
    levels = matrix.scale.levels(values)
    seen = set()
    for y in range(1, plot.height):
        line = cells(plot.line(y))
        for x, (_, style) in enumerate(line):
            place = plot.cell_at(x, y)
            if place is None:
                continue
            seen.add(place)
            if place == cursor:
                assert style == (CURSOR_PLAIN if plain else CURSOR_STYLE)
            else:
                assert style == style_of(matrix.scale, int(levels[place]), plain)
    assert cursor in seen
    assert len(seen) == plot.shown[0] * plot.shown[1]
    assert plot.height <= max(height, 2)


@settings(max_examples=80)
@given(values=MATRICES, data=st.data())
def test_lines_are_as_wide_as_they_say(values: np.ndarray, data: st.DataObject) -> None:
    rows, columns = values.shape
    names = st.text("aé日本#", min_size=1, max_size=12)
    matrix = Matrix(
        values,
        tuple(data.draw(names) for _ in range(rows)),
        tuple(data.draw(names) for _ in range(columns)),
        Scale.of(values),
    )
    plot = Heatmap(matrix, 60, 20, (0, 0), zoom=data.draw(st.integers(-2, 3)))
    wide = plot.label_width + 1 + plot.shown[1] * plot.cell_width
    for y in range(1, plot.height):
        assert sum(cell_len(s.text) for s in plot.line(y)) == wide <= 60


def test_a_wrapped_vector_ends_where_it_ends() -> None:
    values = np.arange(32.0).reshape(2, 16)
    plot = Heatmap(Matrix(values, (), (), Scale.of(values), count=20), 80, 9, (0, 0))
    last = cells(plot.line(1 + plot.cell_height))
    for x, (char, style) in enumerate(last):
        place = plot.cell_at(x, 1 + plot.cell_height)
        if place is not None and place[1] >= 4:
            assert (char, style) == (" ", PLAIN)


@given(value=st.floats(-1e29, 1e29), width=st.integers(3, 15))
def test_the_number_in_a_cell_is_the_number(value: float, width: int) -> None:
    text = cell_number(value, width)
    assert len(text) <= width
    if text:
        digits = len(text.partition(".")[2]) if "." in text else 0
        assert abs(float(text) - value) <= 0.5000001 * 10.0**-digits


@given(
    values=hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 12), st.integers(1, 9), st.integers(1, 20)),
        elements=ANY,
        fill=st.floats(-3, 3),
    ),
    data=st.data(),
)
def test_every_small_cell_shows_its_own_number(values: np.ndarray, data: st.DataObject) -> None:
    tiles, rows, columns = values.shape
    chosen = data.draw(st.integers(0, tiles - 1))
    cursor = (data.draw(st.integers(0, rows - 1)), data.draw(st.integers(0, columns - 1)))
    width, height = data.draw(st.integers(4, 100)), data.draw(st.integers(2, 40))
    plain = data.draw(st.booleans())
    scale = Scale.of(values)
    plot = Multiples(
        values, [f"head {i}" for i in range(tiles)], scale, width, height, chosen, cursor,
        plain=plain,
    )  # fmt: skip
    levels = scale.levels(values)
    seen = set()
    for y in range(plot.height):
        line = cells(plot.line(y))
        assert len(line) <= width
        for x, (char, style) in enumerate(line):
            place = plot.cell_at(x, y)
            if place is None or place[1:] == cursor:
                continue
            seen.add(place[0])
            wanted = style_of(scale, int(levels[place]), plain)
            if char == "▀":
                assert style.color == wanted.bgcolor
                lower = (place[0], place[1] + 1, place[2])
                if lower[1:] != cursor and lower[1] < plot.first[0] + plot.shown[0]:
                    assert style.bgcolor == style_of(scale, int(levels[lower]), plain).bgcolor
            else:
                assert style == wanted
    assert chosen in plot.page
    assert seen <= set(plot.page)
    assert plot.height <= max(height, 2)


# -- scales ----------------------------------------------------------------------------------


def linear(colour: str) -> np.ndarray:
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lightness(colour: str) -> float:
    """CIE L*."""
    y = float(linear(colour) @ [0.2126, 0.7152, 0.0722])
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y


def test_more_is_lighter() -> None:
    steps = [lightness(c) for c in SEQUENTIAL]
    assert all(a + 1 < b for a, b in pairwise(steps))


def test_farther_from_zero_is_lighter() -> None:
    steps = [lightness(c) for c in DIVERGING]
    middle = len(steps) // 2
    assert all(a > b + 1 for a, b in pairwise(steps[: middle + 1]))
    assert all(a + 1 < b for a, b in pairwise(steps[middle:]))


#: Viénot, Brettel and Mollon 1999 (red, green); Machado et al. 2009 (blue): linear RGB.
BLIND = {
    "red": [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
    "green": [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
    "blue": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.3039],
    ],
}


@pytest.mark.parametrize("kind", BLIND)
def test_the_signs_differ_for_every_eye(kind: str) -> None:
    seen = [np.clip(np.array(BLIND[kind]) @ linear(c), 0, 1) ** (1 / 2.2) for c in DIVERGING]
    middle = len(seen) // 2
    for step in range(2, middle + 1):
        apart = np.abs(seen[middle - step] - seen[middle + step]).max()
        assert apart > 0.1, step


def test_without_colour_every_level_has_a_sign_of_its_own() -> None:
    for ramp, colours in ((RAMP, SEQUENTIAL), (SIGNED_RAMP, DIVERGING)):
        assert len(ramp) == len(set(ramp)) == len(colours)
        assert not set(ramp) & set("!x^")
    middle = len(SIGNED_RAMP) // 2
    assert not set(SIGNED_RAMP[:middle]) & set(SIGNED_RAMP[middle:])
    assert SIGNED_RAMP[middle] == " "


@given(values=hnp.arrays(np.float64, st.integers(1, 400), elements=ANY))
def test_the_scale_holds_what_it_says(values: np.ndarray) -> None:
    scale = Scale.of(values)
    numbers = values[np.abs(values) < HUGE]
    levels = scale.levels(values)
    if not scale.clipped and numbers.size:
        assert scale.low <= numbers.min()
        assert numbers.max() <= scale.high
    if scale.kind == "diverging":
        assert scale.low == -scale.high
        zero = len(scale.colours) // 2
        assert scale.levels(np.zeros(1))[0] == zero
        assert (np.sign(levels[levels >= 0] - zero) * np.sign(numbers) >= 0).all()
    assert ((levels == MISSING) == np.isnan(values)).all()
    assert ((levels == BLOCKED) == (values <= -HUGE)).all()
    assert ((levels == INFINITE) == (values >= HUGE)).all()


@given(
    values=hnp.arrays(np.float64, st.integers(1, 300), elements=st.floats(-1e4, 1e4)),
    plain=st.booleans(),
)
def test_the_legend_says_the_numbers_of_the_scale(values: np.ndarray, plain: bool) -> None:
    scale = Scale.of(values)
    text = "".join(s.text for s in legend(scale, plain=plain))
    if scale.constant is not None:
        assert f"every number is {values[0]:.7g}" in text
        return
    low, high = scale_number(scale.low), scale_number(scale.high)
    assert text.startswith(("≤" if scale.clipped else "") + low + " ")
    assert text.endswith(" " + ("≥" if scale.clipped else "") + high)
    if scale.kind == "diverging" and not plain:
        bar = [s for s in legend(scale) if s.style is not None and s.style.bgcolor is not None]
        assert [s.text for s in bar].index("0") == len(DIVERGING) // 2


def test_clipping_is_said() -> None:
    values = np.concatenate([np.linspace(-1, 1, 999), [50.0]])
    scale = Scale.of(values)
    assert scale.clipped
    assert scale.high < 50
    assert "≥" in "".join(s.text for s in legend(scale))


def test_what_has_no_place_on_the_scale_stands_beside_it() -> None:
    scale = Scale("diverging", -1, 1)
    present = [MISSING, BLOCKED, INFINITE, 3]
    text = "".join(s.text for s in legend(scale, plain=True, present=present))
    assert "! NaN" in text
    assert "x -inf" in text
    assert "^ +inf" in text
    glyphs = {glyph_of(scale, level, 1, True) for level in (MISSING, BLOCKED, INFINITE)}
    assert not glyphs & set(SIGNED_RAMP)


def test_probabilities_go_to_one_or_to_a_round_number() -> None:
    assert Scale.of(np.array([0.1, 0.9]), probability=True).high == 1
    assert Scale.of(np.array([0.001, 0.015]), probability=True).high == 0.02
    # Somebody has edited them: they are none any more.
    assert not Scale.of(np.array([0.1, 3.0]), probability=True).probability

"""The tensor view, driven with keys: dimensions, cursor, zoom, drawings, changes, heads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from textual import events

from cyclesim.render.heatmap import Heatmap
from cyclesim.trace import ArrayData, Value
from cyclesim.tui.scene import Other
from cyclesim.tui.widgets.tensor import CellMoved, Tensor
from tests.tui import fake
from tests.tui.conftest import press, ready, settled, text_of

#: Cycles of the hand-made run.
SCORES, SOFTMAX, RESIDUAL, LABELS = 7, 8, 10, 22


async def go(pilot, number: int) -> Tensor:
    """Run to a cycle and point at its tensor."""
    await pilot.press("g", *str(number), "enter")
    await settled(pilot)
    tensor = pilot.app.main.query_one(Tensor)
    assert pilot.app.main.scene.at == number
    tensor.focus()
    await settled(pilot)
    return tensor


def shown(pilot) -> str:
    """The panel's words, on one line."""
    return " ".join(text_of(pilot, "#tensor").split())


def output(pilot) -> np.ndarray:
    return pilot.app.main.scene.current.outputs[0].numpy()


# -- cells -----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_the_cell_under_the_cursor(fake_app, size):
    app = fake_app()
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        app.main._focus("tensor")
        tensor = await go(pilot, SOFTMAX)
        values = output(pilot)
        await press(pilot, "h", "down", "down", "right")
        assert tensor.cell == (0, 1, 2, 1)
        said = shown(pilot)
        assert f"met → Ada = {values[0, 1, 2, 1]:.7g}" in said
        assert f"row sum {values[0, 1, 2].sum():.4f}" in said
        assert f"column sum {values[0, 1, :, 1].sum():.4f}" in said
        assert "head 1/2" in said
        await press(pilot, "end", "ctrl+end")
        assert tensor.cell == (0, 1, 7, 7)
        await press(pilot, "ctrl+home")
        assert tensor.cell == (0, 1, 0, 0)


async def test_a_move_is_told(fake_app, monkeypatch):
    told = []
    app = fake_app()
    monkeypatch.setattr(
        type(app), "on_cell_moved", lambda self, m: told.append((m.index, m.output)), raising=False
    )
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await go(pilot, SOFTMAX)
        told.clear()
        await press(pilot, "right", "h", "up")
        assert told == [((0, 0, 0, 1), 0), ((0, 1, 0, 1), 0)]  # up led nowhere
        await press(pilot, "o")
        assert told[-1] == (None, 0)  # an input is no output
        await press(pilot, "O", "a", "a")
        assert told[-1] == (None, 0)  # nor is a mean
    assert issubclass(CellMoved, events.Message)


async def test_a_click_points_at_a_cell(fake_app):
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        tensor = await go(pilot, SOFTMAX)
        for _ in range(2):  # one head, then all
            plot = tensor._plot
            x, y = next(
                (x, y)
                for y in range(plot.height)
                for x in range(60)
                if (plot.cell_at(x, y) or ())[-2:] == (4, 3)
            )
            await pilot.click(tensor, offset=(x, y + tensor._top + 1))  # its title is a line
            await settled(pilot)
            assert tensor.cursor == (4, 3)
            await press(pilot, "a", "home")


async def test_zoom_changes_cells_and_shows_numbers(fake_app):
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        tensor = await go(pilot, SOFTMAX)
        widths = [tensor._plot.cell_width]
        for _ in range(6):
            await press(pilot, "right_curly_bracket")
            widths.append(tensor._plot.cell_width)
        assert widths == sorted(widths)
        assert widths[-1] >= 9
        assert "as large as they get" in text_of(pilot, "#now")
        for _ in range(9):
            await press(pilot, "left_curly_bracket")
        assert tensor._plot.cell_width == 1
        assert "as small as they get" in text_of(pilot, "#now")
        await press(pilot, "right_curly_bracket")
        assert tensor._plot.cell_width == 2  # one press undoes one press


async def test_a_large_matrix_scrolls(fake_app):
    engine = fake.FakeEngine(tokens=("[CLS]", *(f"w{i}" for i in range(70)), "[SEP]"))
    app = fake_app(engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        tensor = await go(pilot, SCORES)
        assert "query 0–" in shown(pilot)
        await press(pilot, "pagedown", "pagedown", "pagedown", "end")
        first = tensor._plot.first
        assert first[0] > 0
        assert first[1] > 0
        row = tensor.cursor[0]
        assert f"w{row - 1} → [SEP]" in shown(pilot)
        assert f"query {first[0]}–" in shown(pilot)
        await press(pilot, "pageup")
        assert tensor.cursor[0] < row


# -- dimensions ------------------------------------------------------------------------------


async def test_the_dialog_of_dimensions(fake_app):
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        tensor = await go(pilot, SOFTMAX)
        values = output(pilot)
        await press(pilot, "D")
        assert "size 2" in text_of(pilot)
        await press(pilot, "right")
        assert tensor.head == 1
        await press(pilot, "r")  # heads as rows, and the query moves
        assert (tensor.cut.rows, tensor.cut.columns, tensor.cut.chosen) == (1, 3, 2)
        await press(pilot, "down", "right", "right", "right", "right")
        assert tensor.cut.at[2] == 4
        await press(pilot, "enter", "down", "right")
        assert app.screen is app.main
        assert tensor.cell == (0, 1, 4, 1)
        assert f"head 1, Ada = {values[0, 1, 4, 1]:.7g}" in shown(pilot)
        assert "query 4/8 (h)" in shown(pilot)
        await press(pilot, "h")
        assert tensor.cell == (0, 1, 5, 1)
        # Rows and columns exchanged.
        await press(pilot, "D", "up", "c", "escape")
        assert (tensor.cut.rows, tensor.cut.columns) == (3, 1)
        # It stays for the next tensor of this kind.
        await press(pilot, "b")
        assert (tensor.cut.rows, tensor.cut.columns) == (3, 1)


async def test_what_is_drawn_whole_has_nothing_to_move_along(fake_app):
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        tensor = await go(pilot, RESIDUAL)
        await press(pilot, "h")
        assert "All of this tensor is drawn" in text_of(pilot, "#now")
        await press(pilot, "D", "down", "right")
        assert "All of it is drawn" in text_of(pilot)
        await press(pilot, "escape")
        await go(pilot, LABELS)
        await press(pilot, "D")
        assert "no two dimensions" in text_of(pilot, "#now")
        await press(pilot, "m")
        assert "names, not amounts" in text_of(pilot, "#now")
        assert tensor.cell == (0,)


@pytest.mark.parametrize(
    "array",
    [
        np.array(3.5),
        np.arange(37.0),
        np.zeros((0, 4)),
        np.full((3, 4), -7.0),
        np.array([[np.nan, np.inf], [-np.inf, 1.0]]),
        np.linspace(-1, 2, 64).reshape(2, 2, 2, 2, 2, 2),
        np.ones((1, 2, 3), dtype=bool),
    ],
    ids=["number", "vector", "empty", "constant", "strange", "rank6", "bool"],
)
@pytest.mark.parametrize("plain", [False, True])
async def test_any_tensor_is_drawn(fake_app, monkeypatch, array, plain):
    made = fake.make_cycles

    def with_array(tokens=fake.TOKENS):
        cycles = made(tokens)
        data = Value("output", array.shape, str(array.dtype), data=ArrayData(array))
        cycles[SOFTMAX] = replace(cycles[SOFTMAX], op="thing", step="thing", outputs=(data,))
        return cycles

    monkeypatch.setattr(fake, "make_cycles", with_array)
    app = fake_app(ascii=plain)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        tensor = await go(pilot, SOFTMAX)
        keys = ["down", "right", "ctrl+end", "h", "h", "right_curly_bracket", "left_curly_bracket",
                "a", "m", "m", "m", "x", "x", "D"]  # fmt: skip
        for key in keys:
            await press(pilot, key)
            assert len(text_of(pilot, "#tensor").strip()) > 20, key
        if app.screen is not app.main:  # there are dimensions to choose from
            await press(pilot, "r", "c", "down", "r", "escape")
        await press(pilot, "ctrl+end")
        said = shown(pilot)
        if not array.size:
            assert "empty" in said
            assert tensor.cell is None
        else:
            place = tensor.cell
            assert len(place) == array.ndim
            value = f"= {float(array[place]):.7g}"
            assert value.replace("inf", "") in said.replace("∞", "")


# -- drawings --------------------------------------------------------------------------------


async def test_histogram_and_figures(fake_app):
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        tensor = await go(pilot, SCORES)
        values = output(pilot)
        await press(pilot, "m")
        assert tensor.drawing == "histogram"
        assert f"of the whole tensor: {values.size} numbers" in shown(pilot)
        bins = [line for line in text_of(pilot, "#tensor").split("\n") if ".." in line]
        counts = [int(line.split()[-1]) for line in bins]
        assert sum(counts) == values.size
        low, high = float(bins[2].split("..")[0]), float(bins[2].split("..")[1].split()[0])
        assert counts[2] == ((values >= low) & (values < high)).sum()
        await press(pilot, "m")
        said = shown(pilot)
        for name, number in (
            ("mean", values.mean()),
            ("std", values.std()),
            ("L2 norm", np.linalg.norm(values)),
            ("median", np.median(values)),
            ("percentile 95", np.percentile(values, 95)),
        ):
            assert f"{name} {number:.6g}" in said or f"{name} {number:.4e}" in said, name
        await press(pilot, "n")
        assert tensor.drawing == "figures"  # it stays from cycle to cycle
        await press(pilot, "m")
        assert isinstance(tensor._plot, Heatmap)


# -- changes ---------------------------------------------------------------------------------


async def test_what_the_cycle_changed(fake_app):
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        tensor = await go(pilot, SOFTMAX)
        change = output(pilot) - app.main.scene.trace.cycles[SCORES].outputs[0].numpy()
        await press(pilot, "x", "down", "right", "right")
        said = shown(pilot)
        assert "Cycle 8 softmax minus its input, cycle 7 scores." in said
        assert f"Ada → met = {change[0, 0, 1, 2]:.7g}" in said
        assert f"changed by up to {np.abs(change).max():.3g}; 100.0% of cells" in said
        assert tensor.cell == (0, 0, 1, 2)
        # The residual sum is compared with what came past the block.
        await go(pilot, RESIDUAL)
        assert "Cycle 10 residual minus its input, cycle 3 dropout." in shown(pilot)
        await press(pilot, "b", "b", "b", "b", "b", "b", "b")
        assert "no cell changed" in shown(pilot)  # a NOP
        await press(pilot, "x")
        assert "minus" not in shown(pilot)
        await press(pilot, "o", "x")
        assert "Only what a cycle wrote" in text_of(pilot, "#now")


async def test_against_the_last_of_its_shape_or_nothing(fake_app):
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await go(pilot, 1)
        await press(pilot, "x")
        assert "Nothing before this cycle has the shape [8]." in shown(pilot)
        await go(pilot, LABELS)  # ids have the same shape, and are the last that have
        assert "minus cycle 1 ids, the last before it of this shape." in shown(pilot)


async def test_against_another_run(fake_app):
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await go(pilot, SOFTMAX)
        values = output(pilot)
        there = list(app.main.scene.trace.cycles)
        data = values * 0.5
        there[SOFTMAX] = replace(there[SOFTMAX], outputs=(replace(
            there[SOFTMAX].outputs[0], data=ArrayData(data), _stats=None),))  # fmt: skip
        short = values[..., :3]
        there[SCORES] = replace(there[SCORES], outputs=(replace(
            there[SCORES].outputs[0], shape=short.shape, data=ArrayData(short)),))  # fmt: skip
        trace = replace(app.main.scene.trace, cycles=there)
        app.main._other = Other("branch 1", trace, {SOFTMAX: SOFTMAX, SCORES: SCORES})
        app.main._stale()
        await settled(pilot)
        await press(pilot, "x", "x", "down")
        said = shown(pilot)
        assert "Cycle 8 softmax minus cycle 8 softmax of branch 1." in said
        assert f"= {values[0, 0, 1, 0] / 2:.7g}" in said
        await press(pilot, "b")
        assert "cannot be compared: the shape is [1,2,8,8] here, [1,2,8,3] there" in shown(pilot)
        await press(pilot, "b")
        assert "branch 1 has no cycle like this one." in shown(pilot)
        await press(pilot, "x")
        assert "minus" not in shown(pilot)


# -- heads -----------------------------------------------------------------------------------


@pytest.mark.parametrize("plain", [False, True])
async def test_all_heads_and_their_mean(fake_app, plain):
    app = fake_app(ascii=plain)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        tensor = await go(pilot, SOFTMAX)
        values = output(pilot)
        await press(pilot, "a", "down", "right")
        said = shown(pilot)
        assert "head 0" in said
        assert "head 1" in said
        assert f"in head 0:{values[0, 0, 1, 1]:.2f} 1:{values[0, 1, 1, 1]:.2f}" in said
        assert "scale of the whole tensor" in said
        await press(pilot, "h")
        assert tensor.cell == (0, 1, 1, 1)
        await press(pilot, "a")
        said = shown(pilot)
        assert "Mean over 2 heads, computed from the observed." in said
        assert f"= {values[0, :, 1, 1].mean():.7g}" in said
        await press(pilot, "a")
        assert "Mean" not in shown(pilot)
        await go(pilot, RESIDUAL)
        await press(pilot, "a")
        assert "no heads side by side" in text_of(pilot, "#now")


async def test_heads_that_do_not_fit_have_pages(fake_app):
    engine = fake.FakeEngine(tokens=("[CLS]", *(f"w{i}" for i in range(40)), "[SEP]"))
    app = fake_app(engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await go(pilot, SOFTMAX)
        await press(pilot, "a")
        assert "Heads 0–0 of 2; h goes on." in shown(pilot)
        await press(pilot, "h")
        assert "Heads 1–1 of 2; h goes on." in shown(pilot)


async def test_a_hidden_panel_comes_to_the_front(fake_app):
    app = fake_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await press(pilot, "n", "n", "n")
        app.main._focus("card")
        await settled(pilot)
        assert not app.main.query_one(Tensor).display
        await press(pilot, "m")
        assert app.main.query_one(Tensor).display
        assert "Histogram" in shown(pilot)


async def test_ascii_is_ascii(fake_app):
    app = fake_app(ascii=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await go(pilot, SOFTMAX)
        for key in ("x", "a", "a", "a", "m", "m", "m", "x", "o", "D", "escape", "b", "b"):
            await press(pilot, key)
            assert text_of(pilot, "#tensor").isascii(), key


@pytest.mark.parametrize(
    ("size", "number", "keys"),
    [
        ((80, 24), SOFTMAX, "a"),
        ((120, 40), SOFTMAX, "a"),
        ((120, 40), RESIDUAL, "x"),
        ((200, 60), SCORES, "m"),
    ],
    ids=["heads-80x24", "heads-120x40", "changes-120x40", "histogram-200x60"],
)
def test_pictures(snap_compare, fake_app, size, number, keys):
    async def drive(pilot):
        await ready(pilot)
        pilot.app.main._focus("tensor")
        await go(pilot, number)
        await press(pilot, *keys)

    assert snap_compare(fake_app(), terminal_size=size, run_before=drive)

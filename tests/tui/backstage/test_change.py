"""What if: other futures and edits, on the real engine; and the next run is untouched."""

from __future__ import annotations

import numpy as np
import pytest
from textual.widgets import Input

from cyclesim.errors import CyclesimError
from cyclesim.tui.backstage.edits import EditWish, parse_edit
from tests.tui.conftest import press, ready, settled, text_of, until


async def goto(pilot, number: int) -> None:
    await pilot.press("g", *str(number), "enter")
    await until(pilot, lambda: pilot.app.main.scene.at == number)
    await settled(pilot)


async def edit(pilot, text: str) -> None:
    await pilot.press("e")
    await pilot.pause()
    pilot.app.screen.query_one("#answer", Input).value = text
    await pilot.press("enter")
    await until(pilot, lambda: not pilot.app.main._opening)
    await settled(pilot)


async def test_what_if_rewinds_and_keeps_the_old_future(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "w")
        assert "Nothing has run" in text_of(pilot, "#now")
        await press(pilot, "f")
        whole = app.main.scene.trace
        await goto(pilot, 20)
        await press(pilot, "w")
        await until(pilot, lambda: app.main.scene.branch == 2)
        await settled(pilot)
        scene = app.main.scene
        assert (scene.at, scene.executed, scene.ended) == (20, 21, False)
        assert scene.trace is not whole
        assert "branch 2" in text_of(pilot, "#header")
        await press(pilot, "w")
        assert "Nothing has run after this cycle" in text_of(pilot, "#now")
        await press(pilot, "n")
        assert app.session.executed == 22
        await press(pilot, "f")
        scene = app.main.scene
        assert scene.ended
        assert scene.verdict.bit_identical
        last = scene.total - 3
        assert np.array_equal(whole[last].outputs[0].numpy(), scene.trace[last].outputs[0].numpy())


async def test_an_edit_is_marked_and_runs_on(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "f")
        number = app.main.scene.plan.find(step="softmax")[0].number
        old = app.main.scene.trace[number].outputs[0].numpy()
        await goto(pilot, number)
        await press(pilot, "h")
        await pilot.press("e")
        await pilot.pause()
        assert app.screen.query_one("#answer", Input).value == "zero head 1"
        await pilot.press("enter")
        await until(pilot, lambda: app.main.scene.marks.edited == (number,))
        await settled(pilot)
        new = app.main.scene.current.outputs[0].numpy()
        assert not new[:, 1].any()
        assert np.array_equal(new[:, 0], old[:, 0])
        assert f"edited at {number}" in text_of(pilot, "#header")
        assert "You changed what it wrote" in text_of(pilot, "#card")
        assert "softmax *" in text_of(pilot, "#program")
        assert "*" in text_of(pilot, "#timeline")
        await press(pilot, "n")
        assert app.main.scene.current.downstream
        assert f"made at cycle {number}" in " ".join(text_of(pilot, "#card").split())
        assert "~" in text_of(pilot, "#timeline").splitlines()[-2] + text_of(pilot, "#program")
        await press(pilot, "f")
        assert app.main.scene.verdict.edited == (number,)
        assert f"edited at {number}" in text_of(pilot, "#header")
        await pilot.press("r")  # and the next run is as if nothing had happened
        await ready(pilot)
        await press(pilot, "f")
        assert app.main.scene.verdict.bit_identical
        assert "edited" not in text_of(pilot, "#header")


async def test_set_the_cell_under_the_cursor(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        number = app.main.scene.plan.find(step="query")[0].number
        await goto(pilot, number)
        await press(pilot, "down", "right", "right")
        old = app.main.scene.current.outputs[0].numpy()
        await edit(pilot, "set 2.5")
        new = app.main.scene.current.outputs[0].numpy()
        assert new[0, 1, 2] == 2.5
        assert (new != old).sum() == 1
        await edit(pilot, "noise 0.1 seed 3")
        assert (app.main.scene.current.outputs[0].numpy() != new).all()


async def test_a_wrong_edit_is_one_sentence(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "n", "n", "e")
        await until(pilot, lambda: "outside the model" in text_of(pilot, "#now"))
        assert app.screen is app.main  # nobody is asked for what is refused
        await press(pilot, "n")
        assert app.session.executed == 3
        number = app.main.scene.plan.find(step="query")[0].number
        await goto(pilot, number)
        await edit(pilot, "zero head 1")
        assert "zero_head needs" in text_of(pilot, "#now")
        await press(pilot, "b")
        await edit(pilot, "zero position 99")
        assert "zero_position needs" in text_of(pilot, "#now")
        await press(pilot, "n", "n")
        assert (app.main.scene.at, app.session.executed) == (number + 1, number + 2)
        await pilot.press("e")
        await pilot.pause()
        app.screen.query_one("#answer", Input).value = "explode"
        await pilot.press("enter")
        await pilot.pause()
        assert "'explode' is no edit" in text_of(pilot)
        await pilot.press("escape")
        await press(pilot, "f")
        assert app.main.scene.verdict.bit_identical


def test_the_language_of_edits():
    cell = (0, 1, 2)
    assert parse_edit(" Zero  head 2", cell) == EditWish("head", 2)
    assert parse_edit("scale by -1e-3", None) == EditWish("scale", -1e-3)
    assert parse_edit("add noise .5", cell, 1) == EditWish("noise", 0.5, output=1)
    assert parse_edit("set 4", cell) == EditWish("set", 4, index=cell)
    for wrong in ("", "zero head", "zero head -1", "scale", "noise -1", "noise nan", "scale 1 2"):
        with pytest.raises(CyclesimError):
            parse_edit(wrong, cell)
    with pytest.raises(CyclesimError, match="no cell"):
        parse_edit("set 4", None)

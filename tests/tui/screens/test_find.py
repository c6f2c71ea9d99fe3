"""`/` takes conditions first, words otherwise, and teaches the language on the way."""

from __future__ import annotations

import pytest
from textual.widgets import Input, Label

from cyclesim.trace import QueryError, compile_query
from cyclesim.tui.widgets.find import FindBar, pointed
from tests.tui.conftest import press, ready, settled, text_of, until


def hint(app) -> str:
    label = app.main.query_one("#find-hint", Label)
    return str(label.content) if label.display else ""


def count(app) -> str:
    return str(app.main.query_one("#find-count", Label).content)


async def type_in(pilot, text: str) -> None:
    pilot.app.main.query_one("#find-input", Input).value = text
    await pilot.pause()
    await settled(pilot)


async def test_a_condition_on_what_is_planned(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await pilot.press("slash")
        await type_in(pilot, "softmax and layer 1")
        assert "1 found" in count(app)
        assert hint(app) == ""
        assert app.session.executed == 0
        await press(pilot, "enter")
        assert app.main.scene.current.step == "softmax"
        assert app.main.scene.current.layer == 1


async def test_a_condition_on_numbers_asks_what_ran(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await pilot.press("g", "4", "0", "enter")
        await until(pilot, lambda: app.session.executed == 41)
        await settled(pilot)
        await pilot.press("slash")
        await type_in(pilot, "unit == attention and max > 0.2")
        await until(pilot, lambda: "found" in count(app) or "no cycle" in count(app))
        trace = app.main.scene.trace
        expected = [c.number for c in trace.find("unit == attention and max > 0.2")]
        assert f"{len(expected)} found in what ran" in count(app)
        await press(pilot, "enter")
        assert app.main.scene.at == expected[0]
        assert app.session.executed == 41  # looking for numbers runs nothing
        await type_in(pilot, "nan")
        await until(pilot, lambda: "no cycle has that" in count(app))


async def test_enter_before_the_answer_waits_for_it(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "f")
        await pilot.press("slash")
        app.main.query_one("#find-input", Input).value = "softmax and max > 0"
        await pilot.press("enter")
        first = app.main.scene.trace.find(step="softmax")[0].number
        await until(pilot, lambda: app.main.scene.at == first)


async def test_words_still_find_and_the_mistake_is_shown(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await pilot.press("slash")
        await type_in(pilot, "attention softmax")
        assert "2 found" in count(app)
        line = hint(app)
        assert line.index("^") == 7 + len("attention ")
        await type_in(pilot, "sofmax and layer 2")
        assert "did you mean" in hint(app)
        assert hint(app).index("^") == 7
        assert "^^^^^^" in text_of(pilot)
        await press(pilot, "escape")
        assert not app.main.query_one(FindBar).display


@pytest.mark.parametrize("text", ["sofmax", "layer 1 and unit == attention and mxa > 0.9"])
def test_the_caret_stays_under_the_word(text):
    with pytest.raises(QueryError) as caught:
        compile_query(text, {"softmax"})
    line = pointed(caught.value, 7, 79)
    assert all(len(part) <= 79 for part in line.splitlines())
    assert line.index("^") == 7 + caught.value.position

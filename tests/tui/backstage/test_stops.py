"""Breakpoints: where a run stops by itself, seen beforehand where that can be known."""

from __future__ import annotations

from textual.widgets import Input

from tests.tui.conftest import press, ready, settled, text_of, until


async def add(pilot, condition: str) -> None:
    """Set a breakpoint through the dialog and close it."""
    await pilot.press("B")
    await pilot.pause()
    pilot.app.screen.query_one("#answer", Input).value = condition
    await pilot.press("enter", "enter")
    await settled(pilot)
    assert pilot.app.screen is pilot.app.main


async def test_runs_stop_at_a_breakpoint(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await add(pilot, "softmax")
        softmax = [c.number for c in app.main.scene.plan.find(step="softmax")]
        assert app.main.scene.marks.stops == set(softmax)
        assert "●" in text_of(pilot, "#timeline")
        await pilot.press("g", *str(softmax[0] + 4), "enter")
        await until(pilot, lambda: app.main.scene.at == softmax[0])
        await settled(pilot)
        assert app.session.executed == softmax[0] + 1
        assert "Breakpoint 1 stopped the run" in text_of(pilot, "#now")
        await press(pilot, "n")  # and it goes on from there
        assert app.session.executed == softmax[0] + 2
        await press(pilot, "]")
        await press(pilot, "]")
        assert app.main.scene.at == softmax[1]
        assert app.session.stops.listed[0].hits == 2
        await press(pilot, "f")
        assert app.main.scene.ended
        assert app.main.scene.verdict.bit_identical


async def test_finish_stops_there_and_goes_on(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await add(pilot, "softmax")
        expected = [c.number for c in app.main.scene.plan.find("softmax")]
        for hits, number in enumerate(expected, 1):
            await press(pilot, "f")
            assert app.main.scene.at == number
            assert f"Breakpoint 1 stopped the run at cycle {number}" in text_of(pilot, "#now")
            assert app.session.stops.listed[0].hits == hits
        await press(pilot, "f")
        assert app.main.scene.ended


async def test_play_stops_there(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await add(pilot, "7")
        await pilot.press("plus", "plus", "plus", "plus", "space")
        await until(pilot, lambda: app.session.executed == 8)
        await until(pilot, lambda: not app.main.scene.playing)
        await pilot.pause(0.1)
        assert app.session.executed == 8


async def test_numbers_in_tensors_stop_it_but_are_not_foreseen(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await add(pilot, "attention and max > 0")
        assert not app.main.scene.marks.stops
        first = app.main.scene.plan.find(unit="attention")[0].number
        await pilot.press("g", *str(first + 9), "enter")
        await until(pilot, lambda: "stopped the run" in text_of(pilot, "#now"))
        await settled(pilot)
        assert first <= app.main.scene.at <= first + 3
        assert app.main.scene.marks.stops == {app.main.scene.at}  # now it is known


async def test_the_list_switches_and_deletes(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "n", "n")
        await pilot.press("B")
        await pilot.pause()
        line = app.screen.query_one("#answer", Input)
        assert line.value == "1"  # the current cycle
        line.value = "sofmax"
        await pilot.press("enter")
        await pilot.pause()
        assert "did you mean 'softmax'" in text_of(pilot)
        line.value = "softmax"
        await pilot.press("enter")
        line.value = "nan"
        await pilot.press("enter")
        await pilot.pause()
        page = text_of(pilot)
        assert "on  1   softmax" in page
        assert "0 hits" in page
        await pilot.press("down", "space")
        await pilot.pause()
        assert [s.enabled for s in app.session.stops.listed] == [False, True]
        assert "off" in text_of(pilot)
        await pilot.press("down", "d")
        await pilot.pause()
        assert [s.text for s in app.session.stops.listed] == ["softmax"]
        await pilot.press("d", "escape")
        await settled(pilot)
        assert app.session.stops.listed == ()
        assert app.session.executed == 2


async def test_they_survive_restart_and_another_text(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await add(pilot, "softmax and layer 0")
        await pilot.press("r")
        await ready(pilot)
        assert len(app.main.scene.marks.stops) == 1
        await pilot.press("t", *"Bob met Ada", "enter")
        await until(pilot, lambda: app.main.scene.trace.header.text == "Bob met Ada")
        await ready(pilot)
        last = app.main.scene.total - 1
        await pilot.press("g", *str(last), "enter")
        await until(pilot, lambda: "stopped the run" in text_of(pilot, "#now"))
        await settled(pilot)
        assert app.main.scene.current.step == "softmax"

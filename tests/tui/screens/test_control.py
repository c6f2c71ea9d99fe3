"""Stepping like a debugger, and going to a condition, on the real engine."""

from __future__ import annotations

import pytest

from cyclesim import Clock
from cyclesim.tui.scene import Scene
from cyclesim.tui.screens.main.stepping import last_inside
from tests.tui import fake
from tests.tui.conftest import TEXT, press, ready, settled, text_of, until


async def goto(pilot, where: str) -> None:
    """Answer the goto dialog and wait until the run stands still again."""
    await pilot.press("g", *("space" if c == " " else c for c in where), "enter")
    await pilot.pause()
    await settled(pilot)
    await until(pilot, lambda: not pilot.app.main._sought and not pilot.app.session._jobs)
    await settled(pilot)


def test_step_out_and_over_end_where_the_clock_does(tiny_machine):
    """What the plan foresees is what the live clock does, from every cycle of the run."""
    with Clock(tiny_machine, TEXT) as clock:
        plan = clock.finish()
    total = len(plan)
    scene = Scene(plan, plan)
    for front in range(total - 1):
        with Clock(tiny_machine, TEXT, measure=False) as clock:
            clock.goto(front)
            clock.step_out()
            assert last_inside(scene, front) == clock.executed - 1
        with Clock(tiny_machine, TEXT, measure=False) as clock:
            clock.goto(front)
            clock.step_over()
            over = next(g.last for g in plan.groups("module") if front + 1 in g)
            assert over == clock.executed - 1


async def test_in_over_out(real_app):
    app = real_app(clock="layer")
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "i")
        assert app.session.executed == 1  # one cycle, though the clock ticks by layers
        query = app.main.scene.plan.find(step="query", layer=1)[0].number
        await goto(pilot, str(query))
        await press(pilot, "u")
        scene = app.main.scene
        inside = scene.plan[query].stack[-2]
        assert inside in scene.current.stack
        assert inside not in scene.coming.stack
        left = scene.at
        await press(pilot, "v")
        first, last = app.main._group_of(left + 1, "module")
        assert (first, app.main.scene.at) == (left + 1, last)
        await goto(pilot, str(query))
        executed = app.session.executed
        await press(pilot, "u")  # what is recorded is walked through, and nothing runs
        assert (app.main.scene.at, app.session.executed) == (left, executed)
        await press(pilot, "f", "i", "v", "u")
        assert "The run is over" in text_of(pilot, "#now")


async def test_from_before_the_first_cycle(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "u")
        scene = app.main.scene
        assert not scene.current.stack
        assert scene.coming.stack  # all preprocessing has run, and the model is next


async def test_goto_a_condition_that_is_foreseen(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await goto(pilot, "softmax and layer 1")
        cycle = app.main.scene.current
        assert (cycle.step, cycle.layer) == ("softmax", 1)
        assert app.session.executed == cycle.number + 1
        await goto(pilot, "softmax")
        assert app.main.scene.current.unit == "attention"
        assert app.main.scene.current.layer == 0
        assert "No later cycle" in text_of(pilot, "#now")
        assert app.session.executed == cycle.number + 1
        await goto(pilot, "layer 7")
        assert "No cycle of this run makes it true" in text_of(pilot, "#now")
        await pilot.press("g", *"sofmax", "enter")
        await pilot.pause()
        assert "did you mean 'softmax'" in text_of(pilot)
        await pilot.press("escape")
        await settled(pilot)


async def test_goto_a_condition_that_has_to_be_run_for(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await goto(pilot, "attention and max > 0")
        found = app.main.scene.at
        assert "is the next that makes it true" in text_of(pilot, "#now")
        trace = app.main.scene.trace
        true = [c.number for c in trace.find("attention and max > 0")]
        assert true == [found]
        await press(pilot, "n", "b", "b")
        await goto(pilot, "attention and max > 0")  # it ran already: it is found, not run for
        assert (app.main.scene.at, app.session.executed) == (found, found + 2)
        await goto(pilot, "max > 1e30")
        scene = app.main.scene
        assert scene.ended
        assert "no cycle made it true: max > 1e30" in text_of(pilot, "#now")
        await goto(pilot, "max > 1e30")
        assert "No cycle of this run makes it true" in text_of(pilot, "#now")


async def test_a_breakpoint_wins_over_a_condition(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        app.session.stops.add("5", ())
        await goto(pilot, "max > 1e30")
        assert app.session.executed == 6
        assert "Breakpoint 1 stopped the run at cycle 5" in text_of(pilot, "#now")
        await press(pilot, "n", "n")  # and the condition is forgotten
        assert app.session.executed == 8


async def test_a_nan_is_stopped_at(fake_app):
    engine = fake.FakeEngine()
    app = fake_app(engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        engine.clocks[0]._cycles[7].outputs[0].data.array[0, 0] = float("nan")
        await goto(pilot, "nan")
        assert app.main.scene.at == 7


@pytest.mark.parametrize("keys", ["n", "space"])
async def test_a_held_key_never_queues(real_app, keys):
    """Through a whole run with a key held down: frames are dropped, the last one is right."""
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        total = app.main.scene.total
        await pilot.press("plus", "plus", "plus", "plus")
        for _ in range(250):
            app.simulate_key(keys)
        await pilot.pause()
        await settled(pilot)
        if keys == "space" and app.main._player is None:
            await pilot.press("space")
        await until(pilot, lambda: app.main.scene.ended)
        await settled(pilot)
        assert (app.main.scene.at, app.session.executed) == (total - 1, total)


async def test_resizing_while_playing(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await pilot.press("plus", "plus", "space")
        for size in ((80, 24), (300, 100), (40, 10), (120, 40)):
            await pilot.resize_terminal(*size)
            await pilot.pause(0.05)
        await until(pilot, lambda: app.main.scene.ended)
        await settled(pilot)
        assert app.main.scene.at == app.main.scene.total - 1

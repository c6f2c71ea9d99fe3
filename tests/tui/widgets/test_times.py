"""The times panel: it adds up the run, and what it measures is kept apart and can be stopped."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from rich.cells import cell_len

from cyclesim.cost import Peak, place, work_of
from cyclesim.errors import CyclesimError
from cyclesim.render.units import duration
from cyclesim.tui.widgets.times import LEFT, Times
from tests.tui import fake
from tests.tui.conftest import press, ready, settled, text_of, until


async def measured(pilot: Any) -> None:
    """Wait until the measuring is over."""
    await until(pilot, lambda: pilot.app.main._measuring is None)
    await settled(pilot)


def words(pilot: Any) -> str:
    lines = text_of(pilot, "#times").splitlines()
    return " ".join(word for line in lines for word in line[:LEFT].split())


async def test_units_add_up_to_the_run(fake_app):
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "]", "]", "n")
        app.main._focus("times")
        await press(pilot, "z")
        scene, shown = app.main.scene, text_of(pilot, "#times")
        shares = 0
        for unit in {c.unit for c in scene.plan.cycles}:
            full = sum(scene.speeds[c.number] for c in scene.plan.cycles if c.unit == unit)
            done = [c.self_ns for c in scene.trace.cycles[: scene.executed] if c.unit == unit]
            (line,) = (x for x in shown.splitlines() if re.search(rf"[A-Z] {unit} ", x))
            assert duration(full) in line
            assert (duration(sum(done)) if done else " - ") in line
            share = re.search(r"(\d+)%", line)
            assert share and int(share[1]) == round(100 * full / sum(scene.speeds))
            shares += int(share[1])
            assert ("▶" in line) == (unit == scene.current.unit)
        assert abs(shares - 100) <= 5
        assert f"of the {scene.executed} cycles" in shown


async def test_the_roof_is_measured_on_a_key(fake_app):
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "]", "]", "]")
        assert "T measures this machine" in words(pilot)
        await press(pilot, "T")
        await measured(pilot)
        scene, peak = app.main.scene, app.main.scene.measures.peak
        assert isinstance(peak, Peak)
        # The last of the words are beneath.
        await press(pilot, "z")
        app.main._focus("times")
        await settled(pilot)
        for number in range(scene.executed):
            app.main._go(number)
            await settled(pilot)
            cycle = app.main.scene.current
            mark = place(work_of([cycle]), peak, app.main.scene.full_speed(number))
            shown = words(pilot)
            assert f"{mark.bound}-bound" in shown
            assert "logical traffic" in shown and "85 GFLOP/s, 12 GB/s in float32" in shown


async def test_repeats_replace_full_speed_and_say_how_many(fake_app):
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "]", "]")
        rehearsed = app.main.scene.speeds
        await press(pilot, "T")
        await measured(pilot)
        assert "median of 25 runs" in text_of(pilot, "#now")
        again = app.main.scene.speeds
        assert again != rehearsed
        await press(pilot, "z")
        app.main._focus("times")
        await settled(pilot)
        low, middle, high = app.main.scene.measures.spread[app.main.scene.at]
        assert f"{duration(low)} to {duration(high)}" in words(pilot)
        assert duration(middle) in words(pilot)
        await press(pilot, "f")
        assert app.main.scene.speeds == again, "the end of the run does not undo it"
        await press(pilot, "r")
        await ready(pilot)
        assert app.main.scene.measures.repeats == 0
        assert app.main.scene.speeds == rehearsed


async def test_full_speed_that_is_too_slow_is_told_where_it_is_read(fake_app):
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "f")
        panel, scene = app.main.query_one(Times), app.main.scene

        def shown(factor: float) -> str:
            speeds = tuple(round(ns * factor) for ns in (c.self_ns for c in scene.trace.cycles))
            slow = replace(scene, speeds=(*speeds, *scene.speeds[len(speeds) :]))
            lines = panel.build(slow, 60, 30)
            return " ".join("".join(s.text for s in line) for line in lines[:6])

        busy = "The machine was busy: full speed was measured too slow. T measures again."
        assert busy in " ".join(shown(3).split())
        assert "busy" not in shown(0.8)


class Slow(fake.FakeEngine):
    """Measures until it is stopped."""

    def measure(
        self,
        machine: Any,
        text: str,
        repeats: int,
        seconds: float,
        going: Callable[[int], bool],
        train: Any = None,
    ) -> SimpleNamespace:
        done = 0
        while going(done):
            time.sleep(0.005)
            done += 1
        return SimpleNamespace(medians=(1,) * 40, spread=(), repeats=done, wall_ns=1)


@pytest.mark.parametrize("key", ["T", "n", "f", "r", "q"])
async def test_anything_else_stops_it(fake_app, key):
    app = fake_app(Slow())
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "n")
        speeds = app.main.scene.speeds
        await pilot.press("T")
        await until(pilot, lambda: "runs" in text_of(pilot, "#now"))
        await pilot.press(key)
        if key == "q":
            return
        await measured(pilot)
        assert app.main.scene.speeds == speeds
        if key == "T":
            assert "stopped" in text_of(pilot, "#now")
        elif key != "r":
            await until(pilot, lambda: app.session.executed > 1)


@pytest.mark.parametrize("error", [CyclesimError("no peak here."), RuntimeError("boom")])
async def test_an_error_is_one_sentence(fake_app, monkeypatch, error):
    def fails(*_: Any) -> None:
        raise error

    monkeypatch.setattr(fake.FakeEngine, "peak", fails)
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "T")
        await measured(pilot)
        assert str(error) in text_of(pilot, "#now")
        await press(pilot, "n")
        assert app.session.executed == 1


async def test_a_model_that_does_not_repeat_itself_says_so(fake_app, monkeypatch):
    def none(*_: Any) -> SimpleNamespace:
        return SimpleNamespace(medians=(), spread=(), repeats=0, wall_ns=0)

    monkeypatch.setattr(fake.FakeEngine, "measure", none)
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        speeds = app.main.scene.speeds
        await press(pilot, "T")
        await measured(pilot)
        assert "there is no median" in text_of(pilot, "#now")
        assert app.main.scene.speeds == speeds


async def test_a_known_peak_is_there_from_the_start(fake_app, monkeypatch):
    monkeypatch.setattr(fake.FakeEngine, "known_peak", lambda *_: Peak(1e12, 1e11))
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "]", "]")
        assert "-bound" in words(pilot)
        assert "T measures" not in words(pilot)


async def test_the_real_engine_measures_and_remembers(real_app, monkeypatch):
    from cyclesim.engine import peak

    monkeypatch.setattr(peak, "SIZES", (16,))
    monkeypatch.setattr(peak, "COPIES_CPU", (1 << 16,))
    for expected in (None, "known"):
        app = real_app()
        async with app.run_test(size=(120, 40)) as pilot:
            await ready(pilot)
            await press(pilot, "]", "]", "]", "n")
            assert ("-bound" in words(pilot)) == (expected is not None)
            await press(pilot, "T")
            await measured(pilot)
            assert "median of 25 runs" in text_of(pilot, "#now")
            assert len(app.main.scene.speeds) == app.main.scene.total
            assert "-bound" in words(pilot)
            await press(pilot, "f")
            assert app.main.scene.verdict.bit_identical is True


async def test_a_saved_trace_cannot_be_measured(fake_app):
    saved = fake.FakeEngine().rehearse(None, fake.TEXT)
    app = fake_app(saved=saved)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "T")
        assert "saved trace" in text_of(pilot, "#now")
        assert app.main._measuring is None
        assert "T measures" not in words(pilot)


@pytest.mark.parametrize("width", [31, 40, 60, 118, 300])
@pytest.mark.parametrize("language", ["en", "plain"])
async def test_no_line_is_wider_than_the_panel(fake_app, width, language):
    app = fake_app(ascii=language == "plain")
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "f", "T")
        await measured(pilot)
        for number in range(app.session.executed):
            scene = replace(app.main.scene, at=number)
            lines = app.main.query_one(Times).build(scene, width, 30)
            texts = ["".join(s.text for s in line).rstrip() for line in lines]
            assert max(map(cell_len, texts)) <= width
            if language == "plain":
                assert all(text.isascii() for text in texts)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=lambda s: f"{s[0]}x{s[1]}")
def test_picture(snap_compare, fake_app, size):
    async def drive(pilot):
        await ready(pilot)
        await press(pilot, "]", "]", "]", "n", "T")
        await measured(pilot)
        pilot.app.main._focus("times")
        if size[0] != 200:
            await press(pilot, "z")
        await settled(pilot)

    assert snap_compare(fake_app(), terminal_size=size, run_before=drive)

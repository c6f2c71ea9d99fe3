"""Opening, failing, leaving: one clear sentence, no thread, no queue behind a held key."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest

from cyclesim.errors import CyclesimError
from tests.tui import fake
from tests.tui.conftest import gone, press, ready, settled, text_of, until


def test_importing_the_app_imports_no_torch():
    code = (
        "import sys, cyclesim.tui.app\nprint(sorted({'torch', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_it_paints_before_it_loads(fake_app):
    go = threading.Event()

    def slow(options, progress):
        progress("loading a large model")
        go.wait(10)
        return object()

    app = fake_app(opener=slow)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "loading a large model" in text_of(pilot))
        assert fake.TEXT in text_of(pilot)
        await pilot.press("n", "space", "g", "slash")  # too early: nothing happens
        go.set()
        await ready(pilot)
        assert app.session.executed == 0


async def test_leaving_while_loading(fake_app):
    def slow(options, progress):
        while True:
            progress("still loading")
            time.sleep(0.01)

    app = fake_app(opener=slow)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause(0.1)
        await pilot.press("q")
        await gone(pilot)
    assert app.return_code == 0
    assert app.session.join(5)


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_leaving_while_playing(real_app, key):
    app = real_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("space", "plus", "plus", "plus")
        await until(pilot, lambda: app.session.executed > 2)
        await pilot.press(key)
        await gone(pilot)
    assert app.return_code == 0
    assert app.session.join(5)


async def test_leaving_while_the_model_runs(fake_app):
    engine = fake.FakeEngine(gate=threading.Event())  # a cycle that never ends by itself
    app = fake_app(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("f")
        await pilot.pause(0.05)
        await pilot.press("ctrl+q")
        await gone(pilot)
    assert app.session.join(5)
    assert engine.clocks[0].closed


async def test_leaving_from_a_dialog(real_app):
    app = real_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("g", "ctrl+c")
        await gone(pilot)
    assert app.session.join(5)


async def test_a_bad_model_is_one_sentence(fake_app):
    def bad(options, progress):
        raise CyclesimError("there is no model called 'nope': see `cyclesim models`.")

    app = fake_app(opener=bad)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: bool(app.sentence))
    assert app.return_code == 2
    assert app.sentence == "there is no model called 'nope': see `cyclesim models`."


async def test_an_unexpected_error_is_one_line(fake_app):
    def broken(options, progress):
        raise OSError("disk\n  on fire")

    app = fake_app(opener=broken)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: bool(app.sentence))
    assert app.return_code == 2
    assert app.sentence == "OSError: disk on fire"


async def test_the_model_raises(fake_app):
    app = fake_app(fake.FakeEngine(fails_at=5))
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "f")
        await until(pilot, lambda: "boom" in text_of(pilot))
        await settled(pilot)
        assert app.main.scene.executed == 5
        await press(pilot, "b", "b")  # what ran can still be looked at
        assert app.main.scene.at == 2
        await pilot.press("r")
        await ready(pilot)
        assert app.main.scene.failure == ""


async def test_an_empty_text_keeps_the_run(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "n")
        app.main._reopen(replace(app.options, text="\u200b"))  # nothing is left of it
        await until(pilot, lambda: not app.main._opening)
        await settled(pilot)
        assert "give at least one word" in text_of(pilot, "#now")
        await press(pilot, "n")
        assert app.session.executed == 2


async def test_the_first_nan_is_named(fake_app):
    engine = fake.FakeEngine()
    app = fake_app(engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        for number in (7, 9):
            engine.clocks[0]._cycles[number].outputs[0].data.array[0, 0] = float("nan")
        await press(pilot, "n")
        assert "NaN came" not in text_of(pilot, "#result")
        await press(pilot, "f")
        assert "The first NaN came at cycle 7" in text_of(pilot, "#result")
        assert "!" in text_of(pilot, "#timeline")


async def test_a_held_key_never_queues_behind(fake_app):
    gate = threading.Event()
    app = fake_app(fake.FakeEngine(gate=gate))
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("n")
        await until(pilot, lambda: app.session.busy_seconds > 0.3)
        await pilot.press(*"nnnnnnnnnn")  # the model is still busy with the first
        gate.set()
        await settled(pilot)
        assert app.session.executed == 1
        await pilot.press(*"nnnnnnnnnn")  # now it keeps up: all of them count
        await settled(pilot)
        assert app.session.executed == 11
        assert app.main.scene.at == 10


async def test_resizing_keeps_the_place(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "n", "n")
        for size in ((80, 24), (120, 40), (30, 8), (200, 60), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert app.main.has_class("-tabs") == (size[0] < 100 or size[1] < 30)
        assert app.main.scene.at == 1
        shown = [p.id for p in app.main.query("Panel") if p.display and p.id != "timeline"]
        assert len(shown) == 1
        await press(pilot, "tab")
        now = [p.id for p in app.main.query("Panel") if p.display and p.id != "timeline"]
        assert now != shown


def test_the_shell_options_reach_the_machine(monkeypatch):
    from cyclesim.cli.invoke import _invoke
    from cyclesim.tui.backstage.live import open_machine

    seen = {}
    monkeypatch.setattr("cyclesim.tui.app.run_app", lambda options: seen.update(options=options))
    monkeypatch.setattr("cyclesim.machine.load", lambda model, **given: seen.update(given))
    _invoke(["Ada met Bob.", "--pad-to", "16", "--max-length", "32"])
    open_machine(seen["options"], lambda _: None)
    assert (seen["pad_to"], seen["max_length"]) == (16, 32)

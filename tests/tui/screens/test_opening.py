"""Another text, model, task, attention or device, without leaving; and what is remembered."""

from __future__ import annotations

import copy
import gc
import json
import os
import stat
import threading
import weakref
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import Input

from cyclesim.errors import CyclesimError
from cyclesim.machine.catalog import EMBEDDED
from cyclesim.machine.variant import with_attention
from cyclesim.tui.app import CyclesimApp
from cyclesim.tui.launch import MOST_SERVED, LaunchOptions
from cyclesim.tui.screens.dialogs.machine import MachineDialog
from cyclesim.tui.settings.recent import (
    LONGEST,
    MACHINES,
    TEXTS,
    Recent,
    RecentMachine,
    recent_path,
)
from cyclesim.tui.widgets.choice import Choice
from tests.tui import fake
from tests.tui.conftest import TEXT, gone, press, ready, settled, text_of, until


@pytest.fixture
def open_app(tiny_machine, monkeypatch):
    """An app whose models are copies of one, by whatever name; `broken` is one that fails."""
    monkeypatch.setattr("cyclesim.tui.backstage.session.SETTLE", 0.0)
    opened = []

    def opener(options, progress):
        progress(f"loading {options.model}")
        if options.model == "broken":
            raise CyclesimError("the weights of broken are gone.")
        machine = replace(tiny_machine, model=copy.deepcopy(tiny_machine.model))
        machine.name = options.model or "tiny-ner"
        if options.attention != machine.attention:
            machine = with_attention(machine, options.attention)
        opened.append((options, weakref.ref(machine.model)))
        return machine

    def make(**options):
        options.setdefault("text", TEXT)
        app = CyclesimApp(LaunchOptions(**options), opener)
        app.opened = opened
        return app

    return make


async def form(pilot) -> MachineDialog:
    await pilot.press("M")
    await until(pilot, lambda: isinstance(pilot.app.screen, MachineDialog))
    await pilot.pause()
    return pilot.app.screen


async def remembered(pilot) -> None:
    await until(pilot, lambda: bool(pilot.app.main._offers.tasks))
    await settled(pilot)


async def test_another_model_and_attention(open_app):
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await remembered(pilot)
        await press(pilot, "n", "n", "n")
        dialog = await form(pilot)
        page = text_of(pilot)
        assert "now: tiny-ner · token-classification · cpu · eager · float32" in page
        assert "[eager] sdpa" in page
        assert "[auto] cpu" in page
        dialog.query_one("#model", Input).value = "other-ner"
        await pilot.press("tab", "tab", "right")
        assert dialog.query_one("#attention", Choice).value == "sdpa"
        await pilot.press("enter")
        await until(pilot, lambda: app.main.scene.trace.header.model == "other-ner")
        await ready(pilot)
        assert app.session.executed == 0
        assert app.main.scene.trace.header.attention == "sdpa"
        assert "other-ner" in text_of(pilot, "#header")
        assert "sdpa" in text_of(pilot, "#header")
        assert app.options.model == "other-ner"
        await press(pilot, "f")
        assert app.main.scene.verdict.bit_identical
        assert app.main.scene.plan.find(op="scaled_dot_product_attention")


async def test_a_failure_keeps_the_run(open_app):
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await remembered(pilot)
        await press(pilot, "n", "n", "n")
        trace = app.main.scene.trace
        dialog = await form(pilot)
        dialog.query_one("#model", Input).value = "broken"
        dialog.query_one("#text", Input).value = "Bob met Ada"
        await pilot.press("tab", "tab", "right", "enter")
        await until(pilot, lambda: "the weights of broken are gone." in text_of(pilot, "#now"))
        await settled(pilot)
        again = await form(pilot)  # nothing that was typed is lost
        assert [again.query_one(f"#{name}", Input).value for name in ("model", "text")] == [
            "broken", "Bob met Ada",
        ]  # fmt: skip
        assert again.query_one("#attention", Choice).value == "sdpa"
        await pilot.press("escape")
        await settled(pilot)
        assert app.main.scene.trace is trace
        assert app.options.model is None
        await press(pilot, "n")
        assert (app.main.scene.at, app.session.executed) == (3, 4)
        assert not any(m.model == "broken" for m in Recent.read().machines)


async def test_the_old_run_can_be_looked_at_meanwhile(open_app, tiny_machine):
    app = open_app()
    load, go = app.session._opener, threading.Event()

    def slow(options, progress):
        if options.model == "large":
            progress("loading large")
            go.wait(10)
        return load(options, progress)

    app.session._opener = slow
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await remembered(pilot)
        await press(pilot, "n", "n", "n", "n")
        dialog = await form(pilot)
        dialog.query_one("#model", Input).value = "large"
        await pilot.press("enter")
        await until(pilot, lambda: "loading large" in text_of(pilot, "#now"))
        await pilot.press("b", "b")
        await until(pilot, lambda: app.main.scene.at == 1)
        await pilot.press("n", "n", "n", "n", "f", "e", "M")  # what would have to run has to wait
        await pilot.pause(0.1)
        assert app.session.executed == 4
        assert app.screen is app.main
        go.set()
        await until(pilot, lambda: app.main.scene.trace.header.model == "large")
        await ready(pilot)
        assert (app.main.scene.at, app.session.executed) == (None, 0)


async def test_leaving_while_another_model_loads(open_app):
    app = open_app()

    def endless(options, progress):
        while True:
            progress("loading for ever")
            threading.Event().wait(0.01)

    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await remembered(pilot)
        app.session._opener = endless
        dialog = await form(pilot)
        dialog.query_one("#model", Input).value = "large"
        await pilot.press("enter")
        await until(pilot, lambda: "loading for ever" in text_of(pilot, "#now"))
        await pilot.press("q")
        await gone(pilot)
    assert app.return_code == 0
    assert app.session.join(5)


async def test_the_old_model_is_let_go(open_app):
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await remembered(pilot)
        await press(pilot, "n", "f")
        for name in ("one", "two", "three"):
            dialog = await form(pilot)
            dialog.query_one("#model", Input).value = name
            await pilot.press("enter")
            await until(pilot, lambda name=name: app.main.scene.trace.header.model == name)
            await ready(pilot)
            await press(pilot, "n", "n")
        gc.collect()
        alive = [options.model for options, model in app.opened if model() is not None]
        assert alive == ["three"]


async def test_trust_is_for_one_model(open_app):
    app = open_app(trust_remote_code=True, random_init=True, max_length=16)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await remembered(pilot)
        await form(pilot)
        await pilot.press("enter")  # the same again
        await until(pilot, lambda: not app.main._opening)
        await ready(pilot)
        assert app.options.trust_remote_code
        dialog = await form(pilot)
        dialog.query_one("#model", Input).value = "other"
        await pilot.press("enter")
        await until(pilot, lambda: app.main.scene.trace.header.model == "other")
        assert not app.options.trust_remote_code
        assert not app.options.random_init
        assert app.options.max_length is None


async def test_the_form_says_what_is_missing(open_app):
    app = open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await remembered(pilot)
        dialog = await form(pilot)
        for field, words in (("model", "There is no model"), ("text", "The text is empty")):
            line = dialog.query_one(f"#{field}", Input)
            before, line.value = line.value, "  "
            await pilot.press("enter")
            await pilot.pause()
            assert words in text_of(pilot)
            assert dialog.focused is line
            line.value = before
        await pilot.press("escape")
        await settled(pilot)
        assert len(app.opened) == 1


async def test_texts_and_models_come_back(open_app):
    Recent(("Bob met Ada", "in Rome ."), (RecentMachine("known", "forward"),)).write()
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await remembered(pilot)
        await pilot.press("t")
        await pilot.pause()
        line = app.screen.query_one("#answer", Input)
        seen = [line.value]
        for key in ("up", "up", "up", "down"):
            await pilot.press(key)
            seen.append(line.value)
        assert seen == [TEXT, "Bob met Ada", "in Rome .", "in Rome .", "Bob met Ada"]
        await pilot.press("enter")
        await until(pilot, lambda: app.main.scene.trace.header.text == "Bob met Ada")
        await ready(pilot)
        await until(pilot, lambda: Recent.read().texts[0] == "Bob met Ada")
        assert Recent.read().texts == ("Bob met Ada", TEXT, "in Rome .")
        dialog = await form(pilot)
        await pilot.press("up")
        assert dialog.query_one("#model", Input).value == "known"
        assert dialog.query_one("#task", Choice).value == "forward"
        await pilot.press("down", "enter")
        await until(pilot, lambda: not app.main._opening)
    assert len(app.opened) == 1  # the same machine is not loaded again


async def test_a_restart_loads_nothing(open_app):
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "n", "n")
        await pilot.press("r")
        await ready(pilot)
        assert app.session.executed == 0
        assert len(app.opened) == 1


# -- somebody else's browser ------------------------------------------------------------------


async def test_a_guest_opens_only_what_comes_with_it(open_app):
    Recent(("a secret",), (RecentMachine("/home/me/model"),)).write()
    before = recent_path().read_bytes()
    app = open_app(served=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await remembered(pilot)
        await pilot.press("t", "up")
        await pilot.pause()
        assert app.screen.query_one("#answer", Input).value == TEXT
        await pilot.press("escape")
        dialog = await form(pilot)
        await pilot.press("up")
        assert dialog.query_one("#model", Input).value in EMBEDDED
        dialog.query_one("#model", Input).value = "/home/me/model"
        await pilot.press("enter")
        await until(pilot, lambda: "Only a model that comes" in text_of(pilot, "#now"))
        app.main._reopen(replace(app.options, text="x" * (MOST_SERVED + 1)))
        await until(pilot, lambda: "too long" in text_of(pilot, "#now"))
        await settled(pilot)
    assert len(app.opened) == 1
    assert recent_path().read_bytes() == before


async def test_a_saved_trace_is_not_remembered(fake_app):
    engine = fake.FakeEngine()
    app = fake_app(saved=engine.rehearse(None, fake.TEXT))
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await pilot.press("M", "t")
        await pilot.pause()
        assert app.screen is app.main
        assert "cannot run" in text_of(pilot, "#now")
    assert not recent_path().exists()


# -- the file ---------------------------------------------------------------------------------


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=12,
)
machines = st.builds(
    RecentMachine, st.none() | st.text(min_size=1, max_size=20), st.none() | st.just("forward")
)


@given(st.lists(st.text(max_size=30), max_size=30), st.lists(machines, max_size=15))
def test_what_is_written_is_read(texts, opened):
    recent = Recent()
    for text, machine in zip(texts, opened, strict=False):
        recent = recent.with_run(LaunchOptions(text=text, model=machine.model, task=machine.task))
    assert len(recent.texts) <= TEXTS
    assert len(recent.machines) <= MACHINES
    assert len(set(recent.texts)) == len(recent.texts)
    assert recent.write()
    assert Recent.read() == recent


@given(json_values | st.fixed_dictionaries({"schema": st.just(1), "texts": json_values,
                                            "machines": json_values}))  # fmt: skip
def test_any_file_is_read(content):
    recent_path().parent.mkdir(parents=True, exist_ok=True)
    recent_path().write_text(json.dumps(content))
    found = Recent.read()
    assert all(isinstance(text, str) and len(text) <= LONGEST for text in found.texts)
    assert all(isinstance(machine.dtype, str) for machine in found.machines)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"schema": 2}'])
def test_a_broken_file_is_none(content):
    recent_path().parent.mkdir(parents=True, exist_ok=True)
    recent_path().write_bytes(content)
    assert Recent.read() == Recent()


def test_a_text_that_is_too_long_is_not_kept():
    recent = Recent(("old",)).with_run(LaunchOptions(text="x" * (LONGEST + 1)))
    assert recent.texts == ("old",)


def test_a_folder_is_kept_by_its_whole_path(tmp_path, monkeypatch):
    (tmp_path / "model").mkdir()
    monkeypatch.chdir(tmp_path)
    assert RecentMachine.of(LaunchOptions(model="model")).model == str(tmp_path / "model")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_home_that_cannot_be_written(open_app):
    home = recent_path().parent.parent
    home.chmod(stat.S_IRUSR | stat.S_IXUSR)
    app = open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await remembered(pilot)
    home.chmod(stat.S_IRWXU)


async def test_a_home_that_is_a_file(open_app, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CYCLESIM_HOME", str(tmp_path / "file"))
    app = open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await remembered(pilot)
        await pilot.press("t", *"Bob", "enter")
        await until(pilot, lambda: app.main.scene.trace.header.text == "Bob")
        await ready(pilot)
        await remembered(pilot)
        assert app.main._recent.texts[0] == "Bob"


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_the_form(snap_compare, fake_app, size):
    async def drive(pilot):
        await ready(pilot)
        await remembered(pilot)
        await form(pilot)
        await pilot.press("tab", "right")

    assert snap_compare(fake_app(), terminal_size=size, run_before=drive)

"""The compare screen: another run beside this one, driven by keys."""

from __future__ import annotations

import copy
import threading
from dataclasses import replace

import numpy as np
import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

import cyclesim
from cyclesim.errors import CyclesimError
from cyclesim.render.heatmap import Matrix
from cyclesim.trace import ArrayData
from cyclesim.tui.app import CyclesimApp
from cyclesim.tui.launch import LaunchOptions
from cyclesim.tui.screens.compare import CompareScreen
from cyclesim.tui.screens.dialogs.against import AgainstDialog, OtherDialog, WaitDialog
from tests.tui import fake
from tests.tui.conftest import TEXT, press, ready, settled, text_of, until

WAYS = {
    "attention": "with sdpa attention",
    "text": "another text",
    "model": "another model",
    "unedited": "without the edits",
    "branch": "branch 1",
    "file": "a saved trace",
    "again": "the last one again",
}


async def choose(pilot: Pilot, way: str, value: str = "") -> None:
    """Press `C`, choose, answer."""
    await pilot.press("C")
    await until(pilot, lambda: isinstance(pilot.app.screen, AgainstDialog))
    await pilot.pause()
    choices = pilot.app.screen.query_one("#choices", OptionList)
    prompts = [str(choices.get_option_at_index(i).prompt) for i in range(choices.option_count)]
    place = next(i for i, prompt in enumerate(prompts) if WAYS[way] in prompt)
    await pilot.press(str(place + 1))
    if value:
        await until(pilot, lambda: isinstance(pilot.app.screen, OtherDialog))
        await pilot.pause()
        pilot.app.screen.query_one("#answer", Input).value = value
        await pilot.press("enter")


async def compare(pilot: Pilot, way: str, value: str = "") -> CompareScreen:
    """The compare screen, once both runs are there."""
    await choose(pilot, way, value)
    await until(pilot, lambda: isinstance(pilot.app.screen, CompareScreen))
    await pilot.pause()
    await pilot.pause()
    return pilot.app.screen


async def fails(pilot: Pilot, way: str, value: str) -> str:
    """What the dialog says when it cannot be compared."""
    await choose(pilot, way, value)
    await until(pilot, lambda: "cannot be compared" in text_of(pilot))
    said = " ".join(text_of(pilot).split())
    await pilot.press("escape")
    assert pilot.app.screen is pilot.app.main
    return said


async def go(pilot: Pilot, number: int) -> None:
    await pilot.press("g")
    await pilot.pause()
    await pilot.press(*str(number), "enter")
    await pilot.pause()
    await pilot.pause()


async def test_eager_beside_sdpa(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "f")
        screen = await compare(pilot, "attention")
        text = text_of(pilot)
        assert "eager" in text
        assert "sdpa" in text
        assert "fused" in text
        assert f"of {len(screen.moment.found.found.cycles)} cycles" in text
        ours = app.main.scene.trace
        number = ours.find(step="softmax")[1].number
        await go(pilot, number)
        moment = screen.moment
        assert (moment.twin.column.a.number, moment.twin.column.kind) == (number, "fused")
        assert "probabilities, recomputed" in text_of(pilot)
        await pilot.press("h", "down", "right", "right")
        await pilot.pause()
        moment = screen.moment
        values = ours[number].outputs[0].numpy()
        assert np.array_equal(moment.twin.a.drawn.values, values[0, 1].astype(np.float64))
        assert moment.cursor == (1, 2)
        assert f"= {values[0, 1, 1, 2]:.7g}" in text_of(pilot)
        assert "head 1 of 2" in text_of(pilot)
        await pilot.press("b")
        assert screen.moment.twin.column.a.number == number - 1
        await pilot.press("n", "n", "n")
        assert screen.moment.twin.column.a.number == number + 2
        await pilot.press("]")
        assert screen.moment.twin.column.cycle.layer is None
        await pilot.press("[")
        assert screen.moment.twin.column.cycle.layer == 1
        assert app.main.scene.at == len(ours) - 1  # the main screen stands where it stood


async def test_leaving_keeps_the_other_beside_this_run(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "f")
        screen = await compare(pilot, "text", "Bob met Ada in Rome .")
        first = screen.moment.found.differences[0]
        await go(pilot, 20)
        await pilot.press("d")
        assert screen.moment.at == next(c for c in screen.moment.found.differences if c > 20)
        await pilot.press("D", "D")
        assert screen.moment.at < 20
        await go(pilot, len(app.main.scene.trace) - 1)
        await pilot.press("d")  # after the last comes the first
        assert screen.moment.at == first
        number = screen.moment.twin.column.a.number
        await pilot.press("enter")
        await settled(pilot)
        assert app.screen is app.main
        assert app.main.scene.at == number
        await until(pilot, lambda: app.main.scene.other is not None)
        other = app.main.scene.other
        assert other.first == number
        assert other.trace.header.text == "Bob met Ada in Rome ."
        assert other.partner(20).step == app.main.scene.trace[20].step
        again = await compare(pilot, "again")
        assert again.moment.found.theirs is other.trace
        await pilot.press("escape")
        assert app.screen is app.main


async def test_an_edited_run_beside_itself_without_the_edits_and_before_them(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "f")
        number = app.main.scene.plan.find(step="softmax")[0].number
        await pilot.press("g", *str(number), "enter")
        await settled(pilot)
        await pilot.press("e")
        await pilot.pause()
        app.screen.query_one("#answer", Input).value = "zero head 1"
        await pilot.press("enter")
        await until(pilot, lambda: app.main.scene.marks.edited == (number,))
        await settled(pilot)
        await press(pilot, "f")
        for way, value in (("unedited", ""), ("branch", "")):
            screen = await compare(pilot, way, value)
            found = screen.moment.found
            assert found.columns[found.differences[0]].a.number == number
            assert screen.moment.at == found.differences[0]
            shown = screen.moment.twin
            assert not shown.a.source.whole[0, 1].any()
            assert shown.b.source.whole[0, 1].any()
            assert found.theirs.verdict.edited == ()
            text = text_of(pilot)
            assert f"the first is {number}" in text
            assert "^ first difference" in text
            assert "without the edits" in text or "branch 1" in text
            await pilot.press("C")
            assert app.screen is app.main


async def test_an_unfinished_run_is_compared_as_far_as_it_is_and_finished_from_there(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "C")
        assert "Nothing has run yet" in text_of(pilot, "#now")
        await press(pilot, *"nnnnnnnn")
        await pilot.press("C")
        await until(pilot, lambda: isinstance(app.screen, AgainstDialog))
        await pilot.pause()
        assert "Only the 8 cycles that have run are compared" in text_of(pilot)
        await pilot.press("escape")
        screen = await compare(pilot, "attention")
        found = screen.moment.found
        assert (found.executed, len(found.found.cycles)) == (8, 8)
        assert {c.kind for c in found.columns[8:]} == {"waiting"}
        assert not found.found.only_b
        text = text_of(pilot)
        assert "8 cycles so far" in text
        assert "No answer to compare yet" in text
        assert "finish A" in text
        await go(pilot, 7)
        await pilot.press("n")
        await pilot.pause()
        assert "A has run 8 cycles so far, and not this one" in text_of(pilot)
        await pilot.press("b", "f")
        await until(pilot, lambda: screen.moment.found.ours.complete)
        await until(pilot, lambda: screen.moment.found.executed == app.session.executed)
        await pilot.pause()
        assert app.screen is screen
        assert screen.moment.twin.column.a.number == 7
        assert {c.kind for c in screen.moment.found.columns} == {"pair", "fused"}
        assert "finish A" not in text_of(pilot)
        await pilot.press("escape")
        await settled(pilot)
        assert app.main.scene.verdict.bit_identical  # nothing of it disturbed the first run


async def test_another_model_and_a_saved_trace(tiny_machine, monkeypatch, tmp_path):
    import torch

    monkeypatch.setattr("cyclesim.tui.backstage.session.SETTLE", 0.0)
    model = copy.deepcopy(tiny_machine.model)
    with torch.no_grad():
        model.classifier.bias += 1
    machine = cyclesim.load(model=model, tokenizer=tiny_machine.tokenizer)
    asked: list[LaunchOptions] = []

    def opener(options, progress):
        asked.append(options)
        progress("loading")
        if options.model == "nowhere":
            raise CyclesimError("there is no model called nowhere.")
        return machine if options.model == "other" else tiny_machine

    app = CyclesimApp(LaunchOptions(text=TEXT, trust_remote_code=True), opener)
    path = tmp_path / "run.safetensors"
    cyclesim.trace(machine, TEXT).save(path)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "f")
        screen = await compare(pilot, "model", "other")
        assert not asked[-1].trust_remote_code  # one model was trusted, not every other
        logits = app.main.scene.trace.find(step="logits")[0].number
        found = screen.moment.found
        assert found.columns[found.differences[0]].a.number == logits
        await pilot.press("escape")
        assert "no model called nowhere" in await fails(pilot, "model", "nowhere")
        screen = await compare(pilot, "file", str(path))
        found = screen.moment.found
        assert found.columns[found.differences[0]].a.number == logits
        assert "run.safetensors" in text_of(pilot)
        await pilot.press("escape")
        await choose(pilot, "file", str(tmp_path / "nothing"))
        await pilot.pause()
        assert "There is no file" in text_of(pilot)
        await pilot.press("escape")
        (tmp_path / "bad").write_text("nonsense")
        assert "cannot be compared" in await fails(pilot, "file", str(tmp_path / "bad"))
        await press(pilot, "b")
        assert app.main.scene.at == len(app.main.scene.trace) - 2


async def test_a_saved_trace_can_be_held_against_a_file_only(tiny_machine, tmp_path):
    path, other = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    cyclesim.trace(tiny_machine, TEXT).save(path)
    cyclesim.trace(tiny_machine, "Bob met Ada").save(other)
    app = CyclesimApp(LaunchOptions(saved=cyclesim.open_trace(path)))
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await pilot.press("C")
        await until(pilot, lambda: isinstance(app.screen, AgainstDialog))
        await pilot.pause()
        assert [c.way for c in app.screen.choices] == ["file"]
        assert "A saved trace cannot run" in text_of(pilot)
        await pilot.press("escape")
        screen = await compare(pilot, "file", str(other))
        await go(pilot, app.main.scene.trace.find(step="softmax")[0].number)
        while isinstance(screen.moment.twin.delta, Matrix):
            await pilot.press("o")
        assert "cannot be compared cell by cell: 8 tokens against 5" in " ".join(
            text_of(pilot).split()
        )
        await pilot.press("b", "n", "f")
        assert app.screen is screen  # f has nothing to do here


async def test_it_can_be_given_up_while_the_other_runs(fake_app):
    gate, engine = threading.Event(), fake.FakeEngine()
    app = fake_app(engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "f")
        engine.options = {"gate": gate}
        await choose(pilot, "text", "another")
        await until(pilot, lambda: len(engine.clocks) == 2)
        assert isinstance(app.screen, WaitDialog)
        await pilot.press("escape")
        assert app.screen is app.main
        gate.set()
        await until(pilot, lambda: engine.clocks[1].closed)
        await settled(pilot)
        assert app.screen is app.main
        assert app.main.scene.other is None
        engine.options = {"fails_at": 5}
        assert "the model failed at cycle 5" in await fails(pilot, "text", "another")
        engine.options = {}
        await compare(pilot, "text", "another")


async def test_leaving_the_app_while_the_other_runs(fake_app):
    gate, engine = threading.Event(), fake.FakeEngine()
    app = fake_app(engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "f")
        engine.options = {"gate": gate}
        await choose(pilot, "text", "another")
        await until(pilot, lambda: len(engine.clocks) == 2)
        gate.set()
        await pilot.press("ctrl+q")


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 40), (200, 60), (300, 100), (40, 12)])
@pytest.mark.parametrize("ascii", [False, True])
async def test_every_size_shows_every_view(fake_app, size, ascii):
    app = fake_app(ascii=ascii)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "f")
        screen = await compare(pilot, "text", "A man met 日本 🙂")
        await pilot.resize_terminal(*size)
        await pilot.pause()
        for _ in range(4):
            for key in ("n", "o", "h", "d", "down", "right", "tab"):
                await pilot.press(key)
            await pilot.pause()
            text = text_of(pilot)
            assert "A " in text
            if ascii:
                assert {c for c in text if not c.isascii()} <= set("日本🙂")
        assert app.screen is screen


async def test_help_tells_the_keys(fake_app):
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "f")
        screen = await compare(pilot, "text", "another")
        await pilot.press("question_mark")
        await pilot.pause()
        await pilot.pause()
        assert "Go to the next cycle that differs." in text_of(pilot)
        await pilot.press("escape")
        assert app.screen is screen
        await pilot.press("g")
        await pilot.pause()
        await pilot.press(*"b999", "enter")
        await pilot.pause()
        assert "There is no cycle 'b999'" in text_of(pilot)
        app.screen.query_one("#answer", Input).value = "b7"
        await pilot.press("enter")
        await pilot.pause()
        assert screen.moment.twin.column.b.number == 7


class Changed(fake.FakeEngine):
    """Every run but the first has a head of zeros in the softmax of its second layer."""

    def clock(self, machine, text, plan, train=None):
        made = super().clock(machine, text, plan)
        if len(self.clocks) > 1:
            softmax = [c for c in made._cycles if c.step == "softmax"][1]
            (old,) = softmax.outputs
            data = np.array(old.numpy())
            data[:, 1] = 0
            softmax.outputs = (replace(old, data=ArrayData(data)),)
        return made


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_pictures(snap_compare, fake_app, size):
    async def drive(pilot):
        await ready(pilot)
        await press(pilot, "f")
        await compare(pilot, "text", fake.TEXT + " 日本")
        await pilot.press("h", "down", "right")

    assert snap_compare(fake_app(Changed()), terminal_size=size, run_before=drive)


def test_a_plain_picture(snap_compare, fake_app):
    async def drive(pilot):
        await ready(pilot)
        await press(pilot, *"nnnnnn")
        await compare(pilot, "text", "another text")

    assert snap_compare(fake_app(ascii=True), terminal_size=(120, 30), run_before=drive)

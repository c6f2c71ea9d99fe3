"""How a text is generated, chosen in the app."""

from __future__ import annotations

from typing import Any

import pytest
from textual.widgets import Input

from cyclesim.tui.app import CyclesimApp
from cyclesim.tui.launch import LaunchOptions
from cyclesim.tui.screens.dialogs.edit import EditDialog
from cyclesim.tui.screens.dialogs.generation import GenerationDialog
from tests.machine.generation.models import PROMPT, machine
from tests.tui.conftest import press, ready, settled, text_of, until


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_settings_are_chosen_and_the_text_written_anew(size: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("cyclesim.tui.backstage.session.SETTLE", 0.0)
    opened = machine("gpt2", max_new_tokens=3)
    app = CyclesimApp(LaunchOptions(text=PROMPT), lambda options, progress: opened)
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        await pilot.press("G")
        await until(pilot, lambda: isinstance(app.screen, GenerationDialog))
        await pilot.pause()
        page = text_of(pilot)
        for shown in ("new tokens", "temperature", "top-p", "beams", "kept in a cache", "stop at"):
            assert shown in page
        app.screen.query_one("#top_k", Input).value = "many"
        await pilot.press("enter")
        assert "top-k: 'many' is no number." in text_of(pilot)
        app.screen.query_one("#top_k", Input).value = "5"
        app.screen.query_one("#max_new_tokens", Input).value = "0"
        await pilot.press("enter")
        assert "max_new_tokens 0 makes no sense" in text_of(pilot)
        app.screen.query_one("#max_new_tokens", Input).value = "2"
        app.screen.query_one("#seed", Input).value = "4"
        await pilot.press("enter")
        await until(pilot, lambda: app.session.options.generation is not None)
        await ready(pilot)
        await press(pilot, "f")
        await until(pilot, lambda: app.main.scene.ended)
        trace = app.main.scene.trace
        assert len(trace.result["ids"]) == 2
        assert trace.find(step="top_k")
        assert trace.verdict.bit_identical
        assert app.session._machine.model is opened.model  # not loaded again


async def test_another_token_is_chosen(monkeypatch: Any) -> None:
    """Of all steps outside the model, the choice of a token can be edited."""
    monkeypatch.setattr("cyclesim.tui.backstage.session.SETTLE", 0.0)
    opened = machine("gpt2", max_new_tokens=2)
    app = CyclesimApp(LaunchOptions(text=PROMPT), lambda options, progress: opened)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        chosen = app.main.scene.plan.find(step="argmax")[0].number
        await pilot.press("g", *str(chosen), "enter")
        await until(pilot, lambda: app.main.scene.at == chosen)
        await press(pilot, "e")
        await until(pilot, lambda: isinstance(app.screen, EditDialog))
        app.screen.query_one("#answer", Input).value = "set 5"
        await pilot.press("enter")
        await until(pilot, lambda: app.main.scene.marks.edited == (chosen,))
        await settled(pilot)
        assert app.main.scene.current.outputs[0].numpy().item() == 5
        await press(pilot, "f")
        await until(pilot, lambda: app.main.scene.ended)
        assert app.main.scene.trace.result["ids"][0] == 5


async def test_a_run_that_writes_nothing_says_so(real_app: Any) -> None:
    app = real_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await press(pilot, "G")
        assert "This run writes no text" in text_of(pilot, "#now")

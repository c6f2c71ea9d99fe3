"""Which sequence of a batch is looked at."""

from __future__ import annotations

from typing import Any

from cyclesim.tui.app import CyclesimApp
from cyclesim.tui.launch import LaunchOptions
from tests.tui.conftest import press, ready, settled, text_of, until

TEXTS = ["Ada met Bob in Rome .", "Bob in Rome"]


async def test_all_views_go_to_another_sequence(tiny_machine: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("cyclesim.tui.backstage.session.SETTLE", 0.0)
    app = CyclesimApp(LaunchOptions().reading(TEXTS), lambda options, progress: tiny_machine)
    async with app.run_test(size=(140, 50)) as pilot:
        await ready(pilot)
        await press(pilot, "N")  # before anything has run
        assert "Sequence 1 of 0–1: Bob in Rome" in text_of(pilot, "#now")
        await press(pilot, "f")
        await until(pilot, lambda: app.main.scene.ended)
        await settled(pilot)
        scene = app.main.scene
        assert scene.trace.header.text == TEXTS[1]
        assert scene.verdict.bit_identical
        assert scene.trace.result == scene.trace.answers[1]
        softmax = scene.trace.find(unit="attention", step="softmax", layer=0)[0].number
        app.main._jump(softmax)
        await settled(pilot)
        tensor = app.main.query_one("#tensor")
        assert tensor.cut.at[tensor.cut.named("batch")] == 1
        assert "[PAD]" in text_of(pilot, "#tensor")
        await press(pilot, "P")
        assert tensor.cut.at[tensor.cut.named("batch")] == 0
        assert "[PAD]" not in text_of(pilot, "#tensor")
        assert scene.trace.result == scene.trace.answers[0]
        await press(pilot, "P", "t")  # past the first is the last: its text is asked for
        answer = app.screen.query_one("#answer")
        assert answer.value == TEXTS[1]
        answer.value = "Rome ."
        await pilot.press("enter")
        await until(pilot, lambda: app.main.scene.plan.header.text == "Rome .")
        assert [row.text for row in app.main.scene.plan.header.sequences] == [TEXTS[0], "Rome ."]


async def test_one_text_is_no_batch(real_app: Any) -> None:
    app = real_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await press(pilot, "N")
        assert "several texts at once are a batch" in text_of(pilot, "#now")

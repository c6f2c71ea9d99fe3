"""What a task reads beside a text, asked for in the app."""

from __future__ import annotations

from typing import Any

import pytest
from textual.widgets import Input

from cyclesim.trace import Prompt
from cyclesim.tui.screens.dialogs.machine import MachineDialog
from cyclesim.tui.screens.dialogs.reading import FieldError, ReadingDialog, prompt_of, written
from cyclesim.tui.widgets.choice import Choice
from tests.tui.conftest import press, ready, settled, text_of, until
from tests.tui.test_tasks import app_of


@pytest.mark.parametrize(
    "prompt",
    [
        Prompt("Ada met Bob."),
        Prompt("Ada", pair="met Bob"),
        Prompt("Ada met Bob.", question="Who?"),
        Prompt("Ada", choices=("met Bob.", "in Rome.")),
        Prompt("Ada met Bob.", entities=((0, 3), (8, 11))),
    ],
)
def test_what_is_written_is_read_again(prompt: Prompt) -> None:
    assert prompt_of({field: written(prompt, field) for field in prompt.given}) == prompt


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"text": " "}, "text"),
        ({"text": "Ada", "question": ""}, "question"),
        ({"text": "Ada", "entities": "0:3 here"}, "entities"),
    ],
)
def test_a_line_that_cannot_be_read(said: dict[str, str], field: str) -> None:
    with pytest.raises(FieldError) as raised:
        prompt_of(said, ("text", "question"))
    assert raised.value.field == field


async def test_a_question_and_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cyclesim.tui.backstage.session.SETTLE", 0.0)
    app: Any = app_of("BertForQuestionAnswering", None, example=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await until(pilot, lambda: bool(app.main._offers.reads))
        await press(pilot, "t")
        assert isinstance(app.screen, ReadingDialog)
        line = app.screen.query_one("#field-question", Input)
        assert line.value == "Who worked with Charles Babbage?"
        line.value = ""
        await pilot.press("enter")
        assert "This task needs it: question" in text_of(pilot)
        line.value = "Who worked?"
        await pilot.press("enter")
        await until(pilot, lambda: "Who worked?" in app.main.scene.plan.header.looked_at.title)
        await settled(pilot)
        # The form for another model has a row for what the chosen task reads, and no other.
        await pilot.press("M")
        await until(pilot, lambda: isinstance(app.screen, MachineDialog))
        await pilot.pause()
        shown = {row.id for row in app.screen.query(".row") if row.display}
        assert "row-field-question" in shown and "row-field-choices" not in shown
        assert "escape" in text_of(pilot)  # all of it is on the screen
        app.screen.query_one("#task", Choice).choose("multiple-choice")
        await pilot.pause()
        shown = {row.id for row in app.screen.query(".row") if row.display}
        assert "row-field-choices" in shown and "row-field-question" not in shown
        await pilot.press("enter")
        assert "This task needs it: choices" in text_of(pilot)

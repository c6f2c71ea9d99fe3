"""The dialog of a lesson's question: all of it can be read, on a small terminal, too."""

from __future__ import annotations

import pytest
from textual.widgets import OptionList

from cyclesim.lessons.asking import Asked
from cyclesim.tui.lessons.question import QuestionDialog
from tests.tui.conftest import ready, text_of

LONG = "How much of it was there before the layer, and how much has come out of the layer itself?"
CHOICE = "As much as there was before it, since what a layer writes is added to what it has read"


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_long_question_and_its_answers_are_shown_whole(fake_app, size) -> None:
    app = fake_app()
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        asked = Asked(LONG, tuple(f"{CHOICE} ({i})" for i in range(1, 5)), 0, ("",) * 4, "")
        await app.push_screen(QuestionDialog(asked, "Lesson 1", beside=size[0] >= 100))
        await pilot.pause()
        shown = " ".join(text_of(pilot).split())
        for words in (LONG, *asked.choices):
            assert words.split()[-1] in shown
        assert app.screen.query_one(OptionList).max_scroll_y == 0

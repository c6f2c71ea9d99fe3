"""Predict before you step: one question, one cycle, and what came of it."""

from __future__ import annotations

import re

import pytest
from textual.widgets import OptionList

import cyclesim
from cyclesim.tui.app import CyclesimApp
from cyclesim.tui.launch import LaunchOptions
from cyclesim.tui.screens.dialogs.predict import PredictDialog
from cyclesim.tui.widgets.tensor import Tensor
from tests.tui.conftest import TEXT, press, ready, settled, text_of, until


async def asked(pilot) -> PredictDialog:
    """Press p and return the dialog."""
    await pilot.press("p")
    await until(pilot, lambda: isinstance(pilot.app.screen, PredictDialog))
    await pilot.pause()
    return pilot.app.screen


async def answer(pilot, place: int) -> None:
    """Choose with the arrow keys, and wait until the cycle has run and is judged."""
    await pilot.press("home", *["down"] * place, "enter")
    await until(pilot, lambda: pilot.app.screen is pilot.app.main)
    await settled(pilot)


async def to_the_softmax(pilot) -> None:
    """Look at the cycle before the first softmax."""
    await pilot.press("slash", *"softmax", "enter", "escape")
    await settled(pilot)
    await press(pilot, "b")


async def test_it_asks_then_runs_one_cycle_and_says_what_was_right(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        dialog = await asked(pilot)
        assert dialog.question.number == 0
        assert dialog.question.text in text_of(pilot)
        assert app.session.executed == 0  # nothing runs before the answer
        # “Ada met Bob in Rome .” is six words, and six tokens.
        await answer(pilot, dialog.question.choices.index("6"))
        assert (app.main.scene.at, app.session.executed) == (0, 1)
        assert "✓ Right. Into 6. 1 of 1 so far." in text_of(pilot, "#now")


async def test_a_digit_answers(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        dialog = await asked(pilot)
        wrong = next(i for i, c in enumerate(dialog.question.choices) if c != "6")
        await pilot.press(str(wrong + 1))
        await until(pilot, lambda: app.screen is app.main)
        await settled(pilot)
        assert app.session.executed == 1
        assert "✗ Not so. Into 6. 0 of 1 so far." in text_of(pilot, "#now")


async def test_escape_is_not_now(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await asked(pilot)
        await press(pilot, "escape")
        assert app.screen is app.main
        assert app.session.executed == 0
        await press(pilot, "n")
        assert "so far" not in text_of(pilot, "#now")


async def test_a_run_is_predicted_and_counted(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        right = count = 0
        while not app.main.scene.ended:
            question = (await asked(pilot)).question
            assert question.number == app.session.executed
            chosen = count % len(question.choices)
            await answer(pilot, chosen)
            assert app.main.scene.at == question.number == app.session.executed - 1
            outcome = question.outcome(app.main.scene.trace, chosen)
            count += 1
            right += outcome.right
            line = text_of(pilot, "#now")
            if app.main.scene.ended:
                assert f"You predicted {right} of {count}." in line
            else:
                assert f"{right} of {count} so far." in line
            assert ("✓ Right." if outcome.right else "✗ Not so.") in line
            assert outcome.said in line
            # What is not asked about is not counted; the last one is.
            for _ in range(min(3, app.main.scene.total - 1 - app.session.executed)):
                await press(pilot, "n")
        assert 0 < right < count < app.main.scene.total
        await press(pilot, "p")
        assert app.screen is app.main
        assert "The run is over" in text_of(pilot, "#now")


async def test_attention_is_answered_by_token_and_shown_in_the_tensor(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await to_the_softmax(pilot)
        question = (await asked(pilot)).question
        assert question.kind == "attention"
        await pilot.press("r")  # a letter finds Rome
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.main)
        await settled(pilot)
        head = int(re.search(r"head (\d+)", question.text)[1])
        tokens = app.main.scene.trace.header.tokens
        row = tokens.index(re.search(r"“(.+?)”", question.text)[1])
        shares = app.main.scene.current.outputs[0].numpy((0, head, row))
        best = int(shares.argmax())
        said = re.search(r"“(.+?)”: ([\d.]+\d)", text_of(pilot, "#now"))
        assert said[1] == tokens[best]
        assert abs(float(said[2]) - shares[best]) < 0.005
        tensor = app.main.query_one(Tensor)
        assert tensor.cell == (0, head, row, best)
        assert f"{shares[best]:.7g}" in text_of(pilot, "#tensor")
        assert f"p({tokens[row]}, {tokens[best]})" in text_of(pilot, "#card")


async def test_looking_back_it_asks_about_what_is_recorded_and_runs_nothing(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "n", "n", "n", "n", "b", "b")
        assert (app.main.scene.at, app.session.executed) == (1, 4)
        question = (await asked(pilot)).question
        assert question.number == 2
        await answer(pilot, 0)
        assert (app.main.scene.at, app.session.executed) == (2, 4)
        assert "1 of 1 so far" in text_of(pilot, "#now")  # truncation cuts nothing


async def test_whatever_the_resolution_it_is_one_cycle(real_app):
    app = real_app(clock="layer")
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        for number in range(3):
            await asked(pilot)
            await answer(pilot, 0)
            assert app.main.scene.at == number


async def test_the_tally_is_said_at_the_end_and_starts_again(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await asked(pilot)
        await answer(pilot, 0)
        await press(pilot, "f")
        assert re.search(r"You predicted [01] of 1\.", text_of(pilot, "#now"))
        await pilot.press("r")
        await ready(pilot)
        await until(pilot, lambda: app.session.executed == 0)
        await press(pilot, "f")
        assert "You predicted" not in text_of(pilot, "#now")


async def test_a_saved_trace_can_be_predicted_too(tiny_machine, tmp_path):
    for keep in ("all", "stats"):
        path = tmp_path / f"{keep}.safetensors"
        cyclesim.trace(tiny_machine, TEXT).save(path, keep=keep)
        app = CyclesimApp(LaunchOptions(saved=cyclesim.open_trace(path)))
        async with app.run_test(size=(120, 40)) as pilot:
            await ready(pilot)
            assert "predict" in text_of(pilot, "#keys")
            numbers = (0, app.options.saved.find(unit="attention", step="softmax")[0].number - 1)
            for number in numbers:
                await pilot.press("g", *str(number), "enter")
                await settled(pilot)
                question = (await asked(pilot)).question
                assert question.number == number + 1
                assert question.kind not in ("attention", "label", "sums") or keep == "all"
                await answer(pilot, 0)
                assert app.main.scene.at == number + 1
                outcome = question.outcome(app.options.saved, 0)
                assert outcome.said in text_of(pilot, "#now")
            last = len(app.options.saved) - 1
            await pilot.press("g", *str(last - 1), "enter")
            await settled(pilot)
            await asked(pilot)
            await answer(pilot, 0)
            assert re.search(r"You predicted \d of 3\.", text_of(pilot, "#now"))


async def test_ascii_and_narrow(real_app):
    app = real_app(ascii=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await to_the_softmax(pilot)
        await asked(pilot)
        page = text_of(pilot)
        assert page.isascii()
        assert "escape: not now" in page
        await answer(pilot, 7)
        line = text_of(pilot, "#now")
        assert line.isascii() and ("ok Right." in line or "!! Not so." in line)


async def test_a_long_sentence_has_every_token_to_choose_from(real_app):
    app = real_app(text="Ada met Bob in Rome . " * 6)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await to_the_softmax(pilot)
        dialog = await asked(pilot)
        choices = dialog.question.choices
        assert len(choices) == 38 and choices[1] == "Ada (1)"
        await pilot.press("end")
        assert "[SEP]" in text_of(pilot)
        await pilot.press("m", "m")  # the second “met” from there
        assert dialog.query_one(OptionList).highlighted == choices.index("met (8)")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.main)
        await settled(pilot)
        outcome = dialog.question.outcome(app.main.scene.trace, choices.index("met (8)"))
        assert outcome.said in text_of(pilot, "#now")


async def test_wide_tokens_can_be_chosen(real_app):
    app = real_app(text="日本語 met 東京 .")
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await to_the_softmax(pilot)
        dialog = await asked(pilot)
        assert "東" in text_of(pilot)
        await answer(pilot, dialog.question.choices.index("東"))
        assert "東" in text_of(pilot, "#now")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
@pytest.mark.parametrize("answered", [False, True], ids=["asked", "answered"])
def test_picture(snap_compare, fake_app, size, answered):
    async def drive(pilot):
        await ready(pilot)
        await press(pilot, "]", "]", "]", "n", "n", "n")
        await asked(pilot)
        if answered:
            await answer(pilot, 4)

    assert snap_compare(fake_app(), terminal_size=size, run_before=drive)

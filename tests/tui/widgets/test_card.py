"""The cycle card: the formula with the numbers of a cell, and links to sources and readers."""

from __future__ import annotations

import re

import pytest

import cyclesim
from cyclesim.explain import worked
from cyclesim.tui.app import CyclesimApp
from cyclesim.tui.launch import LaunchOptions
from cyclesim.tui.widgets.card import Card
from cyclesim.tui.widgets.tensor import Tensor
from cyclesim.tui.words.lines import line_width
from tests.tui.conftest import TEXT, press, ready, settled, text_of, until


def said(pilot) -> str:
    """The card as one line of words, scrolled or not."""
    card = pilot.app.main.query_one(Card)
    lines = ("".join(s.text for s in line).strip() for line in card.lines)
    return re.sub(r"\s+", " ", " ".join(lines))


async def to_softmax(pilot) -> None:
    await pilot.press("slash", *"softmax", "enter", "escape")
    await settled(pilot)
    assert pilot.app.main.scene.current.step == "softmax"


async def test_the_formula_has_the_numbers_of_the_cell_under_the_cursor(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await to_softmax(pilot)
        app.main.query_one("#tensor").focus()
        for keys in ((), ("right",), ("down", "right"), ("h",), ("end",)):
            await press(pilot, *keys)
            cell = app.main.query_one(Tensor).cell
            expected = worked(app.main.scene.current, app.main.scene.trace, cell)
            assert expected is not None
            assert expected in said(pilot)
            assert f"head {cell[1]} · observed = recomputed" in said(pilot)


async def test_every_cycle_agrees_with_the_engine_of_numbers(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        worked_out = 0
        while not app.main.scene.ended:
            await press(pilot, "n")
            scene, cell = app.main.scene, app.main.query_one(Tensor).cell
            line = worked(scene.current, scene.trace, cell) if cell is not None else None
            if line is not None and scene.current.stack:  # steps before the model have a sentence
                assert line in said(pilot), scene.current
                worked_out += 1
        assert worked_out > scene.total / 2
        assert "You changed" not in said(pilot)


async def test_preprocessing_is_told_in_a_sentence(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "n")
        assert "“Ada” is text[0:3]." in said(pilot)
        app.main.query_one("#tensor").focus()
        await press(pilot, "down")
        assert "“met” is text[4:7]." in said(pilot)
        await press(pilot, "n")
        assert re.search(r"“\w+” is number \d+ of the vocabulary", said(pilot))


async def test_an_edit_is_not_passed_off_as_the_formula(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await to_softmax(pilot)
        before = float(app.main.scene.current.outputs[0].numpy((0, 0, 0, 0)))
        await pilot.press("e", *["backspace"] * 20, *"scale 0.5", "enter")
        await until(pilot, lambda: app.main.scene.marks.edited)
        await settled(pilot)
        assert "You changed it; recomputed from what the cycle read: " in said(pilot)
        assert f"{before:.4g}" in said(pilot)
        assert "observed = recomputed" not in said(pilot)


async def test_up_and_down_choose_a_link_and_enter_goes_there(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await to_softmax(pilot)
        here, card = app.main.scene.at, app.main.query_one(Card)
        card.focus()
        await settled(pilot)
        assert card.chosen is None
        assert "Enter: go there" in said(pilot)
        await press(pilot, "down")
        source = app.main.scene.current.sources[0]
        assert card.chosen == source
        assert f"▶← {source} " in text_of(pilot, "#card")  # marked without colour, and in sight
        await press(pilot, "down")
        reader = app.main.scene.readers(here)[0]
        assert card.chosen == reader
        assert f"▶→ {reader} " in text_of(pilot, "#card")
        await press(pilot, "up")
        assert card.chosen == source
        await press(pilot, "enter")
        assert app.main.scene.at == source
        assert card.chosen is None
        assert app.focused is card
        await press(pilot, "backspace")
        assert app.main.scene.at == here
        executed = app.session.executed
        await press(pilot, "down", "down", "enter")
        assert app.main.scene.at == reader == app.session.executed - 1 >= executed  # it had to run


async def test_without_a_link_up_and_down_scroll(real_app):
    app = real_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot)
        await to_softmax(pilot)
        card = app.main.query_one(Card)
        card.focus()
        await press(pilot, *["down"] * 12)
        count = len(card._links.numbers)
        assert card.chosen == card._links.numbers[count - 1]
        assert card.scroll_offset.y == card.max_scroll_y > 0
        await press(pilot, *["up"] * count)
        assert card.chosen is None
        top = card.scroll_offset.y
        await press(pilot, "up")
        await until(pilot, lambda: card.scroll_offset.y < top or top == 0)


async def test_a_click_on_a_link_goes_there(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await to_softmax(pilot)
        source = app.main.scene.current.sources[0]
        lines = text_of(pilot, "#card").split("\n")
        y = next(y for y, line in enumerate(lines) if f"← {source}" in line)
        x = lines[y].index(f"← {source}")
        card = app.main.query_one(Card)
        top = card.scrollable_content_region.y - card.region.y
        await pilot.click(Card, offset=(x + 2, y + top))
        await settled(pilot)
        assert app.main.scene.at == source


async def test_narrow_and_ascii(real_app):
    app = real_app(ascii=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await to_softmax(pilot)
        scene = app.main.scene
        cell = app.main.query_one(Tensor).cell
        assert worked(scene.current, scene.trace, cell, ascii=True) in said(pilot)
        app.main.query_one(Card).focus()
        await press(pilot, "down")
        assert text_of(pilot, "#card").isascii()
        assert f"><- {scene.current.sources[0]}" in text_of(pilot, "#card")


async def test_wide_tokens_stay_inside(real_app):
    app = real_app(text="日本語 met 東京 .")
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot)
        await to_softmax(pilot)
        app.main.query_one("#tensor").focus()
        await press(pilot, "down", "right")
        assert "p(日, 日) = e^" in said(pilot)
        card = app.main.query_one(Card)
        width = card.scrollable_content_region.width
        assert max(map(line_width, card.lines)) <= width


async def test_a_saved_trace_says_that_it_has_no_weights(tiny_machine, tmp_path):
    cyclesim.trace(tiny_machine, TEXT).save(tmp_path / "run.safetensors")
    app = CyclesimApp(LaunchOptions(saved=cyclesim.open_trace(tmp_path / "run.safetensors")))
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        query = app.options.saved.find(step="query")[0].number
        await pilot.press("g", *str(query), "enter")
        await settled(pilot)
        assert "A trace file has no weights" in said(pilot)
        await to_softmax(pilot)
        assert "observed = recomputed" in said(pilot)


@pytest.mark.parametrize(
    "size", [(80, 24), (120, 40), (200, 60)], ids=["80x24", "120x40", "200x60"]
)
def test_picture_of_a_chosen_link(snap_compare, fake_app, size):
    async def drive(pilot):
        await ready(pilot)
        await press(pilot, "]", "]", "]", "n", "n", "n", "n")
        pilot.app.main._focus("card")
        await press(pilot, "down", "down")

    assert snap_compare(fake_app(), terminal_size=size, run_before=drive)


def test_plain_picture(snap_compare, fake_app):
    async def drive(pilot):
        await ready(pilot)
        await press(pilot, "]", "]", "]", "n", "n", "n", "n")
        pilot.app.main._focus("card")
        await press(pilot, "down")

    assert snap_compare(fake_app(ascii=True), terminal_size=(120, 40), run_before=drive)

"""A word of the text can be found, is kept in view from cycle to cycle, and is spoken of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import Input, Label

from cyclesim.trace import Header
from cyclesim.tui.widgets.find import FindBar
from cyclesim.tui.widgets.tensor import Tensor
from cyclesim.tui.words.glyphs import ASCII
from cyclesim.tui.words.tokens import places_of, word_in
from tests.tui.conftest import press, ready, settled, text_of

#: Tokens of `Ada met Bob in Rome .` with the special ones around them.
ROME = 5


def header(text: str, spans: list[tuple[int, int]]) -> Header:
    tokens = ("[CLS]", *(text[a:b] for a, b in spans), "[SEP]")
    offsets = (None, *spans, None)
    return Header("m", "t", "cpu", "float32", "eager", text, tokens, offsets)


@given(st.lists(st.text("abcé日本", min_size=1, max_size=6), min_size=1, max_size=8))
def test_every_word_is_found_where_it_stands(words):
    text, spans, at = " ".join(words), [], 0
    for word in words:
        spans.append((at, at + len(word)))
        at += len(word) + 1
    made = header(text, spans)
    for place, word in enumerate(words, start=1):
        assert place in places_of(word, made)
        assert places_of(word, made) == places_of(word.upper().lower(), made)
    assert places_of("[sep]", made) == [len(words) + 1]
    assert places_of("nowhere", made) == []


def test_a_word_of_several_tokens_is_at_its_first():
    made = header("Ada Lovelace", [(0, 3), (4, 6), (6, 9), (9, 12)])
    assert places_of("lovelace", made) == [2]
    assert places_of("Ada Lovelace", made) == [1]
    assert places_of("love", made) == []  # a part of a word is none


@pytest.mark.parametrize(
    ("typed", "rest", "word"),
    [
        ("softmax Rome", "softmax", "Rome"),
        ("Rome and softmax", "softmax", "Rome"),
        ("softmax and layer 1 rome", "softmax and layer 1", "rome"),
        ("Bob Rome", "Bob Rome", ""),
        ("softmax", "softmax", ""),
    ],
)
def test_what_is_a_word_and_what_is_not(typed, rest, word):
    made = header("Bob in Rome", [(0, 3), (4, 6), (7, 11)])
    found = word_in(typed, made, {"softmax", "layer", "1"}.__contains__)
    assert found[:2] == (rest, word)
    assert found[2] == ([3] if word else [])


async def find(pilot, text: str, *keys: str) -> None:
    await pilot.press("slash")
    pilot.app.main.query_one("#find-input", Input).value = text
    await pilot.pause()
    await settled(pilot)
    await press(pilot, *keys)


async def test_a_word_is_pointed_at_in_every_tensor_that_has_it(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await find(pilot, "rome")
        assert "a word of the text" in str(app.main.query_one("#find-count", Label).content)
        assert not app.main.query_one("#find-hint", Label).display
        await press(pilot, "enter")
        assert not app.main.query_one(FindBar).display
        assert "“Rome”" in text_of(pilot, "#now")
        assert app.session.executed == 0
        tensor = app.main.query_one(Tensor)
        for step in ("query", "scores", "softmax"):
            await find(pilot, step, "enter", "escape")
            assert tensor.cell is not None
            assert tensor.cell[-2] == ROME
        assert tensor.cell[-1] == ROME  # and its column, where there is one
        row = app.main.scene.current.outputs[0].numpy()[0, 0, ROME]
        best = app.main.scene.trace.header.tokens[int(row.argmax())]
        assert f"“{best}” ({row.max():.2f})" in " ".join(text_of(pilot, "#card").split())


async def test_a_step_and_a_word_in_one(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await find(pilot, "softmax and layer 1 Rome")
        assert "1 found, at “Rome”" in str(app.main.query_one("#find-count", Label).content)
        await press(pilot, "enter", "escape")
        assert (app.main.scene.current.step, app.main.scene.current.layer) == ("softmax", 1)
        assert app.main.query_one(Tensor).cursor == (ROME, ROME)


async def test_the_token_under_the_cursor_stays_and_the_sentence_follows(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await find(pilot, "softmax", "enter", "escape")
        assert "(arrows)" in text_of(pilot, "#tensor")
        assert "“Ada” attends most" in " ".join(text_of(pilot, "#card").split())
        await press(pilot, "down", "down", "h")
        assert "(arrows)" not in text_of(pilot, "#tensor")
        assert "In head 1, “met” attends most" in " ".join(text_of(pilot, "#card").split())
        await find(pilot, "context", "enter", "escape")
        await find(pilot, "softmax and layer 1", "enter", "escape")
        assert "“met” attends most" in " ".join(text_of(pilot, "#card").split())
        assert app.main.query_one(Tensor).cursor == (2, 0)


async def test_sentences_name_the_keys_that_a_person_has_chosen(real_app):
    app = real_app(keys={"step": ["S"], "next_tensor": ["Q"], "finish": ["Z"], "next_head": ["X"]})
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        assert "Press S" in text_of(pilot, "#tensor")
        assert "Press S" in text_of(pilot, "#card")
        await pilot.press("question_mark")
        await pilot.pause()
        assert "S runs one cycle." in text_of(pilot)
        await pilot.press("escape")
        app.main._focus("result")
        await settled(pilot)
        assert "Z runs to the end" in text_of(pilot, "#result")
        await find(pilot, "softmax", "enter", "escape")
        shown = text_of(pilot, "#tensor")
        assert "(Q)" in shown and "(X)" in shown
        assert "(o)" not in shown and "(h)" not in shown


async def test_an_edit_starts_from_the_position_however_it_is_drawn(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await find(pilot, "softmax", "enter", "escape")
        await press(pilot, "down", "down", "right")
        tensor = app.main.query_one(Tensor)
        tensor.lay(tensor.cut.drawing(tensor.cut.columns, rows=True))  # exchanged
        await settled(pilot)
        row, _ = tensor.cursor
        assert tensor.cell[-1] == row
        await pilot.press("e")
        await pilot.pause()
        assert f"zero position {tensor.cell[-2]}" in text_of(pilot)
        await pilot.press("escape")


async def test_in_ascii_every_scrollbar_is_made_of_blanks(real_app):
    app = real_app(ascii=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        for keys in (("question_mark",), ("escape", "p"), ("escape", "M")):
            await pilot.press(*keys)
            await pilot.pause()
            assert text_of(pilot).isascii()
        await pilot.press("escape")


def test_ascii_keeps_letters_of_any_writing():
    assert (
        ASCII.text("“Zürich” → 北京，第 0 层 · 3.5 µs ▶") == '"Zürich" -> 北京，第 0 层 - 3.5 us ?'
    )

"""Wide characters, plain ASCII, no colour."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from cyclesim.tui.words.glyphs import ASCII
from cyclesim.tui.words.text import crop, fit, number, printable
from tests.tui import fake
from tests.tui.conftest import press, ready, text_of

MIXED = (
    "[CLS]",
    "日本語",
    "👍🏽",
    "e\u0301a",
    "مرحبا",
    "\x00\x1b[2J",
    "👨\u200d👩\u200d👧",
    "[SEP]",
)


@pytest.mark.parametrize("token", MIXED)
@pytest.mark.parametrize("width", [1, 2, 3, 5, 8, 14])
def test_fit_is_exact(token, width):
    assert cell_len(fit(printable(token), width)) == width
    assert cell_len(crop(printable(token), width)) <= width


def test_control_characters_do_not_get_through():
    shown = printable("\x00\x1b[2J\u202eabc\r\n")
    assert shown.isprintable()
    assert "\x1b" not in shown


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_mixed_scripts_stay_aligned(fake_app, size):
    app = fake_app(fake.FakeEngine(MIXED), text="日本語 👍🏽 e\u0301a مرحبا \x00\x1b[2J")
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        app.main._focus("tensor")
        for step in ("tokenize", "softmax", "layernorm", "probabilities", "entities"):
            scene = app.main.scene
            wanted = next(n for n in range(scene.total) if scene.cycle(n).step == step)
            app.main._go(wanted)
            await press(pilot, "down")
            for line in text_of(pilot).split("\n"):
                assert cell_len(line) == size[0]
                assert "\x1b" not in line
                assert "\x00" not in line


async def test_ascii_is_ascii(fake_app):
    app = fake_app(ascii=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        assert text_of(pilot).isascii()
        for key in ("n", "n", "n", "]", "n", "n", "n", "n", "h", "b", "f", "b", "b"):
            await press(pilot, key)
            for part in ("#header", "#timeline", "#now", "#program", "#times", "#keys", "#card"):
                shown = text_of(pilot, part)
                assert shown.isascii(), (key, part, [c for c in shown if not c.isascii()])


async def test_no_color_says_it_without_colour(fake_app, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        assert app.plain
        await press(pilot, "]", "]", "]", "n", "n", "n", "n")
        timeline = text_of(pilot, "#timeline")
        assert "A" in timeline  # units by letter
        assert "." in timeline  # still to come


def test_glyphs_have_plain_words():
    assert ASCII.text("Σ → µs ≤ √d · x̂").isascii()


def test_numbers():
    assert number(float("nan")) == "NaN"
    assert number(0.000012345, 4) == "1.23e-05"
    assert number(3.0) == "3"

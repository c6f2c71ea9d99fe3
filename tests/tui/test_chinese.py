"""The app in Chinese: every line is exactly as wide as the screen; a key changes the language."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from rich.cells import cell_len

from cyclesim.language import current, speaking
from tests.tui import fake
from tests.tui.conftest import press, ready, text_of

SIZES = [(80, 24), (120, 40), (200, 60)]
MIXED = ("[CLS]", "李", "雷", "🚀", "met", "Ada", "in", "北京", "👩\u200d👩\u200d👧", ".", "[SEP]")


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    with speaking("zh"):
        yield


def assert_whole(pilot, width: int) -> None:
    for line in text_of(pilot).split("\n"):
        assert cell_len(line) == width, line


@pytest.mark.parametrize("size", SIZES)
async def test_every_panel_and_dialog_keeps_the_width(fake_app, size):
    app = fake_app()
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        for key in ("n", "n", "n", "]", "n", "n", "n", "n", "h", "b", "f", "l", "d"):
            await press(pilot, key)
            assert_whole(pilot, size[0])
        for key in ("question_mark", "g", "B", "t", "slash"):
            await pilot.press(key)
            await pilot.pause()
            assert_whole(pilot, size[0])
            await pilot.press("escape")
            await pilot.pause()
        for panel in ("program", "times", "tensor", "card", "result"):
            app.main._focus(panel)
            await press(pilot, "z")
            assert_whole(pilot, size[0])
            await press(pilot, "z")


@pytest.mark.parametrize("size", SIZES)
async def test_chinese_and_pictures_in_the_text(fake_app, size):
    app = fake_app(fake.FakeEngine(MIXED), text="李雷 🚀 met Ada in 北京 👩\u200d👩\u200d👧 .")
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        for step in ("tokenize", "softmax", "probabilities", "entities"):
            scene = app.main.scene
            app.main._go(next(n for n in range(scene.total) if scene.cycle(n).step == step))
            app.main._focus("tensor")
            await press(pilot, "down")
            assert_whole(pilot, size[0])
            if step == "tokenize":
                assert "北京" in text_of(pilot, "#tensor") and "🚀" in text_of(pilot, "#tensor")


async def test_the_language_changes_on_a_key(fake_app):
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "n")
        assert "单步" in text_of(pilot) and "时间线" in text_of(pilot)
        await press(pilot, "L")
        assert current() == "en"
        assert "step" in text_of(pilot, "#keys") and "TIMELINE" in text_of(pilot)
        shown = text_of(pilot)
        assert not any("一" <= letter <= "鿿" for letter in shown), shown


@pytest.mark.parametrize("size", SIZES)
def test_picture(fake_app, snap_compare, size):
    async def to_softmax(pilot):
        await ready(pilot)
        await press(pilot, "n", "n", "n", "]", "n", "n", "n", "n", "n")

    assert snap_compare(fake_app(), terminal_size=size, run_before=to_softmax)


async def _tokens(pilot):
    await ready(pilot)
    app = pilot.app
    app.main._focus("tensor")
    await press(pilot, "]", "]", "]", "n", "n", "n", "n")


def test_picture_of_mixed_writing(fake_app, snap_compare):
    app = fake_app(fake.FakeEngine(MIXED), text="".join(MIXED[1:-1]))
    assert snap_compare(app, terminal_size=(120, 40), run_before=_tokens)

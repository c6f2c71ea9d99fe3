"""The text that a run writes, and its cache, in the app."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from cyclesim.trace.generated import Generated
from cyclesim.tui.app import CyclesimApp
from cyclesim.tui.launch import LaunchOptions
from cyclesim.tui.widgets.writing import Writing
from tests.machine.generation.models import PROMPT, machine
from tests.tui.conftest import press, ready, text_of, until


@pytest.fixture
def writing_app(monkeypatch: pytest.MonkeyPatch) -> Callable[..., CyclesimApp]:
    monkeypatch.setattr("cyclesim.tui.backstage.session.SETTLE", 0.0)

    def make(family: str = "gpt2", **settings: Any) -> CyclesimApp:
        settings.setdefault("max_new_tokens", 3)
        opened = machine(family, **settings)
        return CyclesimApp(LaunchOptions(text=PROMPT), lambda options, progress: opened)

    return make


async def test_a_token_a_tick_and_the_cache_grows(writing_app: Any) -> None:
    app = writing_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        assert app.main.query_one(Writing).display
        assert "The first token is worked for" in text_of(pilot, "#writing")
        await press(pilot, "c", "c", "c")
        # What comes before the first token is a tick of its own.
        await press(pilot, "n", "n")
        await until(pilot, lambda: "token 0" in text_of(pilot, "#writing"))
        assert "prefill · 9 computed, 0 reused" in text_of(pilot, "#writing")
        await press(pilot, "n")
        await until(pilot, lambda: "token 1" in text_of(pilot, "#writing"))
        assert "decode · 1 computed, 9 reused" in text_of(pilot, "#writing")
        text = text_of(pilot, "#writing")
        assert "layer 0" in text and "layer 1" in text and "2.56 kB" in text
        await press(pilot, "b")
        await until(pilot, lambda: "token 0" in text_of(pilot, "#writing"))


async def test_a_story_is_stepped_into_being(monkeypatch: pytest.MonkeyPatch) -> None:
    """`cyclesim "Once upon a time" --model tiny-gpt --clock token`."""
    monkeypatch.setattr("cyclesim.tui.backstage.session.SETTLE", 0.0)
    options = LaunchOptions(
        text="Once upon a time", model="tiny-gpt", clock="token", generation={"max_new_tokens": 5}
    )
    app = CyclesimApp(options)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "n", "n")  # what comes before, and the first token
        written, held = [], []
        for _ in range(4):
            scene = app.main.scene
            text = text_of(pilot, "#writing")
            tokens = Generated(scene.trace).tokens(scene.at)
            assert all((token.text or "").strip("Ġ") in text for token in tokens)
            written.append(len(tokens))
            held.append(sum(entry.nbytes for entry in scene.trace.cache.held(scene.at)))
            await press(pilot, "n")
        assert written == [1, 2, 3, 4]
        layers, width = 4, 128
        grown = [after - before for before, after in pairwise(held)]
        assert grown == [2 * layers * width * 4] * 3  # a key and a value, float32
        await press(pilot, "f")
        await until(pilot, lambda: app.main.scene.ended)
        assert app.main.scene.trace.verdict.bit_identical
        assert app.main.scene.trace.result["text"].isascii()


async def test_the_key_gives_it_the_screen_and_back(writing_app: Any) -> None:
    app = writing_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "f")
        await until(pilot, lambda: app.main.scene.ended)
        await press(pilot, "K")
        await until(pilot, lambda: app.main.enlarged)
        said = text_of(pilot, "#writing")
        assert "chosen" in said and "with p" in said and "FLOP" in said
        await press(pilot, "K")
        await until(pilot, lambda: not app.main.enlarged)


async def test_without_a_cache_it_says_so(writing_app: Any) -> None:
    app = writing_app(use_cache=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await press(pilot, "f")
        await until(pilot, lambda: app.main.scene.ended)
        await press(pilot, "K")
        await until(pilot, lambda: "Nothing is in a key-value cache" in text_of(pilot, "#writing"))
        assert "11 computed, 0 reused" in text_of(pilot, "#writing")


async def test_two_caches_of_a_block_are_told_apart(writing_app: Any) -> None:
    app = writing_app("t5")
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "f")
        await until(pilot, lambda: app.main.scene.ended)
        said = text_of(pilot, "#writing")
        assert "layer 0 self" in said and "layer 0 cross" in said


async def test_a_run_that_writes_nothing_has_no_such_panel(fake_app: Any) -> None:
    app = fake_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await press(pilot, "K")
        assert not app.main.query_one(Writing).display

"""Apps to drive: one on the hand-made run, one on the real engine with a tiny random BERT."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from textual import _wait
from textual.pilot import Pilot

from cyclesim.tui.app import CyclesimApp
from cyclesim.tui.launch import LaunchOptions
from tests.tui import fake

TEXT = "Ada met Bob in Rome ."

# Textual's pilot waits until the process has been idle for 20 ms, several times a key. What our
# tests wait for they ask for (`settled`), so a shorter look is enough, and a fifth of their time.
_wait.SLEEP_GRANULARITY = 0.004
_wait.SLEEP_IDLE = _wait.SLEEP_GRANULARITY / 10


@pytest.fixture
def fake_app(monkeypatch: pytest.MonkeyPatch) -> Callable[..., CyclesimApp]:
    monkeypatch.setattr("cyclesim.explain.explain", fake.explain)
    monkeypatch.setattr("cyclesim.explain.work_out", fake.work_out)
    monkeypatch.setattr("cyclesim.tui.backstage.session.SETTLE", 0.0)
    # Nothing is asked by itself: a picture must not depend on how soon it is taken.
    monkeypatch.setattr("cyclesim.tui.screens.main.measuring.QUICK_NS", 0)

    def make(engine: Any = None, opener: Any = None, **options: Any) -> CyclesimApp:
        options.setdefault("text", fake.TEXT)
        if options.get("saved") is not None:
            return CyclesimApp(LaunchOptions(**options))
        return CyclesimApp(
            LaunchOptions(**options), opener or fake.open_fake, engine or fake.FakeEngine()
        )

    return make


@pytest.fixture(scope="session")
def tiny_machine() -> Any:
    """A BERT with two random layers and a vocabulary of a few words."""
    import torch
    from tokenizers import Tokenizer
    from tokenizers.models import WordPiece
    from tokenizers.normalizers import BertNormalizer
    from tokenizers.pre_tokenizers import BertPreTokenizer
    from tokenizers.processors import TemplateProcessing
    from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast

    import cyclesim

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words = [*special, "Ada", "met", "Bob", "in", "Rome", ".", "日", "本", "##語", "東", "京"]
    vocabulary = {w: i for i, w in enumerate(words)}
    backend = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    backend.normalizer = BertNormalizer(lowercase=False, strip_accents=False)
    backend.pre_tokenizer = BertPreTokenizer()
    backend.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]",
        sep_token="[SEP]", mask_token="[MASK]",
    )  # fmt: skip
    torch.manual_seed(0)
    labels = dict(enumerate(("O", "PER", "ORG", "LOC", "MISC")))
    config = BertConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=64, id2label=labels,
        label2id={v: k for k, v in labels.items()},
    )  # fmt: skip
    config._attn_implementation = "eager"
    return cyclesim.load(model=BertForTokenClassification(config).eval(), tokenizer=tokenizer)


@pytest.fixture
def real_app(tiny_machine: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., CyclesimApp]:
    monkeypatch.setattr("cyclesim.tui.backstage.session.SETTLE", 0.0)

    def make(**options: Any) -> CyclesimApp:
        options.setdefault("text", TEXT)
        return CyclesimApp(LaunchOptions(**options), lambda options, progress: tiny_machine)

    return make


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """Whatever a test did, no thread of ours may outlive its app."""
    yield
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        ours = [t.name for t in threading.enumerate() if t.name.startswith("cyclesim")]
        if not ours:
            return
        time.sleep(0.01)
    pytest.fail(f"threads left behind: {ours}")


async def inside(pilot: Pilot) -> None:
    """Wait until the main screen is there."""
    app = pilot.app
    await until(pilot, lambda: app.entered and not app._entering)


async def ready(pilot: Pilot) -> None:
    """Wait until the run is open."""
    app = pilot.app
    await inside(pilot)
    await until(pilot, lambda: app.main.scene is not None and not app.main._opening)
    await until(pilot, lambda: app.main.query_one("#timeline").size.height > 0)
    await settled(pilot)


async def until(pilot: Pilot, condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await pilot.pause(0.01)


async def gone(pilot: Pilot, seconds: float = 20) -> None:
    """Wait until the app has been told to end; its pilot no longer waits for anything."""
    deadline = time.monotonic() + seconds
    while pilot.app.return_code is None:
        assert time.monotonic() < deadline, "it did not leave in time"
        await asyncio.sleep(0.01)


async def settled(pilot: Pilot) -> None:
    """Wait until nothing runs and the last repaint is done."""
    app = pilot.app
    main = app.main

    def quiet() -> bool:
        scene = main.scene
        return (
            not app.session.busy_seconds
            and main._repaint is None
            and scene is not None
            and scene.executed == app.session.executed
        )

    await pilot.pause()
    await until(pilot, quiet)
    await pilot.pause()


async def press(pilot: Pilot, *keys: str) -> None:
    """Press keys one after another, each after the one before has had its effect."""
    for key in keys:
        await pilot.press(key)
        await settled(pilot)


def text_of(pilot: Pilot, selector: str = "Screen") -> str:
    """What is written on a widget, line by line."""
    app = pilot.app
    if selector == "Screen":
        lines = app.screen._compositor.render_strips()
        return "\n".join("".join(s.text for s in strip) for strip in lines)
    widget = app.main.query_one(selector)
    size = widget.size
    return "\n".join(
        "".join(s.text for s in widget.render_line(y)).rstrip() for y in range(size.height)
    )

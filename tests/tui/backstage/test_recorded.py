"""A saved trace in the app: everything is there, nothing runs, no torch is needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import cyclesim
from cyclesim.tui.app import CyclesimApp
from cyclesim.tui.launch import LaunchOptions
from cyclesim.tui.widgets.tensor import Tensor
from tests.tui.conftest import TEXT, press, ready, settled, text_of, until


@pytest.fixture(scope="session")
def saved(tiny_machine, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "run.safetensors"
    cyclesim.trace(tiny_machine, TEXT).save(path)
    return path


def open_app(path: Path, **options) -> CyclesimApp:
    return CyclesimApp(LaunchOptions(saved=cyclesim.open_trace(path), **options))


async def test_everything_is_there_at_cycle_0(saved):
    app = open_app(saved)
    trace = app.options.saved
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        scene = app.main.scene
        assert (scene.at, scene.executed, scene.ended) == (0, len(trace), True)
        assert "saved trace" in text_of(pilot, "#header")
        assert "bit-identical" in text_of(pilot, "#header")
        assert "looking back" not in text_of(pilot, "#now")
        await press(pilot, "n", "n", "b")
        assert app.main.scene.at == 1
        while app.main.scene.current.layer is None:
            await press(pilot, "]")
        assert app.main.scene.at == trace.find(layer=0)[0].number
        await press(pilot, "]")
        assert app.main.scene.current.layer == 1
        await press(pilot, "[")
        assert app.main.scene.current.layer == 0
        await pilot.press("g", "2", "0", "enter")
        await settled(pilot)
        assert app.main.scene.at == 20
        await pilot.press("slash", *"softmax", "enter", "escape")
        await settled(pilot)
        assert app.main.scene.current.step == "softmax"
        tensor = app.main.query_one(Tensor)
        values = app.main.scene.current.outputs[0].numpy()
        await press(pilot, "h", "down")
        assert f"{values[0, tensor.head, 1, 0]:.7g}" in text_of(pilot, "#tensor")


async def test_play_goes_over_it_and_stops_at_the_end(saved):
    app = open_app(saved)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        last = app.main.scene.total - 1
        await pilot.press("g", *str(last - 3), "enter")
        await pilot.press("plus", "plus", "plus", "plus", "space")
        await until(pilot, lambda: app.main.scene.at == last)
        await until(pilot, lambda: not app.main.scene.playing)


async def test_what_would_run_the_model_says_so(saved):
    app = open_app(saved)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "f")
        assert app.main.scene.at == app.main.scene.total - 1  # the end can be looked at
        for key in ("f", "n", "r", "t", "w", "e", "B"):
            await press(pilot, "b", "n", key)
            assert "A saved trace cannot run" in text_of(pilot, "#now"), key
            assert app.screen is app.main


@pytest.mark.parametrize("keep", ["all", "stats"])
async def test_what_was_not_kept_says_so(tiny_machine, tmp_path, keep):
    path = tmp_path / "run.safetensors"
    cyclesim.trace(tiny_machine, TEXT).save(path, keep)
    app = open_app(path)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await pilot.press("slash", *"query", "enter", "escape")
        await settled(pilot)

        def shown() -> str:
            return " ".join(text_of(pilot, "#tensor").split())

        assert ("saved with statistics only" in shown()) == (keep == "stats")
        assert "mean" in shown()  # the statistics are in the file
        while app.main.query_one(Tensor).slot.value.kind != "parameter":
            await press(pilot, "o")
        assert "belongs to the model" in shown()


async def test_a_run_that_did_not_end(tiny_machine, tmp_path):
    path = tmp_path / "part.safetensors"
    with cyclesim.Clock(tiny_machine, TEXT) as clock:
        clock.goto(20)
        clock.trace.save(path)
    app = open_app(path)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "f")
        assert app.main.scene.at == 20
        assert "broke off" in text_of(pilot, "#header")
        assert "before it had reached its end" in " ".join(text_of(pilot, "#result").split())


def test_no_torch_is_imported(saved):
    code = f"""
import asyncio, sys
import cyclesim
from cyclesim.tui.app import CyclesimApp
from cyclesim.tui.launch import LaunchOptions

async def main():
    app = CyclesimApp(LaunchOptions(saved=cyclesim.open_trace({str(saved)!r})))
    async with app.run_test(size=(120, 40)) as pilot:
        while app._main is None or app.main.scene is None:
            await pilot.pause(0.01)
        for key in ("n", "]", "h", "o", "c", "n", "f", "[", "b", "t", "r"):
            await pilot.press(key)
        await pilot.press("slash", *"max > 0.9", "enter", "escape")
        await pilot.pause(0.3)
        assert app.main.scene.at is not None
    loaded = set(sys.modules) & {{"torch", "transformers", "tokenizers", "cyclesim.engine"}}
    print(sorted(loaded))

asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_a_bad_file_is_one_sentence(tmp_path):
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(b"\x80\x04K\x01.")
    for name in (bad, tmp_path / "none.safetensors"):
        done = subprocess.run(
            [sys.executable, "-m", "cyclesim", "open", str(name)],
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 2
        assert done.stdout == ""
        assert len(done.stderr.strip().splitlines()) == 1
        assert name.name in done.stderr

"""A LoRA run, a pruned and a quantised model are opened in the app and stepped to their end."""

from __future__ import annotations

from pathlib import Path

import pytest

import cyclesim
from cyclesim.tui.app import CyclesimApp
from cyclesim.tui.launch import LaunchOptions
from tests.finetuning.corpora import write
from tests.machine.folders import make_folder
from tests.tui.conftest import press, ready, text_of, until

TEXT = "Ada Lovelace worked in London."


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("compressed")
    model, data = make_folder(folder / "small"), write(folder / "data")
    small = {"model": str(model), "epochs": 1, "batch": 16, "device": "cpu"}
    cyclesim.train(folder / "lora", data, method="lora", rank=2, keep_adapter=True, **small)
    cyclesim.train(folder / "plain", data, method="frozen", prune=0.5, int8=True, **small)
    plain = folder / "plain"
    return {"lora": folder / "lora", "pruned": plain / "pruned-50", "int8": plain / "int8"}


@pytest.mark.parametrize("form", ["lora", "pruned", "int8"])
async def test_it_is_opened_and_stepped(made: dict[str, Path], form: str) -> None:
    app = CyclesimApp(LaunchOptions(text=TEXT, model=str(made[form])))
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        main = app.main
        await press(pilot, "n", "n", "n")
        assert main.scene.executed == 3
        await press(pilot, "b", "f")
        await until(pilot, lambda: main.scene.ended)
        trace = main.scene.trace
        assert trace.verdict.bit_identical
        assert "bit-identical" in text_of(pilot)
        query = next(iter(trace.find(step="query")), None)
        if form == "lora":
            assert any("lora_A" in cycle.path for cycle in trace)
        if form == "pruned":
            assert (query.inputs[1].numpy() == 0).mean() > 0.3
        if form == "int8":  # shown as the numbers that it stands for
            weights = app.session._machine.model.parameters()
            assert any("Int8" in type(weight).__name__ for weight in weights)
            assert query.inputs[1].numpy().shape == query.inputs[1].shape

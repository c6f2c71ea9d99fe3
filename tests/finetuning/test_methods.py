"""Parts of a model: only they change, they are counted, and what is saved runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import cyclesim
from cyclesim.errors import CyclesimError
from cyclesim.finetuning import Training
from tests.machine.folders import copied

TEXT = "Ada Lovelace worked in London ."


def train(folder: Path, data: Path, model: Path, method: str, **how: object) -> Training:
    return cyclesim.train(
        folder, data, model=str(model), method=method, epochs=2, batch=8, rate=5e-2, rank=2, **how
    )


def changed(model: Path, training: Training) -> set[str]:
    """The weights that training changed."""
    old, new = (load_file(Path(f) / "model.safetensors") for f in (model, training.folder))
    assert old.keys() == new.keys()
    return {name for name in old if not torch.equal(old[name], new[name])}


def test_frozen(data: Path, model: Path, tmp_path: Path) -> None:
    made = train(tmp_path / "out", data, model, "frozen")
    assert changed(model, made) == {"classifier.weight", "classifier.bias"}
    assert made.trained == 16 * 5 + 5


def test_lora_is_merged(data: Path, model: Path, tmp_path: Path) -> None:
    made = train(tmp_path / "out", data, model, "lora")
    where = {name.rpartition("self.")[2] for name in changed(model, made)}
    assert where == {"query.weight", "value.weight", "classifier.weight", "classifier.bias"}
    # Two layers, query and value, each [16, 2] and [2, 16]; and the head.
    assert made.trained == 2 * 2 * 2 * 16 * 2 + 16 * 5 + 5
    assert made.history[1]["train"]["loss"] < made.history[0]["train"]["loss"]
    assert cyclesim.trace(cyclesim.load(made.folder), TEXT).verdict.bit_identical


def test_adapter_scales_activations(data: Path, model: Path, tmp_path: Path) -> None:
    made = train(tmp_path / "out", data, model, "adapter")
    assert 0 < made.trained < made.weights / 10
    assert any("key" in name for name in changed(model, made))
    assert cyclesim.trace(cyclesim.load(made.folder), TEXT).verdict.bit_identical


@pytest.fixture(scope="module")
def kept(data: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Training:
    return train(tmp_path_factory.mktemp("kept") / "out", data, model, "lora", keep_adapter=True)


def test_a_kept_adapter_runs_beside_the_weights(kept: Training, model: Path) -> None:
    folder = Path(kept.folder)
    assert {p.name for p in (folder / "adapter").iterdir()} == {
        "adapter_config.json",
        "adapter_model.safetensors",
    }
    old, new = (load_file(f / "model.safetensors") for f in (model, folder))
    assert all(torch.equal(old[n], new[n]) for n in old if n.startswith("bert."))
    machine = cyclesim.load(folder)
    trace = cyclesim.trace(machine, TEXT)
    assert trace.verdict.bit_identical
    paths = {cycle.path for cycle in trace}
    assert any(path.endswith("query.lora_A.default") for path in paths)
    assert machine.task.name == "token-classification"
    assert "base_model" not in " ".join(paths)


def test_kept_and_merged_say_the_same(
    kept: Training, data: Path, model: Path, tmp_path: Path
) -> None:
    merged = train(tmp_path / "out", data, model, "lora")
    assert merged.history == kept.history
    tokens = [
        cyclesim.trace(cyclesim.load(t.folder), TEXT).result["tokens"] for t in (kept, merged)
    ]
    for one, other in zip(*tokens, strict=True):
        assert one["label"] == other["label"]
        assert one["score"] == pytest.approx(other["score"], abs=1e-4)


@pytest.mark.parametrize("damage", ["pickle", "kind", "foreign", "json"])
def test_hostile_adapters(damage: str, kept: Training, tmp_path: Path) -> None:
    folder = copied(Path(kept.folder), tmp_path / "model")
    place = folder / "adapter"
    config = json.loads((place / "adapter_config.json").read_text())
    if damage == "pickle":
        (place / "adapter_model.safetensors").rename(place / "adapter_model.bin")
    elif damage == "json":
        (place / "adapter_config.json").write_text("[" * 100_000)
    else:
        config |= {"kind": {"peft_type": "OFT"}, "foreign": {"megatron_config": {"a": 1}}}[damage]
        (place / "adapter_config.json").write_text(json.dumps(config))
    with pytest.raises(CyclesimError, match="the adapter of model"):
        cyclesim.load(folder)

"""A training step from the shell: what it prints, saves and keeps, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

import cyclesim
from cyclesim.cli import main
from cyclesim.cli.options.training import training_of

from .machine.folders import make_folder

TEXT = "[Ada Lovelace](PER) worked with Charles Babbage in London."


@pytest.fixture(scope="module")
def ner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("models") / "small-ner")


def shell(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main([*arguments])
    out, err = capsys.readouterr()
    return left.value.code or 0, out, err


def test_a_step_is_traced_saved_and_kept(
    capsys: pytest.CaptureFixture[str], ner: Path, tmp_path: Path
) -> None:
    file, folder = tmp_path / "step.safetensors", tmp_path / "updated"
    code, out, err = shell(
        capsys, "trace", TEXT, "--train", "--json", "--model", str(ner), "-o", str(file), "--lr",
        "0.01", "--clip", "0.5", "--schedule", "linear", "--keep-update", str(folder),
    )  # fmt: skip
    assert (code, err) == (0, "")
    made = json.loads(out)
    assert made["verdict"]["bit_identical"] and made["text"].startswith("Ada")
    assert made["result"].items() >= {"clip": 0.5, "optimizer": "AdamW", "lr": 0.01}.items()
    of = {c["number"]: c["forward"] for c in made["cycles"] if c["phase"] == "backward"}
    assert of and all(c["forward"] is None for c in made["cycles"] if c["phase"] != "backward")
    for number, forward in of.items():
        ours, theirs = made["cycles"][number], made["cycles"][forward]
        assert (ours["step"], ours["path"]) == (theirs["step"], theirs["path"])
        assert theirs["phase"] == "forward"
    saved = cyclesim.open_trace(file)
    assert {c.number: c.forward for c in saved if c.phase == "backward"} == of
    updated = cyclesim.load(str(folder)).model.state_dict()
    values = {v.of: v for c in saved for v in c.outputs if c.phase == "update" and v.of}
    for name, value in values.items():
        if name in updated and value.name == "value":
            assert torch.equal(updated[name], torch.from_numpy(value.numpy()))
    code, out, err = shell(capsys, "trace", str(file), "--train")
    assert code == 2  # a saved trace is no text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"labels": ["PER"]}, "--labels goes with --train"),
        ({"dropout": False}, "--no-dropout goes with --train"),
        ({"train": True, "momentum": 0.9}, "--momentum goes with --optimizer sgd"),
        ({"train": True, "warmup": 5}, "--warmup goes with --schedule"),
        ({"train": True, "optimizer": "adam"}, "unknown optimizer 'adam'"),
        ({"train": True, "lr": -1.0}, "lr must be 0 or more"),
        ({"train": True, "clip": -1.0}, "clip must be more than 0"),
        ({"train": True, "keep_update": "/"}, "something of that name"),
        ({"train": True, "keep_update": "/nowhere/here"}, "no such folder"),
    ],
)
def test_options_that_make_no_sense(given: dict[str, Any], said: str) -> None:
    with pytest.raises(cyclesim.CyclesimError, match=said):
        training_of(given)


def test_options_as_they_are_meant() -> None:
    assert training_of({}) is None
    made = training_of({"train": True, "clip": 0.0, "dropout_seed": 3, "labels": ["a", "b"]})
    assert (made.clip, made.seed, made.labels) == (None, 3, ["a", "b"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--labels", "PER O"], "2 labels were given for 8 words"),
        (["--labels", " ".join(["NAME"] * 8)], "the model has no label 'NAME'"),
        (["--schedule", "sometimes"], "no schedule 'sometimes'"),
        (["--top-k", "3"], "leave --top-k out"),
        (["--no-cache"], "leave --no-cache out"),
    ],
)
def test_what_cannot_be_trained_is_one_sentence(
    capsys: pytest.CaptureFixture[str], ner: Path, options: list[str], said: str
) -> None:
    text = "Ada Lovelace worked with Charles Babbage in London."
    code, out, err = shell(capsys, "trace", text, "--train", "--model", str(ner), *options)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err


def test_a_loss_that_is_not_a_number_names_the_first_cycle_that_wrote_one(ner: Path) -> None:
    machine = cyclesim.load(str(ner))
    name = "bert.encoder.layer.1.intermediate.dense.bias"
    with torch.no_grad():
        dict(machine.model.named_parameters())[name][3] = float("nan")
    with pytest.raises(cyclesim.ModelError) as raised:
        cyclesim.trace(machine, TEXT, train=True, measure=False)
    first = raised.value.trace.first_nan
    cycle = raised.value.trace[first]
    assert (cycle.step, cycle.layer) == ("intermediate", 1)
    assert f"cycle that wrote a NaN is {first}, layer 1 · ffn · intermediate" in str(raised.value)
    assert not any(c.phase != "forward" for c in raised.value.trace)
    with pytest.raises(cyclesim.ModelError, match=f"NaN is {first},"):
        cyclesim.rehearse(machine, TEXT, train=True)

"""A run that was killed, and goes on, arrives at the very weights of one that was not."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import cyclesim
from cyclesim.errors import CyclesimError
from cyclesim.finetuning import Progress, Watcher
from cyclesim.finetuning.checkpoint import read_position

from .corpora import conll
from .killed import SETTINGS

#: Ten updates: five an epoch. Files take their places in this order: the first checkpoint, one
#: after each update, after the epoch the best weights and a checkpoint, …, the finished model.
MOMENTS = ("update-1", "update-7", "rename-2", "rename-7", "rename-8", "rename-17", "rename-19")


pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def unbroken(data: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unbroken") / "out"
    cyclesim.train(folder, data, model=str(model), **SETTINGS)
    return folder


@pytest.fixture(scope="module")
def killed(data: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a killed run for each of `MOMENTS`."""
    folder = tmp_path_factory.mktemp("killed")
    program = Path(__file__).with_name("killed.py")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.finetuning.killed",
            *map(str, (data, model, folder)),
            *MOMENTS,
        ],
        cwd=program.parents[2],
        env={**os.environ, "TOKENIZERS_PARALLELISM": "false"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("moment", MOMENTS)
def test_after_a_kill(moment: str, unbroken: Path, killed: Path) -> None:
    folder = killed / moment
    assert (folder / "checkpoint" / "run.safetensors").is_file()
    made = cyclesim.train(folder, resume=True)
    # A file that was written and had not taken its place yet may be left; no longer now.
    assert not list(folder.rglob("*.tmp"))
    one, other = (load_file(f / "model.safetensors") for f in (unbroken, folder))
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)
    whole = json.loads((unbroken / "scores.json").read_text())
    assert made.history == whole["history"]
    assert made.report == whole["report"]
    assert not (folder / "checkpoint").exists()


def test_dropout_was_on(model: Path) -> None:
    """Else the random state would decide nothing, and the tests above prove less."""
    assert json.loads((model / "config.json").read_text())["hidden_dropout_prob"] > 0


class Stop(Watcher):
    def __init__(self, update: int) -> None:
        self.update = update
        self.sentences: list[str] = []

    def said(self, sentence: str) -> None:
        self.sentences.append(sentence)

    def stepped(self, progress: Progress) -> None:
        if progress.update == self.update:
            os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture(scope="module")
def once(data: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that Ctrl-C ended after its third update."""
    folder = tmp_path_factory.mktemp("stopped") / "out"
    with pytest.raises(KeyboardInterrupt):
        cyclesim.train(folder, data, model=str(model), watchers=[Stop(3)], **SETTINGS)
    return folder


@pytest.fixture
def stopped(once: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(once, tmp_path / "out"))


def test_ctrl_c_leaves_a_checkpoint_of_the_last_update(stopped: Path, unbroken: Path) -> None:
    assert read_position(stopped / "checkpoint" / "run.safetensors").updates == 3
    cyclesim.train(stopped, resume=True)
    assert (stopped / "model.safetensors").read_bytes() == (
        unbroken / "model.safetensors"
    ).read_bytes()


def test_nothing_is_pickled(stopped: Path) -> None:
    names = {path.name for path in (stopped / "checkpoint").iterdir()}
    assert names == {"run.safetensors"}
    tensors = load_file(stopped / "checkpoint" / "run.safetensors")
    assert {name.partition(".")[0] for name in tensors} == {"model", "adamw", "random"}


def refused(folder: Path, **settings: object) -> str:
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    with pytest.raises(CyclesimError) as said:
        cyclesim.train(folder, resume=True, **settings)
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before
    return str(said.value)


def test_wrong_resumes(stopped: Path, unbroken: Path, data: Path, tmp_path: Path) -> None:
    assert "finished" in refused(unbroken)
    assert "no folder" in refused(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    assert "no checkpoint" in refused(tmp_path / "empty")
    assert "give none" in refused(stopped, epochs=3)
    with pytest.raises(CyclesimError, match="--resume"):
        cyclesim.train(stopped, data)


def test_other_data(stopped: Path, data: Path) -> None:
    whole = (data / "train.txt").read_text()
    (data / "train.txt").write_text(conll(40, 99))
    try:
        assert "is not what the run began with" in refused(stopped)
    finally:
        (data / "train.txt").write_text(whole)


@pytest.mark.parametrize("damage", ["cut", "foreign", "text", "schema"])
def test_a_broken_checkpoint(damage: str, stopped: Path, model: Path) -> None:
    file = stopped / "checkpoint" / "run.safetensors"
    content = file.read_bytes()
    file.write_bytes(
        {
            "cut": content[: len(content) // 2],
            "foreign": (model / "model.safetensors").read_bytes(),
            "text": b"{}",
            "schema": content.replace(b'\\"schema\\": 1', b'\\"schema\\": 9'),
        }[damage]
    )
    said = refused(stopped)
    assert ("another version" if damage == "schema" else "no checkpoint to go on from") in said


def test_one_process_at_a_time(stopped: Path) -> None:
    from cyclesim.finetuning.workspace import Workspace

    with Workspace(stopped).claimed():
        assert "another process" in refused(stopped)


def test_another_machine_is_said(stopped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "__version__", "9.9.9")
    watcher = Stop(0)
    cyclesim.train(stopped, resume=True, watchers=[watcher])
    assert any("torch was" in s and "9.9.9" in s for s in watcher.sentences)
    assert any("going on after update 3 of 10" in s for s in watcher.sentences)

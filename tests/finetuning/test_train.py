"""A whole run: it learns, it says how well, and what it saves is opened and stepped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

import cyclesim
from cyclesim.cli import main
from cyclesim.errors import CyclesimError
from cyclesim.finetuning import Settings, Training, Watcher
from cyclesim.finetuning.card import command_of
from tests.machine.folders import copied, edit_weights, make_folder

from .corpora import write

TEXT = "Ada Lovelace worked in London ."


@pytest.fixture(scope="module")
def trained(data: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Training:
    """A run that learns the whole corpus by heart."""
    folder = tmp_path_factory.mktemp("trained") / "names"
    return cyclesim.train(
        folder, data, model=str(model), epochs=8, batch=4, rate=2e-2, device="cpu", dropout=0.0
    )


def test_it_learns(trained: Training) -> None:
    losses = [line["train"]["loss"] for line in trained.history]
    assert losses[-1] < losses[0] / 5
    assert trained.report["dev"]["scores"]["all"]["f1"] > 0.9
    assert trained.report["test"]["accuracy"] > 0.9
    assert trained.labels == ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]
    assert trained.trained == trained.weights


def test_the_best_epoch_is_what_is_saved(trained: Training) -> None:
    f1 = [line["dev"]["f1"] for line in trained.history]
    assert trained.best_epoch == f1.index(max(f1)) + 1
    assert trained.report["dev"]["scores"]["all"]["f1"] == max(f1)
    best = trained.history[trained.best_epoch - 1]
    assert trained.report["test"]["loss"] == pytest.approx(best["test"]["loss"], rel=1e-5)


def test_the_folder_is_a_model(trained: Training) -> None:
    machine = cyclesim.load(trained.folder)
    trace = cyclesim.trace(machine, TEXT)
    assert trace.verdict.bit_identical
    found = [(e["text"], e["label"]) for e in trace.result["entities"]]
    assert found == [("Ada Lovelace", "PER"), ("London", "LOC")]
    assert {path.name for path in Path(trained.folder).iterdir()} == {
        "README.md", "config.json", "model.safetensors", "scores.json", "tokenizer.json",
        "tokenizer_config.json",
    }  # fmt: skip


def test_scores_and_card_say_what_was_measured(trained: Training) -> None:
    content = json.loads((Path(trained.folder) / "scores.json").read_text())
    assert content == json.loads(json.dumps(trained.to_json()))
    card = (Path(trained.folder) / "README.md").read_text()
    score = trained.report["dev"]["scores"]["PER"]
    assert f"| PER | {score['precision']:.1%} | {score['recall']:.1%} | {score['f1']:.1%}" in card
    assert f"| 8 | {trained.history[7]['train']['loss']:.4f} |" in card
    assert "--epochs 8 --batch 4 --rate 0.02 --dropout 0.0" in card


def test_the_command_in_the_card_is_the_run() -> None:
    settings = Settings(data="a b", epochs=5, int8=True, prune=0.3)
    assert command_of(settings, "out") == (
        "cyclesim train 'a b' -o out --epochs 5 --prune 0.3 --int8"
    )


class Lines(Watcher):
    def __init__(self) -> None:
        self.lines: list[Mapping[str, Any]] = []
        self.losses: list[float] = []
        self.sentences: list[str] = []
        self.closed = False

    def epoch_done(self, line: Mapping[str, Any]) -> None:
        self.lines.append(line)

    def stepped(self, progress: Any) -> None:
        self.losses.append(progress.loss)

    def said(self, sentence: str) -> None:
        self.sentences.append(sentence)

    def close(self) -> None:
        self.closed = True


def test_accumulated_batches_are_one_large_batch(data: Path, model: Path, tmp_path: Path) -> None:
    """Two batches of four are eight sentences; the order puts the same eight together."""
    how = {"model": str(model), "epochs": 1, "dropout": 0.0, "rate": 1e-3, "clip": 0.0}
    one = cyclesim.train(tmp_path / "a", data, batch=40, **how)
    other = cyclesim.train(tmp_path / "b", data, batch=20, accumulate=2, **how)
    assert one.history[0]["updates"] == other.history[0]["updates"] == 1
    a, b = (load_file(Path(t.folder) / "model.safetensors") for t in (one, other))
    assert all(torch.allclose(a[name], b[name], atol=1e-6) for name in a)


def test_patience(data: Path, model: Path, tmp_path: Path) -> None:
    """With a rate of nearly nothing no epoch is better than the first."""
    made = cyclesim.train(
        tmp_path / "out", data, model=str(model), epochs=9, rate=1e-12, patience=2
    )
    assert len(made.history) == 3 and made.best_epoch == 1


def test_mixed_precision_learns_and_the_weights_stay_float32(
    data: Path, model: Path, tmp_path: Path
) -> None:
    made = cyclesim.train(
        tmp_path / "out", data, model=str(model), epochs=2, batch=4, rate=2e-2, precision="bf16"
    )
    assert made.history[-1]["train"]["loss"] < made.history[0]["train"]["loss"]
    weights = load_file(Path(made.folder) / "model.safetensors")
    assert {tensor.dtype for tensor in weights.values()} == {torch.float32}


def test_from_scratch_forgets_the_weights(data: Path, model: Path, tmp_path: Path) -> None:
    made = cyclesim.train(
        tmp_path / "out", data, model=str(model), from_scratch=True, epochs=1, rate=1e-12
    )
    name = "bert.embeddings.word_embeddings.weight"
    old, new = (load_file(Path(f) / "model.safetensors") for f in (model, made.folder))
    assert made.model == "random weights of the shape of small0" or "random" in made.model
    assert not torch.allclose(old[name], new[name], atol=1e-3)


def test_a_config_alone_is_enough_to_start_from_scratch(
    data: Path, model: Path, tmp_path: Path
) -> None:
    bare = copied(model, tmp_path / "bare")
    (bare / "model.safetensors").unlink()
    cyclesim.train(tmp_path / "out", data, model=str(bare), from_scratch=True, epochs=1)
    assert cyclesim.load(tmp_path / "out").task.name == "token-classification"


def test_a_model_that_knows_the_labels_keeps_its_head(data: Path, tmp_path: Path) -> None:
    labels = ["I-PER", "B-PER", "I-LOC", "B-LOC", "O", "B-ORG", "I-ORG"]
    model = make_folder(tmp_path / "tagger", id2label=dict(enumerate(labels)))
    made = cyclesim.train(tmp_path / "out", data, model=str(model), epochs=0)
    assert made.labels == labels
    assert made.best_epoch == 0 and made.history == [] and made.trained == 0
    assert "scores" in made.report["dev"]
    old, new = (load_file(Path(f) / "model.safetensors") for f in (model, made.folder))
    assert all(torch.equal(old[name], new[name]) for name in old)


def test_unknown_labels_get_a_new_head_and_that_is_said(
    data: Path, model: Path, tmp_path: Path
) -> None:
    """Also where the old head has the very shape of the new one: its rows mean other labels."""
    watcher = Lines()
    made = cyclesim.train(
        tmp_path / "out", data, model=str(model), epochs=1, rate=1e-12, watchers=[watcher]
    )
    assert any("does not know B-LOC" in s and "new head" in s for s in watcher.sentences)
    old, new = (load_file(Path(f) / "model.safetensors") for f in (model, made.folder))
    assert old["classifier.weight"].shape == new["classifier.weight"].shape
    assert not torch.allclose(old["classifier.weight"], new["classifier.weight"], atol=1e-3)
    assert 0.01 < float(new["classifier.weight"].std()) < 0.03  # as BERT draws it
    assert torch.allclose(old["bert.encoder.layer.0.output.dense.weight"],
                          new["bert.encoder.layer.0.output.dense.weight"], atol=1e-6)  # fmt: skip
    assert watcher.closed


# -- what goes wrong ---------------------------------------------------------------------------


def refused(folder: Path, data: Path | None = None, **how: Any) -> str:
    with pytest.raises(CyclesimError) as said:
        cyclesim.train(folder, data, **how)
    sentence = str(said.value)
    assert sentence.endswith(".") and "\n" not in sentence
    return sentence


def test_nan_names_the_first_cycle_that_wrote_it(data: Path, model: Path, tmp_path: Path) -> None:
    broken = copied(model, tmp_path / "broken")

    def poison(weights: dict[str, torch.Tensor]) -> None:
        weights["bert.encoder.layer.1.attention.self.key.bias"][3] = torch.nan

    edit_weights(broken, poison)
    said = refused(tmp_path / "out", data, model=str(broken), epochs=1)
    assert "update 1 is not a number" in said
    assert "layer 1 · attention · key in bert.encoder.layer.1.attention.self.key" in said
    assert "the weight bert.encoder.layer.1.attention.self.key.bias is not finite" in said


def test_a_rate_that_is_too_high_leaves_the_checkpoint(
    data: Path, model: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    said = refused(folder, data, model=str(model), epochs=1, batch=4, rate=1e30, save_every=0.0)
    assert "first cycle that wrote a NaN" in said or "gradient of update" in said
    weights = load_file(folder / "checkpoint" / "run.safetensors")
    assert weights  # it can be opened, so nothing was left half-written
    assert not (folder / "config.json").exists()


def test_a_full_disk(
    data: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno
    import os

    def full(handle: int, content: Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    said = refused(tmp_path / "out", data, model=str(model), epochs=1)
    assert "No space left on device" in said
    assert not (tmp_path / "out").exists()


def test_places_that_are_no_good(data: Path, model: Path, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "thesis.txt").write_text("mine")
    assert "is not empty" in refused(taken, data)
    assert "is a file" in refused(taken / "thesis.txt", data)
    assert "no folder" in refused(tmp_path / "no" / "where", data)
    assert [p.name for p in taken.iterdir()] == ["thesis.txt"]
    assert "there is no file or folder" in refused(tmp_path / "out", tmp_path / "nothing")


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"method": "magic"}, "unknown --method 'magic'"),
        ({"precision": "fp8"}, "unknown --precision"),
        ({"batch": 0}, "--batch 0 makes no sense"),
        ({"rate": -1.0}, "--rate -1 makes no sense"),
        ({"prune": 1.5}, "--prune 1.5 makes no sense"),
        ({"method": "lora"}, "give a --model"),
        ({"keep_adapter": True}, "goes with --method lora"),
        ({"epochs": 0}, "--epochs 0 measures a model"),
        ({"columns": "1,2"}, "--columns goes with data of your own"),
        ({"flavour": 1}, "flavour"),
        ({"model": "tiny-ner", "max_length": 600}, "512 positions"),
        ({"device": "cuda:99"}, "CUDA"),
    ],
)
def test_settings_that_make_no_sense(how: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    assert sentence in refused(tmp_path / "out", sentences=100, **{"device": "cpu", **how})
    assert not (tmp_path / "out").exists()


def test_fp16_needs_a_gpu(data: Path, model: Path, tmp_path: Path) -> None:
    said = refused(tmp_path / "o", data, model=str(model), precision="fp16", device="cpu")
    assert "needs a CUDA device" in said


def test_a_new_head_cannot_be_measured(data: Path, model: Path, tmp_path: Path) -> None:
    assert "would not train it" in refused(tmp_path / "o", data, model=str(model), epochs=0)


def test_a_checkpoint_without_its_encoder(data: Path, model: Path, tmp_path: Path) -> None:
    half = copied(model, tmp_path / "half")
    weights = load_file(half / "model.safetensors")
    save_file({n: w for n, w in weights.items() if "layer.1" not in n}, half / "model.safetensors")
    said = refused(tmp_path / "out", data, model=str(half))
    assert "no fitting weights for bert.encoder.layer.1" in said


# -- the shell ---------------------------------------------------------------------------------


def run(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> tuple[str, str]:
    with pytest.raises(SystemExit) as left:
        main(["train", *arguments])
    out, err = capsys.readouterr()
    assert left.value.code == code, err
    return out, err


def test_epoch_lines_and_report(
    data: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = str(tmp_path / "out")
    out, err = run(capsys, str(data), "-o", where, "--model", str(model), "--epochs", "3")
    lines = out.splitlines()
    assert lines[0].split() == ["train", "dev", "test"]
    assert [line.split()[0] for line in lines[2:5]] == ["1/3", "2/3", "3/3"]
    assert max(map(len, lines)) <= 80
    assert "cyclesim --model" in out and where in "".join(out.split())  # folded at the width
    assert "new head" in err
    assert "Traceback" not in err


def test_json(data: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = run(
        capsys, str(data), "-o", str(tmp_path / "out"), "--model", str(model), "--epochs", "1",
        "--json",
    )  # fmt: skip
    content = json.loads(out)
    assert content["schema"] == 1 and len(content["history"]) == 1


def test_resume_takes_no_other_option(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").mkdir()
    out, err = run(capsys, "-o", str(tmp_path / "out"), "--resume", code=2)
    assert "no checkpoint" in err and out == ""
    out, err = run(capsys, "-o", str(tmp_path / "out"), "--resume", "--epochs", "3", code=2)
    assert "give none with resume" in err


def test_a_malformed_line_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path / "data")
    with (folder / "dev.txt").open("a") as file:
        file.write("\nlonely\n")
    out, err = run(capsys, str(folder), "-o", str(tmp_path / "out"), code=2)
    count = len((folder / "dev.txt").read_text().splitlines())
    assert err == f"cyclesim: {folder}/dev.txt, line {count}: 1 columns, and the lines before it " \
        "have 2: one word a line.\n"  # fmt: skip
    assert out == "" and not (tmp_path / "out").exists()

"""Every way to get a machine, and what loading never does."""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

import cyclesim
from cyclesim import CyclesimError
from cyclesim.machine import Machine, hub
from cyclesim.machine.catalog import EMBEDDED

from .folders import LABELS, bert, copied, edit_config, edit_weights, wordpiece

TEXT = "Ada Lovelace worked with Charles Babbage in London."


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty Hugging Face cache, and any use of the network an error."""
    from huggingface_hub import constants

    def refuse(*arguments: Any) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(socket.socket, "connect", refuse)
    return tmp_path / "hub"


def put_into(cache: Path, name: str, folder: Path) -> Path:
    """Lay `folder` into the cache as a download of hub model `name` would."""
    root = cache / f"models--{name.replace('/', '--')}"
    snapshot = root / "snapshots" / ("a" * 40)
    snapshot.parent.mkdir(parents=True)
    shutil.copytree(folder, snapshot)
    (root / "refs").mkdir()
    (root / "refs" / "main").write_text("a" * 40)
    return snapshot


def test_the_embedded_model() -> None:
    machine = cyclesim.load()
    assert machine.name == "tiny-ner"
    assert machine.task.labels == LABELS
    assert (machine.dtype, machine.attention, machine.max_length) == ("float32", "eager", 512)
    assert not machine.model.training
    found = cyclesim.trace(machine, EMBEDDED["tiny-ner"].example, measure=False).result["entities"]
    assert [(e["text"], e["label"]) for e in found] == [
        ("Ada Lovelace", "PER"),
        ("Charles Babbage", "PER"),
        ("London", "LOC"),
    ]


@pytest.mark.parametrize("kind", [str, Path])
def test_a_folder(ner: Path, kind: Any) -> None:
    machine = cyclesim.load(kind(ner))
    assert machine.name == "small-ner"
    assert machine.header().parameters == sum(p.numel() for p in machine.model.parameters())


def test_a_relative_folder(ner: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ner)
    assert cyclesim.load(".").name == "small-ner"


def test_shards(ner: Path, tmp_path: Path) -> None:
    bert().save_pretrained(tmp_path, max_shard_size="8KB")
    wordpiece().save_pretrained(tmp_path)
    assert (tmp_path / "model.safetensors.index.json").exists()
    ours, theirs = cyclesim.load(tmp_path).model.state_dict(), cyclesim.load(ner).model.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


@pytest.mark.parametrize("name", ["owner/small-ner", "small-ner"])
def test_a_hub_name_from_the_cache(name: str, ner: Path, cache: Path) -> None:
    put_into(cache, name, ner)
    assert cyclesim.load(name).name == name


def test_an_incomplete_cache(ner: Path, cache: Path) -> None:
    (put_into(cache, "owner/half", ner) / "model.safetensors").unlink()
    with pytest.raises(CyclesimError, match="has no weights"):
        cyclesim.load("owner/half")


class FakeHub:
    """Answers `model_info` with these files, or raises what it is given."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def model_info(self, name: str, timeout: float) -> Any:
        assert timeout <= 30
        if isinstance(self.answer, Exception):
            raise self.answer
        siblings = [type("Sibling", (), {"rfilename": f})() for f in self.answer]
        return type("Info", (), {"siblings": siblings})()


def online(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    import huggingface_hub
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub, "HfApi", lambda: FakeHub(answer))


def test_a_download(ner: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is needed is asked for, and each stage is said."""
    import huggingface_hub

    files = ["config.json", "model.safetensors", "tokenizer.json", "pytorch_model.bin", "code.py"]
    online(monkeypatch, [*files, "onnx/model.onnx", "onnx/config.json"])
    monkeypatch.setattr(hub, "_cached", lambda name: None)
    asked: list[str] = []

    def download(name: str, allow_patterns: list[str], etag_timeout: float) -> str:
        asked.extend(allow_patterns)
        return str(ner)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    said: list[str] = []
    assert cyclesim.load("owner/model", progress=said.append).name == "owner/model"
    assert asked == ["config.json", "model.safetensors", "tokenizer.json"]
    assert said == [
        "asking the Hugging Face hub for owner/model",
        "downloading owner/model",
        "loading owner/model",
        "loading the tokenizer",
    ]


def test_only_pickle_on_the_hub(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    online(monkeypatch, ["config.json", "pytorch_model.bin"])
    with pytest.raises(CyclesimError, match="no safetensors weights on the hub"):
        cyclesim.load("owner/model")


def test_a_silent_hub(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    online(monkeypatch, TimeoutError("no answer"))
    with pytest.raises(CyclesimError, match="does not answer"):
        cyclesim.load("owner/model")


def test_a_built_model() -> None:
    machine = cyclesim.load(model=bert(max_position_embeddings=20), tokenizer=wordpiece())
    assert machine.task.name == "token-classification"
    trace = cyclesim.trace(machine, TEXT * 5, measure=False)
    assert len(trace.header.tokens) == 20


def test_a_bare_model_is_cut_to_its_positions() -> None:
    model = bert(max_position_embeddings=20)
    trace = cyclesim.trace(model, TEXT * 5, tokenizer=wordpiece(), measure=False)
    assert len(trace.header.tokens) == 20


def test_a_built_model_without_tokenizer() -> None:
    with pytest.raises(CyclesimError, match="has no tokenizer, so it cannot read text"):
        cyclesim.trace(cyclesim.load(model=bert()), TEXT)


def test_another_tokenizer(ner: Path, tmp_path: Path) -> None:
    folder = copied(ner, tmp_path / "bare")
    (folder / "tokenizer.json").unlink()
    tokenizer = wordpiece(limit=9)
    machine = cyclesim.load(folder, tokenizer=tokenizer)
    assert machine.tokenizer is tokenizer
    assert machine.max_length == 9


def test_roberta_has_fewer_positions_than_it_says() -> None:
    config = transformers.RobertaConfig(
        vocab_size=90, hidden_size=8, num_hidden_layers=1, num_attention_heads=1,
        intermediate_size=8, max_position_embeddings=42, pad_token_id=1,
    )  # fmt: skip
    machine = Machine.of(transformers.RobertaModel(config))
    assert machine.longest == 40


def test_the_task_can_be_said(ner: Path) -> None:
    machine = cyclesim.load(ner, task="forward", random_init=True)  # a pooler comes with it
    assert type(machine.model).__name__ == "BertModel"
    assert machine.task.name == "forward"
    with pytest.raises(CyclesimError, match=r"no weights for bert\.pooler"):
        cyclesim.load(ner, task="text-classification")


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
@pytest.mark.parametrize("attn", ["eager", "sdpa"])
def test_types_and_attention(ner: Path, dtype: str, attn: str) -> None:
    machine = cyclesim.load(ner, dtype=dtype, attn=attn)
    trace = cyclesim.trace(machine, TEXT, measure=False)
    assert trace.verdict.bit_identical
    assert (trace.header.dtype, trace.header.attention) == (dtype, attn)
    assert all(0 <= t["score"] <= 1 for t in trace.result["tokens"])


def test_padding_to_more_than_the_cut(ner: Path) -> None:
    machine = cyclesim.load(ner, max_length=6, pad_to=10)
    trace = cyclesim.trace(machine, TEXT, measure=False)
    assert len(trace.header.tokens) == 10
    assert trace.header.tokens[6:] == ("[PAD]",) * 4
    assert len(trace.result["tokens"]) == 4


def test_a_seed_makes_random_weights_repeatable(ner: Path, tmp_path: Path) -> None:
    folder = copied(ner, tmp_path / "headless")
    edit_weights(folder, lambda w: [w.pop(n) for n in list(w) if "classifier" in n])
    one, two, three = (
        cyclesim.load(folder, random_init=True, seed=s).model.classifier.weight for s in (1, 1, 2)
    )
    assert torch.equal(one, two)
    assert not torch.equal(one, three)


# -- what loading never does ------------------------------------------------------------------

CODE = """
from pathlib import Path
Path({marker!r}).write_text("ran")
from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast
class OwnConfig(BertConfig): model_type = {kind!r}
class OwnModel(BertForTokenClassification): config_class = OwnConfig
class OwnTokenizer(PreTrainedTokenizerFast): pass
"""


def with_code(folder: Path, marker: Path, kind: str) -> None:
    (folder / "own.py").write_text(CODE.format(marker=str(marker), kind=kind))
    edit_config(
        folder,
        model_type=kind,
        architectures=["OwnModel"],
        auto_map={
            "AutoConfig": "own.OwnConfig",
            "AutoModel": "own.OwnModel",
            "AutoModelForTokenClassification": "own.OwnModel",
        },
    )
    file = folder / "tokenizer_config.json"
    settings = json.loads(file.read_text())
    settings |= {"auto_map": {"AutoTokenizer": [None, "own.OwnTokenizer"]}}
    file.write_text(json.dumps(settings))


@pytest.mark.parametrize("kind", ["own-bert", "bert"])
def test_code_in_the_folder_does_not_run(ner: Path, tmp_path: Path, kind: str) -> None:
    folder, marker = copied(ner, tmp_path / "coded"), tmp_path / "marker"
    with_code(folder, marker, kind)
    with pytest.raises(CyclesimError, match="--trust-remote-code"):
        cyclesim.load(folder)
    assert not marker.exists()


def test_with_a_known_class_the_code_is_not_needed(ner: Path, tmp_path: Path) -> None:
    folder, marker = copied(ner, tmp_path / "coded"), tmp_path / "marker"
    with_code(folder, marker, "bert")
    edit_config(folder, architectures=["BertForTokenClassification"])
    assert type(cyclesim.load(folder).model).__module__.startswith("transformers.")
    assert not marker.exists()


def test_code_runs_when_trusted(ner: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, marker = copied(ner, tmp_path / "coded"), tmp_path / "marker"
    with_code(folder, marker, "own-bert")
    from transformers import dynamic_module_utils

    monkeypatch.setattr(dynamic_module_utils, "HF_MODULES_CACHE", str(tmp_path / "modules"))
    machine = cyclesim.load(folder, trust_remote_code=True)
    assert type(machine.model).__name__ == "OwnModel"
    assert marker.exists()


def test_nothing_is_unpickled(ner: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even where a pickle lies beside the safetensors."""
    folder = copied(ner, tmp_path / "both")
    (folder / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'false'\ntR.")

    def refuse(*arguments: Any, **options: Any) -> None:
        raise AssertionError("something was unpickled")

    monkeypatch.setattr(torch, "load", refuse)
    cyclesim.load(folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(CyclesimError, match="only pickle weights"):
        cyclesim.load(folder)


def test_loading_is_silent(ner: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from transformers.utils import logging

    before = logging.get_verbosity(), logging.is_progress_bar_enabled()
    cyclesim.load(ner)
    assert capfd.readouterr() == ("", "")
    assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == before

"""Every bad input is one clear sentence on stderr and exit code 2, with nothing on stdout."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from cyclesim.cli import main

from .machine.folders import bert, copied, edit_config, edit_weights, make_folder

TEXT = "Ada Lovelace worked with Charles Babbage in London."


@pytest.fixture(scope="module")
def ner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("models") / "small-ner")


@pytest.fixture
def folder(ner: Path, tmp_path: Path) -> Path:
    """A copy of a good model folder, to break."""
    return copied(ner, tmp_path / "model")


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run the command, which must refuse; the sentence it says."""
    with pytest.raises(SystemExit) as left:
        main([*arguments])
    out, err = capsys.readouterr()
    assert out == ""
    assert left.value.code == 2, err
    check_sentence(err)
    return err


def check_sentence(err: str) -> None:
    assert re.fullmatch(r"cyclesim: [^\n]+[.?]\n", err), err
    assert "Traceback" not in err
    assert len(err) < 400


def traced(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """Run `trace --json`, which must work; what it prints."""
    with pytest.raises(SystemExit) as left:
        main(["trace", "--json", *arguments])
    out, err = capsys.readouterr()
    assert (left.value.code, err) == (0, "")
    return json.loads(out)


# -- the text ---------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", " ", "\t\n\u2003", "\u200b"])
def test_empty_text(text: str, ner: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "give at least one word" in refused(capsys, "trace", text, "--model", str(ner))


def test_only_nul_bytes(ner: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "nul").write_bytes(b"\0\0\0")
    assert "no token" in refused(capsys, "trace", str(tmp_path / "nul"), "--model", str(ner))


@pytest.mark.parametrize(
    "text",
    [
        "👩‍💻 Ada 🇬🇧 in London 👍🏽",
        "東京のエイダ・ラブレス",
        "آدا لوفليس في لندن",
        "Ada\u202e Lovelace\u202c in e\u0301a\u0308 Zu\u0308rich",
        "e\u0301" * 50,
        "Ada\0 Love\0lace",
        "\ufeffAda\r\n\r\n\tLondon\u2028",
        "a" * 3000,
        "\U0010ffff \ue000 \ufffd",
    ],
    ids=lambda t: ascii(t)[:20],
)
def test_any_unicode_runs(
    text: str, ner: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text").write_bytes(text.encode())
    made = traced(capsys, str(tmp_path / "text"), "--model", str(ner))
    assert made["text"] == text.removeprefix("\ufeff")
    assert made["verdict"]["bit_identical"] is True
    for entity in made["result"]["entities"]:
        assert entity["text"] == made["text"][entity["start"] : entity["end"]]


def test_long_text_is_cut_visibly(ner: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = traced(capsys, "Ada in London. " * 300, "--model", str(ner))
    assert len(made["tokens"]) == 512
    cut = next(c for c in made["cycles"] if c["step"] == "truncation")
    assert not cut["nop"]
    assert cut["outputs"][0]["shape"] == [510]


def test_a_megabyte(ner: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "long.txt"
    file.write_text(TEXT * 20_000)
    made = traced(capsys, str(file), "--model", str(ner))
    assert len(made["tokens"]) == 512
    assert len(made["text"]) == len(TEXT) * 20_000


def test_folder_as_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is a folder" in refused(capsys, "trace", str(tmp_path))


def test_not_utf8(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "latin").write_bytes("Zürich".encode("latin-1"))
    assert "not text in UTF-8" in refused(capsys, "trace", str(tmp_path / "latin"))


def test_half_a_character(ner: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What Python makes of an argument that is not UTF-8."""
    assert "not valid Unicode" in refused(capsys, "trace", "Z\udcfcrich", "--model", str(ner))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_unreadable_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "secret").write_text("Ada")
    (tmp_path / "secret").chmod(0)
    assert "cannot be read: Permission denied" in refused(capsys, "trace", str(tmp_path / "secret"))


# -- the command line -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--attn", "flash"], "unknown --attn 'flash': use eager, sdpa"),
        (["--dtype", "int3"], "unknown --dtype 'int3'"),
        (["--clock", "foo"], "unknown --clock 'foo'"),
        (["--task", "poetry"], "unknown --task 'poetry'"),
        (["--device", "tpu"], "unknown --device 'tpu'"),
        (["--device", "cpu:0"], "unknown --device"),
        (["--device", "cuda:x"], "unknown --device"),
        (["--device", "cuda:"], "unknown --device"),
        (["--max-length", "0"], "makes no sense"),
        (["--max-length", "-5"], "makes no sense"),
        (["--max-length", "2"], "no room for a token beside the 2 special ones"),
        (["--max-length", "1000000000"], "more than the 512 positions"),
        (["--max-length", "many"], "valid integer"),
        (["--pad-to", "0"], "makes no sense"),
        (["--pad-to", "513"], "more than the 512 positions"),
        (["--seed", str(2**70)], "does not fit into 64 bits"),
        (["--json", "--plain"], "exclude each other"),
        (["--frobnicate"], "--frobnicate"),
        (["--model"], "--model"),
        (["--context", "x"], "TEXT and --context exclude each other"),
        (["--question", "Who?"], "does not read a question: leave it out"),
        (["--pair", "She rested."], "does not read a second text: leave it out"),
        (["--entity", "3-4"], "is no place in the text"),
        (["--batch", "no-such-file"], "TEXT and --batch exclude each other"),
    ],
    ids=lambda o: " ".join(o) if isinstance(o, list) else "",
)
def test_bad_options(
    options: list[str], said: str, ner: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in refused(capsys, "trace", TEXT, "--model", str(ner), *options)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize("device", ["cuda", "cuda:0", "cuda:9999"])
def test_no_cuda(device: str, ner: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, "trace", TEXT, "--model", str(ner), "--device", device)
    assert "use --device cpu" in said


# -- the model's name -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["a b", "../x", "http://example.org/x/y", "a/b/c", "", " ", "a--b"]
)
def test_no_possible_name(
    name: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "is no folder here and no name" in refused(capsys, "trace", TEXT, "--model", name)


def test_a_nul_byte_in_the_name() -> None:
    import cyclesim

    with pytest.raises(cyclesim.CyclesimError, match="is no folder here and no name"):
        cyclesim.load("x\0y")


def test_offline_hub_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert "HF_HUB_OFFLINE is set" in refused(capsys, "trace", TEXT, "--model", "no/such-model")


def test_a_near_miss(capsys: pytest.CaptureFixture[str]) -> None:
    assert "did you mean tiny-ner?" in refused(capsys, "trace", TEXT, "--model", "tiny_ner")


def test_a_file_for_a_folder(ner: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, "trace", TEXT, "--model", str(ner / "config.json"))
    assert "is a file: give the folder" in said


# -- the folder -------------------------------------------------------------------------------


def no_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def only_pickle(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def only_adapter(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "adapter_model.safetensors")


def flip_header(folder: Path) -> None:
    file = folder / "model.safetensors"
    content = bytearray(file.read_bytes())
    content[:200] = bytes(b ^ 0xFF for b in content[:200])
    file.write_bytes(content)


def truncate_weights(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])


def empty_weights(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"")


def index(**weight_map: Any) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
        content = json.dumps({"metadata": {}, "weight_map": weight_map})
        (folder / "model.safetensors.index.json").write_text(content)

    return write


def config_text(content: str) -> Callable[[Path], None]:
    return lambda folder: (folder / "config.json").write_text(content) and None


def config(**changes: Any) -> Callable[[Path], None]:
    return lambda folder: edit_config(folder, **changes)


def no_tokenizer(folder: Path) -> None:
    for file in folder.glob("tokenizer*"):
        file.unlink()


def broken_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").write_text('{"model": 3}')


def no_head(folder: Path) -> None:
    edit_weights(folder, lambda w: [w.pop(n) for n in list(w) if n.startswith("classifier")])


def no_config(folder: Path) -> None:
    (folder / "config.json").unlink()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (no_weights, "has no weights"),
        (only_pickle, r"only pickle weights \(pytorch_model.bin\)"),
        (only_adapter, "has no weights"),
        (flip_header, "not a valid safetensors file"),
        (truncate_weights, "not a valid safetensors file"),
        (empty_weights, "not a valid safetensors file"),
        (index(x="model-00002-of-00002.safetensors"), "lacks model-00002-of-00002.safetensors"),
        (index(x="../other.safetensors"), "outside its folder"),
        (index(x="/etc/other.safetensors"), "outside its folder"),
        (index(x=3), "has no weight_map"),
        (no_config, "has no config.json"),
        (config_text("not json"), "cannot be read as JSON"),
        (config_text("[1, 2]"), "holds a list, not a JSON object"),
        (config_text("[" * 100_000), "cannot be read as JSON"),
        (config_text("{}"), "does not say its model_type"),
        (config(model_type="nonsense"), "nonsense"),
        (config(model_type=7), "does not say its model_type"),
        (config(model_type="roberta"), "class is BertForTokenClassification"),
        (config(hidden_size=10**9), "hidden_size = 1000000000, which does not fit"),
        (config(hidden_size=-16), "hidden_size = -16"),
        (config(hidden_size="wide"), "hidden_size = 'wide'"),
        (config(vocab_size=10**12), "vocab_size"),
        (config(num_hidden_layers=10**9), "num_hidden_layers"),
        (config(max_position_embeddings=10**9), "max_position_embeddings"),
        (config(hidden_size=32), "do not fit its config.json"),
        (config(num_attention_heads=3), "cannot be loaded"),
        (config(num_attention_heads=0), "cannot be loaded"),
        (config(hidden_act="nonsense"), "cannot be loaded: there is no 'nonsense'"),
        (config(id2label={"0": "O", "1": "PER"}), r"classifier.bias is \[5\] and should be \[2\]"),
        (config(id2label={"zero": "O"}), "an id2label that maps no numbers to labels"),
        (config(id2label=["O", "PER", "ORG", "LOC", "MISC"]), "an id2label that maps no numbers"),
        (no_tokenizer, "has no tokenizer"),
        (broken_tokenizer, "the tokenizer of model cannot be loaded"),
        (no_head, "no weights for classifier.bias, classifier.weight: .*--random-init"),
    ],
)
def test_broken_folder(
    damage: Callable[[Path], None], said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(folder)
    assert re.search(said, refused(capsys, "trace", TEXT, "--model", str(folder)))


def test_a_missing_head_may_be_random(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    no_head(folder)
    arguments = (TEXT, "--model", str(folder), "--random-init", "--seed", "1")
    one, two = traced(capsys, *arguments), traced(capsys, *arguments)
    assert one["result"] == two["result"]


def test_a_label_map_with_holes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = {"0": "O", "1": "PER", "7": "ORG", "8": "LOC", "9": "MISC"}
    edit_config(folder, id2label=names, label2id=None)
    edit_weights(folder, lambda w: w["classifier.bias"].copy_(torch.tensor([0, 0, 99.0, 0, 0])))
    made = traced(capsys, TEXT, "--model", str(folder))
    assert {t["label"] for t in made["result"]["tokens"]} == {"LABEL_2"}


def test_no_label_map(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit_config(folder, id2label=None, label2id=None, num_labels=5)
    made = traced(capsys, TEXT, "--model", str(folder))
    assert {t["label"][:6] for t in made["result"]["tokens"]} == {"LABEL_"}


def test_nan_weights_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import cyclesim

    name = "bert.encoder.layer.1.attention.self.query.weight"
    edit_weights(folder, lambda w: w[name].fill_(float("nan")))
    made = traced(capsys, TEXT, "--model", str(folder))
    assert made["verdict"]["bit_identical"] is True
    trace = cyclesim.trace(cyclesim.load(folder), TEXT)
    assert trace.first_nan is not None
    first = trace[trace.first_nan]
    assert (first.step, first.layer) == ("query", 1)
    assert cyclesim.trace(bert(), inputs={"input_ids": torch.ones(1, 3).long()}).first_nan is None


def test_a_model_that_fails_says_where(ner: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import cyclesim

    ids = {"input_ids": torch.tensor([[10**6]])}
    with pytest.raises(cyclesim.ModelError, match="the model failed"):
        cyclesim.trace(cyclesim.load(ner), inputs=ids)


# -- the process ------------------------------------------------------------------------------


def start(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", **options.pop("env", {})}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options}
    command = [sys.executable, "-m", "cyclesim", *arguments]
    return subprocess.Popen(command, env=environment, **pipes)


def test_no_network(tmp_path: Path) -> None:
    """Nothing answers: it says so, and soon."""
    closed = {"HF_HUB_OFFLINE": "", "HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path)}
    began = time.monotonic()
    with start("trace", TEXT, "--model", "no/such-model", env=closed) as process:
        out, err = process.communicate(timeout=240)
    assert (process.returncode, out) == (2, "")
    check_sentence(err)
    assert "the Hugging Face hub does not answer" in err
    assert time.monotonic() - began < 60


def test_a_reader_that_leaves_early(ner: Path) -> None:
    with start("trace", TEXT, "--json", "--model", str(ner)) as process:
        assert process.stdout is not None
        process.stdout.close()
        err = process.stderr.read() if process.stderr else ""
    assert (process.returncode, err) == (0, "")


def test_a_full_disk(ner: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with Path("/dev/full").open("w") as full:
        process = start("trace", TEXT, "--json", "--model", str(ner), stdout=full)
        _, err = process.communicate(timeout=240)
    assert process.returncode == 2
    check_sentence(err)


@pytest.mark.parametrize("seconds", [0.1, 0.6, 1.4, 2.4])
def test_interrupted(seconds: float, ner: Path) -> None:
    """Ctrl-C during imports, loading and the run: silent, and soon."""
    code = "import cyclesim.cli as c; print('up', flush=True); c.main()"
    command = [sys.executable, "-c", code, "trace", TEXT * 40, "--model", str(ner)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:  # type: ignore[call-overload]
        assert process.stdout.readline() == "up\n"
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=240)
    if process.returncode == 0:
        pytest.skip("it was done before")
    assert (process.returncode, out, err) == (130, "", "")

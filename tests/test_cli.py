"""The shell commands: what they read, print and return."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import cyclesim
from cyclesim import cli
from cyclesim.shell import read_text, run_command

from .machine.folders import make_folder

TEXT = "Ada Lovelace worked with Charles Babbage in London."


@pytest.fixture(scope="module")
def ner(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(make_folder(tmp_path_factory.mktemp("models") / "small-ner"))


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command: its exit code, what it printed, and what it said on stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            cli.main([*arguments])
        out, err = capsys.readouterr()
        return left.value.code or 0, out, err  # type: ignore[return-value]

    return run


def give(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """Put `content` on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


# -- trace ------------------------------------------------------------------------------------


def test_the_table(shell: Any, ner: str) -> None:
    code, out, err = shell("trace", TEXT, "--model", ner)
    assert (code, err) == (0, "")
    for word in ("tokenize", "word_embeddings", "softmax", "logits", "bit-identical"):
        assert word in out


def test_json_on_one_line(shell: Any, ner: str) -> None:
    code, out, err = shell("trace", "--json", TEXT, "--model", ner)
    assert (code, err) == (0, "")
    assert out.count("\n") == 1
    made = json.loads(out)
    assert made["schema"] == 1
    expected = {"bit_identical": True, "max_abs_diff": 0.0, "first_difference": None}
    assert made["verdict"].items() >= expected.items()
    assert [c["number"] for c in made["cycles"]] == list(range(made["totals"]["cycles"]))
    for cycle in made["cycles"]:
        assert all(v["from"] is None or v["from"] < cycle["number"] for v in cycle["inputs"])


def test_the_embedded_model_and_its_sentence_are_the_default(shell: Any) -> None:
    made = json.loads(shell("trace", "--json")[1])
    assert (made["model"], made["text"]) == ("tiny-ner", TEXT)
    labels = [e["label"] for e in made["result"]["entities"]]
    assert sorted(labels) == ["LOC", "PER", "PER"]


def test_one_sentence_a_cycle(shell: Any, ner: str) -> None:
    code, out, err = shell("trace", "--plain", TEXT, "--model", ner)
    assert (code, err) == (0, "")
    made = json.loads(shell("trace", "--json", TEXT, "--model", ner)[1])
    lines = [line for line in out.splitlines() if line.startswith("Cycle ")]
    assert len(lines) == made["totals"]["cycles"]


@pytest.mark.parametrize("form", [[], ["--plain"]])
def test_a_coarser_clock_says_less(shell: Any, ner: str, form: list[str]) -> None:
    sizes = [
        shell("trace", TEXT, "--model", ner, "--clock", clock, *form)[1].count("\n")
        for clock in ("layer", "module", "step")
    ]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == 3


def test_a_cut_text_is_said(shell: Any, ner: str) -> None:
    _, out, _ = shell("trace", TEXT, "--model", ner, "--max-length", "8", "--plain")
    assert "is cut" in out


def test_another_answer_than_the_untraced_run_is_exit_code_1(
    shell: Any, ner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cyclesim.trace import Verdict

    made = cyclesim.trace(cyclesim.load(ner), TEXT, measure=False)
    made.verdict = Verdict(False, 0.25, 7)
    monkeypatch.setattr("cyclesim.engine.trace", lambda *_, **__: made)
    code, out, err = shell("trace", TEXT, "--model", ner, "--json")
    assert (code, err) == (1, "")
    assert json.loads(out)["verdict"]["first_difference"] == 7


# -- what TEXT stands for ---------------------------------------------------------------------


def test_text_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Zürich\n", encoding="utf-8")
    assert read_text(str(tmp_path / "a.txt")) == "Zürich\n"


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfAda")
    assert read_text(str(tmp_path / "a.txt")) == "Ada"


def test_text_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, "Zürich".encode())
    assert read_text("-") == "Zürich"


def test_a_megabyte_on_standard_input(
    shell: Any, ner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(monkeypatch, TEXT.encode() * 20_000)
    made = json.loads(shell("trace", "-", "--json", "--model", ner)[1])
    assert len(made["tokens"]) == 512


def test_nothing_on_standard_input(shell: Any, ner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, b"")
    code, out, err = shell("trace", "-", "--model", ner)
    assert (code, out) == (2, "")
    assert "the text is empty" in err


@pytest.mark.parametrize("text", ["no/such/file.txt", "x" * 5000, "x" * 300 + "/y", "a\0b", "~"])
def test_what_names_no_file_is_text(text: str) -> None:
    assert read_text(text) == text


def test_too_much_text(tmp_path: Path) -> None:
    if not os.path.exists("/dev/zero"):
        pytest.skip("this system has no /dev/zero")
    with pytest.raises(cyclesim.CyclesimError, match="more than 64 MB"):
        read_text("/dev/zero")


# -- the other commands -----------------------------------------------------------------------


def test_compare_as_json(
    shell: Any, ner: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "report.json"
    options = ("--against", "sdpa,threads=1,seq=9999", "--rounds", "2", "-o", str(file))
    code, out, err = shell("compare", TEXT, "--model", ner, "--json", *options)
    assert (code, err) == (0, "")
    content = json.loads(out)
    assert content == json.loads(file.read_text(encoding="utf-8"))
    names = [row["name"] for row in content["rows"]]
    assert names == ["stepped", "traced", "baseline", "sdpa", "threads=1", "seq=9999"]
    assert "positions" in content["rows"][-1]["failed"]
    assert [len(order) for order in content["order"]] == [6, 6]


def test_compare_as_a_table(shell: Any, ner: str) -> None:
    code, out, err = shell(
        "compare", TEXT, "--model", ner, "--against", "bf16", "--rounds", "1",
        "--sweep", "seq=8,16",
    )  # fmt: skip
    assert (code, err) == (0, "")
    for word in ("stepped", "bf16", "noise floor", "word_embeddings", "remainder", "scores"):
        assert word in out


def test_compare_with_random_weights(shell: Any, ner: str, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_bytes((Path(ner) / "config.json").read_bytes())
    code, out, _ = shell(
        "compare", "--random-init", str(config), "--rounds", "1", "--json", "--max-length", "7"
    )
    setup = json.loads(out)["setup"]
    assert (code, setup["random_weights"], setup["length"], setup["text"]) == (0, True, 7, None)
    assert "random weights" in setup["model"] and "7 random token ids" in setup["input_note"]
    code, out, err = shell("compare", "Ada met Bob", "--random-init", str(config))
    assert (code, out) == (2, "") and "leave TEXT out" in err and err.count("\n") == 1
    # Weights beside the config, or in the folder, are not those that were asked for.
    code, out, _ = shell(
        "compare", "--random-init", ner, "--rounds", "1", "--against", "", "--json"
    )
    setup = json.loads(out)["setup"]
    assert (code, setup["random_weights"]) == (0, True) and setup["text"] is not None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--against", "magic"), "unknown variant 'magic'"),
        (("--sweep", "seq=5"), "--sweep"),
        (("--rounds", "0"), "rounds"),
        (("--seconds", "-1"), "--seconds"),
        (("-o", "/nowhere/at/all.json"), "cannot be written"),
        (("-o", "x", "--html", "./x"), "name the same file"),
        (("--model", "x", "--random-init", "y"), "exclude each other"),
        (("--random-init", "/nowhere"), "is no config.json"),
        (("--random-init", "tiny-ner"), "is no config.json"),
        (("--random-init", __file__), "cannot be read as JSON"),
        (("--train",), "a training step is not compared"),
    ],
)
def test_compare_with_bad_input(shell: Any, options: tuple[str, ...], said: str) -> None:
    code, out, err = shell("compare", TEXT, *options)
    assert (code, out) == (2, "") and said in err and err.count("\n") == 1


def test_version(shell: Any) -> None:
    assert shell("--version") == (0, f"cyclesim {cyclesim.__version__}\n", "")


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_lists_the_commands(shell: Any, option: str) -> None:
    code, out, _ = shell(option)
    assert code == 0
    assert all(word in out for word in ("run", "trace", "models"))


def test_models(shell: Any) -> None:
    code, out, err = shell("models")
    assert (code, err) == (0, "")
    assert "tiny-ner (the default)" in out


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), TEXT),
        (("Ada in London",), "Ada in London"),
        (("run", "Ada in London"), "Ada in London"),
        (("--clock", "layer", "Ada in London"), "Ada in London"),
        (("--", "--help"), "--help"),
    ],
)
def test_text_alone_opens_the_app(
    shell: Any, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], text: str
) -> None:
    opened: list[Any] = []
    monkeypatch.setattr("cyclesim.tui.app.run_app", lambda options: opened.append(options) or 0)
    assert shell(*arguments)[0] == 0
    assert [o.text for o in opened] == [text]


# -- the config file --------------------------------------------------------------------------


@pytest.fixture
def settings() -> Any:
    """Writes the config file of whoever runs the command."""
    from cyclesim.tui.settings.config import config_path

    def write(content: str) -> Path:
        path = config_path()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return path

    return write


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the app is asked to open, instead of opening it."""
    found: list[Any] = []
    monkeypatch.setattr("cyclesim.tui.app.run_app", lambda options: found.append(options) or 0)
    return found


def test_the_config_file_sets_what_the_options_leave_open(
    shell: Any, settings: Any, opened: list[Any]
) -> None:
    settings('theme = "nord"\nascii = true\nspeed = 16\nclock = "layer"\n[keys]\nstep = "s"\n')
    assert shell("Ada")[0] == 0
    assert shell("Ada", "--clock", "module", "--no-ascii", "--projector")[0] == 0
    one, other = opened
    assert (one.theme, one.ascii, one.ticks, one.clock, one.projector) == (
        "nord", True, 16, "layer", False,
    )  # fmt: skip
    assert one.keys == {"step": ("s",)}
    assert (other.ascii, other.ticks, other.clock, other.projector) == (False, 16, "module", True)


def test_the_language_is_the_options_then_the_files(
    shell: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cyclesim.language import current

    heard: list[str] = []
    monkeypatch.setattr("cyclesim.tui.app.run_app", lambda _: heard.append(current()) or 0)
    settings('lang = "zh"')
    shell("Ada")
    shell("Ada", "--lang", "en")
    assert heard == ["zh", "en"]


@pytest.mark.parametrize("command", [("Ada",), ("run", "Ada"), ("open",)])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("speed = 5", "line 1: speed = 5 makes no sense: use 1, 2, 4, 8, 16, 32, 64"),
        ('[keys]\nstep = "b"', "line 2: the key 'b' is of both 'step' and 'back'"),
        ("speed", "config.toml"),
    ],
)
def test_a_bad_config_file_is_one_sentence(
    shell: Any, ner: str, settings: Any, opened: list[Any], tmp_path: Path,
    command: tuple[str, ...], content: str, words: str,
) -> None:  # fmt: skip
    if command == ("open",):
        command = ("open", str(tmp_path / "run.safetensors"))
        assert shell("trace", TEXT, "--model", ner, "-o", command[1])[0] == 0
    path = settings(content)
    code, out, err = shell(*command)
    assert (code, out, opened) == (2, "", [])
    assert err.count("\n") == 1
    assert str(path) in err
    assert words in err


def test_config_prints_a_file_that_can_be_used(shell: Any, settings: Any) -> None:
    code, out, err = shell("config")
    assert (code, err) == (0, "")
    path = settings(out)
    assert out.startswith(f"# {path}")
    assert shell("config") == (0, out, "")


# -- the process ------------------------------------------------------------------------------


def python(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", **options.pop("env", {})}
    return subprocess.run(
        [sys.executable, "-m", "cyclesim", *arguments],
        capture_output=True, text=True, timeout=120, env=environment, **options,
    )  # fmt: skip


def test_as_a_module_and_with_any_screen(ner: str) -> None:
    """A terminal that knows only ASCII still gets all of it, and nothing else is on the screen."""
    done = python("trace", "Zürich 東京", "--model", ner, env={"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()
    assert "bit-identical" in done.stdout


def test_what_is_to_be_printed_needs_no_screen(shell: Any, opened: list[Any], ner: str) -> None:
    code, out, _ = shell("--plain", "Ada met Bob.", "--model", ner)
    assert (code, opened) == (0, [])
    assert out.startswith("Model ") and "Cycle 0, input, tokenize: " in out
    shell("--", "--plain")
    assert [options.text for options in opened] == ["--plain"]


@pytest.mark.parametrize("texts", [[], ["Ada met Bob."], ["Ada met Bob.", "She left."], [""]])
def test_without_options_the_app_opens_as_with_none(
    shell: Any, opened: list[Any], texts: list[str]
) -> None:
    """The quick way to the first paint leaves Typer out: what it opens must be the same."""
    assert shell(*texts) == shell("run", *texts)
    assert len(opened) in (0, 2) and opened[:1] == opened[1:]
    assert bool(opened) == (texts != [""])


def test_errors_that_nobody_foresaw_are_shown_in_full() -> None:
    """A bug is not bad input: it keeps its traceback."""

    def fail() -> int:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        run_command(fail)


def test_ctrl_c_in_a_process_that_goes_on() -> None:
    def interrupt() -> int:
        raise KeyboardInterrupt

    assert run_command(interrupt) == 130


# -- trace files, conditions, diff -----------------------------------------------------------


def test_a_saved_trace_is_the_run_and_two_runs_differ_where_they_do(
    shell: Any, ner: str, tmp_path: Path
) -> None:
    one, two, third = (str(tmp_path / f"{n}.safetensors") for n in "123")
    for path, attention in ((one, "eager"), (two, "eager"), (third, "sdpa")):
        assert shell("trace", TEXT, "--model", ner, "--attn", attention, "-o", path)[0] == 0
    saved = cyclesim.open_trace(one)
    assert saved.verdict.bit_identical is True
    assert saved.header.text == TEXT
    code, out, _ = shell("diff", one, two)
    assert (code, "equal" in out) == (0, True)
    code, out, _ = shell("diff", one, third)
    assert (code, "eager and sdpa" in out) == (1, True)
    code, out, _ = shell("diff", one, third, "--json")
    assert code == 1
    assert json.loads(out)["equal"] is False


def test_only_the_cycles_that_were_asked_for(shell: Any, ner: str) -> None:
    code, out, _ = shell("trace", "--json", TEXT, "--model", ner, "--where", "softmax and layer 1")
    assert code == 0
    (cycle,) = json.loads(out)["cycles"]
    assert (cycle["step"], ".layer.1." in cycle["path"]) == ("softmax", True)
    code, out, _ = shell("trace", "--plain", TEXT, "--model", ner, "--where", "logits")
    assert [line[:6] for line in out.splitlines()].count("Cycle ") == 1
    code, out, _ = shell("trace", TEXT, "--model", ner, "--where", "nan")
    assert "no cycle is like that" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--where", "sofmax"), "did you mean 'softmax'"),
        (("--where", "max >"), "at character 6"),
        (("--where", "softmax", "--clock", "layer"), "leave --clock out"),
        (("--keep", "some"), "use all, outputs or stats"),
        (("--memory", "lots"), "write it like 2GB"),
        (("-o", "/nowhere/at/all.safetensors"), "/nowhere/at"),
    ],
)
def test_wrong_options_are_one_sentence(
    shell: Any, ner: str, arguments: tuple[str, ...], words: str
) -> None:
    code, out, err = shell("trace", TEXT, "--model", ner, *arguments)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert words in err


def test_a_bad_trace_file_is_one_sentence(shell: Any, tmp_path: Path) -> None:
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(b"\x80\x04N.")
    for path in (bad, tmp_path / "missing", tmp_path):
        code, out, err = shell("diff", str(path), str(bad))
        assert (code, out, err.count("\n")) == (2, "", 1)


def test_keeping_less_in_memory_and_in_the_file(shell: Any, ner: str, tmp_path: Path) -> None:
    path = str(tmp_path / "small.safetensors")
    code, _, _ = shell(
        "trace", TEXT, "--model", ner, "--memory", "20kB", "-o", path, "--keep", "outputs"
    )
    assert code == 0
    saved = cyclesim.open_trace(path)
    whole = cyclesim.trace(cyclesim.load(ner), TEXT, measure=False)
    for ours, theirs in zip(saved, whole, strict=True):
        for a, b in zip(ours.outputs, theirs.outputs, strict=True):
            assert a.numpy().tolist() == b.numpy().tolist()

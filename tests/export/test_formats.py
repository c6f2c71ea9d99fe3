"""`cyclesim export` and `cyclesim.export.export`: files that are there whole, or one sentence."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

import cyclesim
from cyclesim import cli
from cyclesim.export import FORMATS, Format, export
from cyclesim.language import speaking
from cyclesim.shell import names_trace
from cyclesim.trace import Trace, Verdict
from tests.render.runs import run

from .samples import TEXT

ALWAYS = ("perfetto", "kanata", "csv", "html")


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Any:
    """Run `cyclesim export`: its exit code, what it printed, and what it said on stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            cli.main(["export", *map(str, arguments)])
        out, err = capsys.readouterr()
        return left.value.code or 0, out, err  # type: ignore[return-value]

    return run


@pytest.mark.parametrize("to", ALWAYS)
def test_a_saved_trace(shell: Any, saved: Path, tmp_path: Path, to: str) -> None:
    out = tmp_path / "out"
    code, said, err = shell(saved, "--to", to, "-o", out)
    assert (code, err) == (0, "")
    assert said == f"{out}: {FORMATS[to].hint}\n"
    assert out.read_bytes() == FORMATS[to].content(cyclesim.open_trace(saved))
    assert os.listdir(tmp_path) == ["out"]


def test_a_saved_trace_of_any_name(shell: Any, saved: Path, tmp_path: Path) -> None:
    other = tmp_path / "monday"
    other.write_bytes(saved.read_bytes())
    assert shell(other, "--to", "csv", "-o", tmp_path / "a.csv")[0] == 0


def test_a_text_runs(shell: Any, tmp_path: Path) -> None:
    out = tmp_path / "run.json"
    code, _, err = shell("Ada was here.", "--to", "perfetto", "-o", out, "--attn", "sdpa")
    assert (code, err) == (0, "")
    facts = json.loads(out.read_bytes())["otherData"]
    assert (facts["text"], facts["attention"]) == ("Ada was here.", "sdpa")


def test_the_usual_sentence(shell: Any, tmp_path: Path) -> None:
    shell("--to", "perfetto", "-o", tmp_path / "a")
    assert json.loads((tmp_path / "a").read_bytes())["otherData"]["text"] == TEXT


def test_another_answer_than_the_untraced_run_is_exit_code_1(
    shell: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = run()
    made.verdict = Verdict(False, 0.25, 3)
    monkeypatch.setattr("cyclesim.engine.trace", lambda *_, **__: made)
    assert shell("Ada", "--to", "csv", "-o", tmp_path / "a")[0] == 1
    assert (tmp_path / "a").exists()


def test_a_page_speaks_the_language_of_its_reader_and_data_do_not(
    real: Trace, tmp_path: Path
) -> None:
    for to in ALWAYS:
        english = export(real, to, tmp_path / "en").read_bytes()
        with speaking("zh"):
            chinese = export(real, to, tmp_path / "zh").read_bytes()
        assert (english != chinese) == (to == "html")


def test_an_old_file_is_replaced_and_keeps_its_mode(real: Trace, tmp_path: Path) -> None:
    out = tmp_path / "a.csv"
    out.write_text("old")
    out.chmod(0o640)
    assert export(real, "csv", out) == out
    assert out.read_bytes().startswith(b"number,") and out.stat().st_mode & 0o777 == 0o640


def test_what_fails_leaves_the_old_file(
    real: Trace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "a.csv"
    out.write_text("old")

    def full(handle: int, data: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cyclesim.files._write", full)
    with pytest.raises(cyclesim.CyclesimError, match="No space left on device; nothing was"):
        export(real, "csv", out)
    assert out.read_text() == "old" and os.listdir(tmp_path) == ["a.csv"]
    monkeypatch.setitem(FORMATS, "folder", Format(lambda _: b"x", "", folder=True))  # type: ignore[misc]
    with pytest.raises(cyclesim.CyclesimError, match="nothing was changed"):
        export(real, "folder", tmp_path / "new")
    assert os.listdir(tmp_path) == ["a.csv"]


def refused(shell: Any, *arguments: object) -> str:
    """Exit code 2, nothing printed, one sentence."""
    code, out, err = shell(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("cyclesim: ") and err.endswith(".\n") and err.count("\n") == 1
    return str(err)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["x", "--to", "pdf", "-o", "a"], "unknown format 'pdf': use perfetto, kanata, csv"),
        (["x", "--to", "csv", "-o", "no/such/a"], "there is no such folder"),
        (["x", "--to", "csv", "-o", "."], "there is a folder of that name"),
        (["x", "--to", "csv", "-o", "/dev/null"], "it is not a file"),
        (["x", "--to", "csv", "-o", "a\0b"], "embedded null byte"),
        (["bad.safetensors", "--to", "csv", "-o", "./bad.safetensors"], "is what is read"),
        (["x", "--to", "csv"], "Missing option"),
        (["x", "-o", "a"], "Missing option"),
        (["no.safetensors", "--to", "csv", "-o", "a"], "No such file"),
        (["bad.safetensors", "--to", "csv", "-o", "a"], "is not a trace that can be opened"),
        (["", "--to", "csv", "-o", "a"], "the text is empty"),
        (["x", "--to", "csv", "-o", "a", "--model", "no/such"], "no/such"),
    ],
)
def test_bad_input(
    shell: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.safetensors").write_bytes(b"\x10" + b"\0" * 7 + b"{}")
    assert said in refused(shell, *arguments)
    assert os.listdir() == ["bad.safetensors"]


@pytest.mark.parametrize("option", [["--model", "tiny-ner"], ["--attn", "eager"], ["--seed", "1"],
                                    ["--trust-remote-code"]])  # fmt: skip
def test_a_saved_trace_is_not_run_again(
    shell: Any, saved: Path, tmp_path: Path, option: list[str]
) -> None:
    said = refused(shell, saved, "--to", "csv", "-o", tmp_path / "a", *option)
    assert f"leave {option[0]} out" in said


@pytest.mark.parametrize(("to", "package"), [("parquet", "pyarrow"), ("tensorboard",) * 2])
def test_a_missing_package_is_said_before_anything_runs(
    shell: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: str, package: str
) -> None:
    monkeypatch.setitem(__import__("sys").modules, package, None)
    monkeypatch.setattr("cyclesim.engine.trace", lambda *_, **__: pytest.fail("it ran"))
    said = refused(shell, "x", "--to", to, "-o", tmp_path / "a")
    assert said == f"cyclesim: {package} is not installed: pip install 'cyclesim[{to}]'.\n"


def test_folders_for_tensorboard(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    (tmp_path / "file").write_text("")
    with pytest.raises(cyclesim.CyclesimError, match="cannot be used as a folder: Not a dir"):
        export(run(), "tensorboard", tmp_path / "file")
    (tmp_path / "events.out.tfevents.1.other").write_text("")
    with pytest.raises(cyclesim.CyclesimError, match="holds another run"):
        export(run(), "tensorboard", tmp_path)
    made = export(run(), "tensorboard", tmp_path / "new")
    assert made.parent == tmp_path / "new" and made.stat().st_size


@pytest.mark.parametrize(
    ("content", "yes"),
    [(b"", False), (b"{", False), (b"a text about {", False), (b"\x10" + b"\0" * 7 + b"{", True),
     (b"\0" * 9, False)],
)  # fmt: skip
def test_what_is_a_saved_trace(tmp_path: Path, content: bytes, yes: bool) -> None:
    (tmp_path / "a").write_bytes(content)
    assert names_trace(str(tmp_path / "a")) is yes
    assert not names_trace(str(tmp_path)) and not names_trace("Ada\0 was here")

"""The benchmark against other tools runs, and its table has the shape that it should have."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"


def _peers(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, BENCHMARKS / "peers.py", "--env", folder, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)


@pytest.mark.slow
def test_the_same_work_is_measured_for_each_tool(tmp_path: Path) -> None:
    numbers = tmp_path / "peers.json"
    done = _peers("--tools", "cyclesim,hooks", "--quick", "--json", str(numbers), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    report = json.loads(numbers.read_text())
    ways = {tool["name"]: tool["ways"] for tool in report["tools"]}
    assert list(ways) == ["cyclesim", "hooks"]
    assert [len(found) for found in ways.values()] == [3, 1]
    for way in (*ways["cyclesim"], *ways["hooks"]):
        assert way["same_bits"] and way["plain_same_after"], way["way"]
        assert way["tensors"] > 0 and way["bytes"] > 0
        assert 1 <= len(way["rounds"]) <= 5
        for one in way["rounds"]:
            assert len(one["plain"]) == 2, "the plain forward is drawn twice a round"
            assert all(cpu > 0 and wall > 0 for cpu, wall in (*one["plain"], one["took"]))
    captured, hooked = ways["cyclesim"][0], ways["hooks"][0]
    assert captured["tensors"] > hooked["tensors"], "functions are more than modules"
    saved = ways["cyclesim"][-1]["saved"]
    assert saved["size"] >= ways["cyclesim"][-1]["bytes"] * 0.9 and saved["load"] > 0
    assert not any(tool["reasons"] for tool in report["tools"])
    for row in ("plain ÷ plain", "captured", "a forward hook on every module"):
        assert re.search(rf"│ .*{row}.* │ +\d", done.stdout), done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tools", "hooks,abacus"], "there is no tool abacus: choose from"),
        (["--tools", ""], "there is no tool without a name: choose from"),
        (["--rounds", "0"], "0 makes no sense: give a number above 0"),
        (["--threads", "two"], "two makes no sense"),
        (["--timeout", "nan"], "nan makes no sense"),
        (["--env", "full.json"], "File exists"),
        (["--json", "."], "there is a folder of that name"),
        (["--json", "no/where"], "there is no such folder"),
        (["--write", "--quick"], "--write takes all cases"),
        (["--resume"], "say which"),
        (["--resume", "--json", "half.json"], "is no report of this script"),
        (["--resume", "--json", "list.json"], "is no report of this script"),
        (["--resume", "--json", "full.json"], "of another machine"),
    ],
)
def test_bad_arguments_are_one_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    monkeypatch.chdir(tmp_path)
    for name, text in {"half": "{", "list": "[]", "full": '{"tools": []}'}.items():
        Path(f"{name}.json").write_text(text)
    peers = import_module("peers")
    monkeypatch.setattr(peers, "_measured", lambda *_: pytest.fail("it was measured"))
    with pytest.raises(SystemExit) as left:
        peers.main(["--env", "env", *arguments])
    assert left.value.code == 2
    told = capsys.readouterr().err.splitlines()[-1]
    assert ": error: " in told and said in told


@pytest.mark.slow
@pytest.mark.skipif(find_spec("pyvene") is not None, reason="it is installed here")
def test_a_tool_that_does_not_install_is_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    numbers = tmp_path / "peers.json"
    done = _peers("--tools", "pyvene", "--quick", "--json", str(numbers), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    (tool,) = json.loads(numbers.read_text())["tools"]
    assert tool["ways"] == []
    assert tool["reasons"][0].startswith("pip found no version that it could install beside torch")


def test_a_tool_that_takes_too_long_is_a_row(tmp_path: Path) -> None:
    numbers = tmp_path / "peers.json"
    done = _peers(
        *("--tools", "hooks", "--quick", "--timeout", "0.2", "--json", str(numbers)),
        folder=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    (tool,) = json.loads(numbers.read_text())["tools"]
    assert tool["ways"] == []
    assert tool["reasons"] == ["It was stopped after 0.2 s; what is missing, it did not reach."]
    assert "What could not be measured" in done.stdout


def test_the_tables_in_the_readme_are_those_of_the_script() -> None:
    text = (BENCHMARKS / "README.md").read_text(encoding="utf-8")
    begin, end = "<!-- peers.py begins -->", "<!-- peers.py ends -->"
    assert text.count(begin) == text.count(end) == 1
    made = text[text.index(begin) : text.index(end)]
    for name in ("cyclesim", "hooks", "torchlens", "nnsight", "transformer-lens", "profiler"):
        assert f"| {name} " in made
    assert not re.search(r"/(home|root|tmp|usr|work)/|https?://", made), "no places of a machine"

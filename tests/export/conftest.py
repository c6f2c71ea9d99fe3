"""One run of the embedded model, shared by the tests of every format."""

from __future__ import annotations

from pathlib import Path

import pytest

import cyclesim
from cyclesim.trace import Trace

from .samples import TEXT


@pytest.fixture(scope="session")
def real() -> Trace:
    return cyclesim.trace(cyclesim.load(), TEXT)


@pytest.fixture(scope="session")
def saved(real: Trace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("traces") / "run.safetensors"
    real.save(path)
    return path

from __future__ import annotations

from pathlib import Path

import pytest

from tests.machine.folders import make_folder

from .corpora import write


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT sixteen wide, with dropout, that knows other labels."""
    return make_folder(tmp_path_factory.mktemp("models") / "small")


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus in three CoNLL files."""
    return write(tmp_path_factory.mktemp("data") / "corpus")

from __future__ import annotations

from pathlib import Path

import pytest

from .folders import make_folder


@pytest.fixture(scope="session")
def ner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small BERT for token classification. Not to be changed: use `copied`."""
    return make_folder(tmp_path_factory.mktemp("models") / "small-ner")

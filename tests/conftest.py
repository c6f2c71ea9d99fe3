"""Small random models that the whole suite shares; nothing here needs the network."""

from __future__ import annotations

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# The tests read English, whatever language whoever runs them has chosen.
os.environ["LC_ALL"] = "C.UTF-8"

from collections.abc import Iterator

import pytest
import torch
from hypothesis import settings

from cyclesim.language import speaking

# A slow machine is no failure.
settings.register_profile("cyclesim", deadline=None)
settings.load_profile("cyclesim")


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    # Tiny models run faster on one thread, and the suite may share the machine.
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    # Nothing is read from or left in the folders of whoever runs the tests.
    monkeypatch.setenv("CYCLESIM_HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with speaking("en"):
        yield

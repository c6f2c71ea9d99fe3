"""Small random models that the whole suite shares; nothing here needs the network."""

from __future__ import annotations

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import pytest
import torch


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    # Tiny models run faster on one thread, and the suite may share the machine.
    torch.set_num_threads(1)

"""The course that ships, and the keys that its sentences name."""

from __future__ import annotations

from pathlib import Path

import pytest

from cyclesim.lessons.course import Course
from cyclesim.tui.commands import COMMANDS

KEYS = {command.name: command.shown for command in COMMANDS}
COURSE = Course()


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home and a folder of one's own: nobody's progress is touched."""
    monkeypatch.setenv("CYCLESIM_HOME", str(tmp_path / "home"))
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work

"""Where a person's files are: what they set, what the app remembers, and what can be made again.

    config_folder()   # key map, theme: written by hand
    state_folder()    # recent models and texts: remembered between sessions
    cache_folder()    # the measured peak of this machine: may be deleted at any time

Each system has its own places for these; `CYCLESIM_HOME` puts all three into one folder instead.
What is kept there is a convenience: a file that cannot be read is taken for none, and one that
cannot be written is given up.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import platformdirs

__all__ = ["HOME", "cache_folder", "config_folder", "read_json", "state_folder", "write_json"]

#: The environment variable that puts everything into one folder.
HOME = "CYCLESIM_HOME"

_APP = "cyclesim"


def config_folder() -> Path:
    """What a person has set. It need not exist."""
    return _home("config") or platformdirs.user_config_path(_APP, appauthor=False)


def state_folder() -> Path:
    """What the app remembers between two sessions. It need not exist."""
    return _home("state") or platformdirs.user_state_path(_APP, appauthor=False)


def cache_folder() -> Path:
    """What can be made again. It need not exist."""
    return _home("cache") or platformdirs.user_cache_path(_APP, appauthor=False)


def _home(name: str) -> Path | None:
    home = os.environ.get(HOME)
    return Path(home).expanduser() / name if home else None


def read_json(path: Path) -> Any:
    """What the JSON file at `path` holds; None if it is missing, unreadable or broken."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def write_json(path: Path, content: Any) -> bool:
    """Put `content` at `path`, whole or not at all; whether that could be done.

    It is written beside the file and renamed, so that nobody ever reads half of it.
    """
    text = json.dumps(content, indent=2) + "\n"
    beside = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(beside, path)
    except OSError:
        if beside is not None:
            with suppress(OSError):
                os.unlink(beside)
        return False
    return True

"""A model's folder, put in place file by file: the one that makes it a model comes last.

Whoever opens the folder too early finds no `config.json`, and says so; whoever kills the process
in between goes on with `--resume` and gets the same files.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from cyclesim.errors import CyclesimError
from cyclesim.files import shown
from cyclesim.language import tr
from cyclesim.machine.saving import save_model

__all__ = ["publish", "write_model"]

_LAST = "config.json"


def write_model(folder: Path, model: Any, tokenizer: Any) -> None:
    """Write config, weights and tokenizer; of an adapted model the adapter beside the old weights.

    Raises:
        CyclesimError: they cannot be written.
    """
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True)
        save_model(folder, model, tokenizer)
    except (OSError, SafetensorError) as error:
        raise _unwritten(folder, error) from None


def publish(made: Path, target: Path, files: Mapping[str, str]) -> None:
    """Move the model in `made` to `target`, with these text files beside it.

    Raises:
        CyclesimError: it cannot be written.
    """
    try:
        for name, text in files.items():
            (made / name).write_text(text, encoding="utf-8")
        target.mkdir(exist_ok=True)
        for path in sorted(made.iterdir(), key=lambda path: (path.name == _LAST, path.name)):
            place = target / path.name
            if place.is_dir():
                shutil.rmtree(place)
            os.replace(path, place)
        made.rmdir()
    except OSError as error:
        raise _unwritten(target, error) from None


def _unwritten(folder: Path, error: Exception) -> CyclesimError:
    why = getattr(error, "strerror", None) or str(error).splitlines()[0].rstrip(".")
    said = tr("the model cannot be written to {folder}: {why}; make room and go on with --resume.")
    return CyclesimError(said.format(folder=shown(folder), why=why))

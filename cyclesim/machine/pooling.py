"""How the states of a sentence's tokens become one vector, as a sentence-transformers folder says.

Such a folder lists its modules: the model, a pooling, perhaps a normalisation. Only these can be
shown; with any other module the vector would not be the one that the model was trained for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal, get_args

from cyclesim.errors import CyclesimError
from cyclesim.language import tr

__all__ = ["MODULES", "Pooling", "pooling_of"]

Mode = Literal["mean", "cls", "max"]

#: The list of modules of a sentence-transformers folder.
MODULES = "modules.json"

_KEYS = {
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
}
#: Larger is no list of modules.
_MOST = 1 << 20


@dataclass(frozen=True, slots=True)
class Pooling:
    """How token states become one vector.

    Attributes:
        mode: their mean, the state of the first token, or the largest number of each channel.
        normalized: the vector is then divided by its length.
    """

    mode: Mode = "mean"
    normalized: bool = False


def pooling_of(folder: Path) -> Pooling | None:
    """What the folder of a sentence-transformers model says; None for any other folder.

    Raises:
        CyclesimError: it says something that cannot be shown, or that makes no sense.
    """
    if not (folder / MODULES).is_file():
        return None
    made = Pooling()
    modules = _read(folder / MODULES, list)
    for module in modules:
        kind = str(module.get("type", "") if isinstance(module, dict) else "").rpartition(".")[2]
        if kind == "Pooling":
            made = Pooling(_mode(folder / _inside(folder, module.get("path"))), made.normalized)
        elif kind == "Normalize":
            made = Pooling(made.mode, True)
        elif kind != "Transformer":
            raise CyclesimError(
                tr(
                    "{folder} has a module {kind} between the model and its embedding, which "
                    "cannot be shown: choose --task feature-extraction."
                ).format(folder=folder, kind=kind or "?")
            )
    return made


def _mode(folder: Path) -> Mode:
    config = _read(folder / "config.json", dict)
    named = config.get("pooling_mode")  # newer files say it in a word
    chosen = [named] if named else [k for k, v in config.items() if "mode_" in k and v is True]
    modes = [_KEYS.get(str(key), str(key)) for key in chosen]
    if len(modes) != 1 or modes[0] not in get_args(Mode):
        raise CyclesimError(
            tr(
                "the pooling {modes} of {folder} cannot be shown: only mean, cls and max can."
            ).format(modes=" + ".join(modes) or "?", folder=folder)
        )
    mode: Mode = modes[0]  # type: ignore[assignment]
    return mode


def _inside(folder: Path, path: Any) -> str:
    """`path`, if it leads to a place within the folder."""
    parts = PurePosixPath(str(path or ""))
    if parts.is_absolute() or ".." in parts.parts:
        raise CyclesimError(
            tr("the {file} of {folder} names a module outside of it.").format(
                file=MODULES, folder=folder
            )
        )
    return str(parts)


def _read(file: Path, kind: type) -> Any:
    try:
        with file.open("rb") as opened:
            content = json.loads(opened.read(_MOST))
    except (OSError, ValueError, RecursionError):
        content = None
    if not isinstance(content, kind):
        raise CyclesimError(tr("{file} is broken: it cannot be read.").format(file=file))
    return content

"""The data that a run is of: generated, in CoNLL files, or saved by the `datasets` package."""

from __future__ import annotations

from pathlib import Path

from cyclesim.errors import CyclesimError
from cyclesim.files import shown
from cyclesim.finetuning import conll, saved
from cyclesim.finetuning.corpus import Corpus
from cyclesim.finetuning.settings import Settings
from cyclesim.language import tr

__all__ = ["read_data"]


def read_data(settings: Settings) -> Corpus:
    """The corpus that `settings` names.

    Raises:
        CyclesimError: there is none, or it is malformed.
    """
    if settings.data is None:
        if settings.columns is not None:
            raise CyclesimError(
                tr("--columns goes with data of your own: give a file or a folder.")
            )
        from cyclesim.finetuning.generated import make_corpus

        return make_corpus(settings.sentences)
    path = Path(settings.data).expanduser()
    if not path.exists():
        said = tr("there is no file or folder {path}: give CoNLL files, or leave the data out.")
        raise CyclesimError(said.format(path=shown(path)))
    names = _columns(settings.columns)
    if path.is_dir() and saved.is_saved(path):
        return saved.read_saved(path, names)
    return conll.read_corpus(path, None if names is None else _numbers(names))


def _columns(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 2 or not all(parts):
        said = tr(
            "--columns {text} makes no sense: give two, of the word and of its tag, like 1,4."
        )
        raise CyclesimError(said.format(text=shown(text)))
    return parts[0], parts[1]


def _numbers(names: tuple[str, str]) -> tuple[int, int]:
    if not all(name.isdecimal() and len(name) < 5 and int(name) > 0 for name in names):
        said = tr("--columns {text} makes no sense for a CoNLL file: give two numbers from 1.")
        raise CyclesimError(said.format(text=shown(",".join(names))))
    return int(names[0]), int(names[1])

"""The formats by name, and writing one to a file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from cyclesim.errors import CyclesimError
from cyclesim.export.chrome import perfetto
from cyclesim.export.extras import need
from cyclesim.export.pipeline import kanata
from cyclesim.export.tables import csv, parquet
from cyclesim.export.tfevents import tensorboard
from cyclesim.files import check_target, replace_file, shown
from cyclesim.language import N_, tr
from cyclesim.render.page import page_html
from cyclesim.trace.trace import Trace

__all__ = ["FORMATS", "Format", "check_export", "export", "html"]

#: The name of our file in a folder of TensorBoard; it looks for `tfevents`.
EVENTS = "events.out.tfevents.cyclesim"


@dataclass(frozen=True, slots=True)
class Format:
    """One format.

    Attributes:
        content: from a trace to the bytes of the file.
        hint: one sentence on how to look at it.
        package: what it needs besides cyclesim; the extra of the same name as the format brings it.
        folder: it is a folder, with one file of ours in it.
    """

    content: Callable[[Trace], bytes]
    hint: str
    package: str = ""
    folder: bool = False


def html(trace: Trace) -> str:
    """The run as one page of HTML that needs no network."""
    return page_html(trace)


def export(trace: Trace, to: str, path: str | os.PathLike[str]) -> Path:
    """Write `trace` to `path` in the format `to`, and return the file that was written.

    An existing file is replaced, in one step, when everything is written. For `tensorboard`, `path`
    is a folder (a *run* of its own, made if need be).

    Example:
        >>> from cyclesim.export import export
        >>> export(trace, "csv", "run.csv").name
        'run.csv'

    Raises:
        CyclesimError: there is no such format, a package is missing, or it cannot be written.
    """
    check_export(to, path)
    wanted = FORMATS[to]
    content = wanted.content(trace)
    if not wanted.folder:
        replace_file(path, [content])
        return Path(path)
    with _folder(Path(path)) as folder:
        replace_file(folder / EVENTS, [content])
    return folder / EVENTS


def check_export(to: str, path: str | os.PathLike[str]) -> None:
    """Refuse what could not be exported, before a run has cost anything.

    Raises:
        CyclesimError: as `export` would.
    """
    if to not in FORMATS:
        said = tr("unknown format {name!r}: use {names}.")
        raise CyclesimError(said.format(name=to, names=", ".join(FORMATS)))
    wanted = FORMATS[to]
    if wanted.package:
        need(wanted.package, to)
    if wanted.folder and os.path.exists(path):
        check_target(_events_in(path))
    else:
        check_target(path)


def _events_in(folder: str | os.PathLike[str]) -> Path:
    """Our file in a folder; TensorBoard would take another one beside it for the same run."""
    with _said(folder):
        if any("tfevents" in name and name != EVENTS for name in os.listdir(folder)):
            said = tr("{file} holds another run of TensorBoard: give a folder of its own.")
            raise CyclesimError(said.format(file=shown(folder)))
    return Path(folder) / EVENTS


@contextmanager
def _folder(path: Path) -> Iterator[Path]:
    """The folder to write in; made for that, it is gone again where nothing could be written."""
    new = not path.exists()
    with _said(path):
        path.mkdir(exist_ok=True)
    try:
        yield path
    except BaseException:
        if new:
            with suppress(OSError):
                path.rmdir()
        raise


@contextmanager
def _said(folder: str | os.PathLike[str]) -> Iterator[None]:
    """What goes wrong with a folder is one sentence."""
    try:
        yield
    except OSError as error:
        said = tr("{file} cannot be used as a folder: {why}.")
        raise CyclesimError(said.format(file=shown(folder), why=error.strerror)) from None


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, allow_nan=False).encode()


FORMATS: Mapping[str, Format] = {
    "perfetto": Format(
        lambda trace: _json(perfetto(trace)),
        N_("open it at ui.perfetto.dev; it stays on your computer."),
    ),
    "kanata": Format(
        lambda trace: kanata(trace).encode(), N_("open it with Konata, the pipeline viewer.")
    ),
    "csv": Format(lambda trace: csv(trace).encode(), N_("one row a cycle.")),
    "parquet": Format(parquet, N_("one row a cycle, with typed columns."), "pyarrow"),
    "tensorboard": Format(
        tensorboard, N_("show it with tensorboard --logdir, on this folder."), "tensorboard", True
    ),
    "html": Format(lambda trace: html(trace).encode(), N_("open it in a browser.")),
}

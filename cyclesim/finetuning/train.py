"""The public function: a new run, or one that goes on where it was interrupted."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from cyclesim.errors import CyclesimError
from cyclesim.finetuning.checkpoint import read_position
from cyclesim.finetuning.compress import check_extras
from cyclesim.finetuning.outcome import Training
from cyclesim.finetuning.run import Run
from cyclesim.finetuning.settings import Settings
from cyclesim.finetuning.watch import Watcher, watching
from cyclesim.finetuning.workspace import Workspace
from cyclesim.language import tr

__all__ = ["train"]


def train(
    output: str | os.PathLike[str],
    data: str | os.PathLike[str] | None = None,
    *,
    resume: bool = False,
    watchers: Iterable[Watcher] = (),
    **settings: Any,
) -> Training:
    """Train a model that marks names in text, and save it as a folder that `load` opens.

    Args:
        output: the folder; it must not be there yet, or be empty.
        data: a CoNLL-format file, a folder of them, or a folder that `datasets` saved; generated
            sentences by default.
        resume: go on with the run in `output` that was interrupted. Its settings are known, so no
            other argument is given.
        watchers: told what happens.
        settings: the other fields of `Settings`.

    Returns:
        The history, the scores, and where everything is.

    Raises:
        CyclesimError: data, model or settings are no good, the loss is not a number, or a file
            cannot be written; what was learnt up to the last checkpoint is kept.
        KeyboardInterrupt: Ctrl-C or SIGTERM; the checkpoint is of the last update.

    Example:
        >>> training = cyclesim.train("my-ner", sentences=100, epochs=1)
        >>> [line["epoch"] for line in training.history], training.best_epoch
        ([1], 1)
        >>> cyclesim.load("my-ner").task.name
        'token-classification'
    """
    space = Workspace(output)
    with watching(watchers) as watcher:
        if resume:
            if data is not None or settings:
                raise CyclesimError(
                    tr("a run that goes on has its settings: give none with resume.")
                )
            space.check_resumable()
            with space.claimed():
                return _resumed(space, watcher)
        chosen = _settings(data, settings)
        space.check_new()
        check_extras(chosen.int8)
        run = Run(space, chosen, watcher)
        with space.claimed():
            run.save()  # a full disk is met now, and not after an epoch
            return run.finish()


def _settings(data: str | os.PathLike[str] | None, given: dict[str, Any]) -> Settings:
    """Checked settings; paths are absolute, for a run that goes on from another folder."""
    try:
        chosen = Settings(data=None if data is None else os.fspath(data), **given).check()
    except TypeError as error:
        raise CyclesimError(f"{error}.") from None
    for name in ("data", "model"):
        value = getattr(chosen, name)
        if value is not None and _exists(value):
            known: dict[str, Any] = {name: str(Path(value).expanduser().absolute())}
            chosen = replace(chosen, **known)
    return chosen


def _exists(path: str) -> bool:
    try:
        return Path(path).expanduser().exists()
    except (OSError, ValueError):  # too long, or a NUL byte
        return False


def _resumed(space: Workspace, watcher: Watcher) -> Training:
    position = read_position(space.run)
    try:
        settings = Settings.from_json(position.run["settings"]).check()
        threads = int(position.run["threads"])
    except (KeyError, TypeError, ValueError):
        raise CyclesimError(tr("the checkpoint does not say what the run is of.")) from None
    before = torch.get_num_threads()
    torch.set_num_threads(threads)  # a sum split in another way has other last bits
    try:
        run = Run(space, settings, watcher, position)
        _check_same(position.run, run.identity(), watcher)
        run.restore()
        said = tr("going on after update {update} of {updates}.")
        watcher.said(said.format(update=f"{position.updates:,}", updates=f"{run.loop.updates:,}"))
        return run.finish()
    finally:
        torch.set_num_threads(before)


def _check_same(was: dict[str, Any], now: dict[str, Any], watcher: Watcher) -> None:
    """Refuse other data; say that another machine adds up to other last bits."""
    if any(was.get(key) != now[key] for key in ("examples", "labels")):
        said = tr(
            "the data or the tokenizer is not what the run began with: put it back, or train anew."
        )
        raise CyclesimError(said)
    for key in ("torch", "device"):
        if was.get(key) != now[key]:
            said = tr(
                "{key} was {was} and is {now}: the last bits may differ from an unbroken run."
            )
            watcher.said(said.format(key=key, was=was.get(key), now=now[key]))

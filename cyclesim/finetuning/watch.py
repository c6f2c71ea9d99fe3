"""Who is told how a run goes: the progress bar of the shell, TensorBoard, Weights & Biases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Progress", "Watcher", "Watchers"]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run is, after an update.

    Attributes:
        epoch, epochs: the epoch being trained, from 1, and how many there will be.
        update, updates: the number of the update, from 1, and how many there will be.
        loss: the mean of this epoch so far.
        rate: the learning rate of this update.
        norm: the norm of the gradients before clipping.
        speed: sentences a second, over this epoch; evaluation is not in it.
    """

    epoch: int
    epochs: int
    update: int
    updates: int
    loss: float
    rate: float
    norm: float
    speed: float


class Watcher:
    """Is told, and by default does nothing; what it raises ends the run."""

    def began(self, folder: Path, settings: Mapping[str, Any]) -> None:
        """A run begins, or goes on, in this folder with these settings."""

    def said(self, sentence: str) -> None:
        """Something a person should know."""

    def doing(self, sentence: str) -> None:
        """What is being done, as long as nothing else is."""

    def stepped(self, progress: Progress) -> None:
        """An update was made."""

    def epoch_done(self, line: Mapping[str, Any]) -> None:
        """An epoch was trained and measured; `line` is an entry of `Training.history`."""

    def close(self) -> None:
        """The run has ended, however."""


class Watchers(Watcher):
    """Several watchers as one."""

    def __init__(self, watchers: Iterable[Watcher]) -> None:
        self.watchers = tuple(watchers)

    def began(self, folder: Path, settings: Mapping[str, Any]) -> None:
        for watcher in self.watchers:
            watcher.began(folder, settings)

    def said(self, sentence: str) -> None:
        for watcher in self.watchers:
            watcher.said(sentence)

    def doing(self, sentence: str) -> None:
        for watcher in self.watchers:
            watcher.doing(sentence)

    def stepped(self, progress: Progress) -> None:
        for watcher in self.watchers:
            watcher.stepped(progress)

    def epoch_done(self, line: Mapping[str, Any]) -> None:
        for watcher in self.watchers:
            watcher.epoch_done(line)

    def close(self) -> None:
        for watcher in self.watchers:
            watcher.close()


@contextmanager
def watching(watchers: Iterable[Watcher]) -> Iterator[Watchers]:
    """Inside the block all of them are told; afterwards they are closed."""
    all_of_them = Watchers(watchers)
    try:
        yield all_of_them
    finally:
        all_of_them.close()

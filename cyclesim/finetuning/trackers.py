"""Logs for other programs: TensorBoard, and Weights & Biases, which is kept offline.

cyclesim.train("my-ner", watchers=[TensorBoard()])    # OUT/tensorboard
cyclesim.train("my-ner", watchers=[WeightsAndBiases()])   # OUT/wandb; `wandb sync` uploads it
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cyclesim.errors import CyclesimError
from cyclesim.export.extras import need
from cyclesim.finetuning.watch import Progress, Watcher
from cyclesim.language import tr

__all__ = ["TRACKERS", "TensorBoard", "WeightsAndBiases", "trackers"]


class TensorBoard(Watcher):
    """Writes an event file: a step there is an update.

    Raises:
        CyclesimError: tensorboard is not installed.
    """

    def __init__(self) -> None:
        need("tensorboard", "tensorboard")
        self._writer: Any = None

    def began(self, folder: Path, settings: Mapping[str, Any]) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(folder / "tensorboard"))

    def stepped(self, progress: Progress) -> None:
        for name, value in _of_update(progress):
            self._writer.add_scalar(name, value, progress.update)

    def epoch_done(self, line: Mapping[str, Any]) -> None:
        for name, value in _of_epoch(line):
            self._writer.add_scalar(name, value, line["updates"])
        self._writer.flush()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


class WeightsAndBiases(Watcher):
    """Writes a run of Weights & Biases to disk; nothing is sent.

    Raises:
        CyclesimError: wandb is not installed.
    """

    def __init__(self) -> None:
        self._wandb = need("wandb", "wandb")
        self._run: Any = None

    def began(self, folder: Path, settings: Mapping[str, Any]) -> None:
        quiet = self._wandb.Settings(console="off", silent=True, disable_git=True)
        self._run = self._wandb.init(
            mode="offline",
            project="cyclesim",
            name=folder.name,
            dir=str(folder),
            config=dict(settings),
            settings=quiet,
        )

    def stepped(self, progress: Progress) -> None:
        self._run.log(dict(_of_update(progress)), step=progress.update)

    def epoch_done(self, line: Mapping[str, Any]) -> None:
        self._run.log(dict(_of_epoch(line)), step=line["updates"])

    def close(self) -> None:
        if self._run is not None:
            self._run.finish()


#: By the names that `--track` takes.
TRACKERS = {"tensorboard": TensorBoard, "wandb": WeightsAndBiases}


def trackers(names: str) -> list[Watcher]:
    """The trackers of a list such as `tensorboard,wandb`.

    Raises:
        CyclesimError: there is no such tracker, or its package is not installed.
    """
    made: list[Watcher] = []
    for name in dict.fromkeys(part.strip() for part in names.split(",")):
        if name not in TRACKERS:
            said = tr("unknown --track {name!r}: use {names}.")
            raise CyclesimError(said.format(name=name, names=", ".join(TRACKERS)))
        made.append(TRACKERS[name]())
    return made


def _of_update(progress: Progress) -> Iterator[tuple[str, float]]:
    yield "train/loss", progress.loss
    yield "train/rate", progress.rate
    yield "train/gradient_norm", progress.norm
    yield "train/sentences_per_second", progress.speed


def _of_epoch(line: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for part in ("train", "dev", "test"):
        for name, value in line.get(part, {}).items():
            if name not in ("found", "wanted"):
                yield f"epoch/{part}_{name}", value

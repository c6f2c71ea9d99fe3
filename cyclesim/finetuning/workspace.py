"""The folder of a run: nothing of the user's is overwritten, one process at a time trains in it.

OUT/                   afterwards: the model
OUT/checkpoint/        while it is trained: the run so far, and the best weights so far
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cyclesim.errors import CyclesimError
from cyclesim.files import shown
from cyclesim.language import tr

__all__ = ["Workspace"]

_CHECKPOINT = "checkpoint"


class Workspace:
    """The paths of one run.

    Args:
        output: the folder that the model is to be in.
    """

    def __init__(self, output: str | os.PathLike[str]) -> None:
        self.output = Path(output).expanduser()
        self.checkpoint = self.output / _CHECKPOINT
        self.run = self.checkpoint / "run.safetensors"
        self.best = self.checkpoint / "best.safetensors"
        self.model = self.checkpoint / "model"

    def check_new(self) -> None:
        """Refuse a folder that holds something, before anything is loaded.

        Raises:
            CyclesimError: it is no place for a new run.
        """
        if self.run.is_file():
            said = tr(
                "{folder} holds a run that was interrupted: go on with --resume, or remove it."
            )
            raise CyclesimError(said.format(folder=shown(self.output)))
        if self.output.exists():
            if not self.output.is_dir():
                raise CyclesimError(tr("{folder} is a file.").format(folder=shown(self.output)))
            if any(path.name != _CHECKPOINT for path in self.output.iterdir()):
                said = tr("{folder} is not empty: give a folder that is not there yet.")
                raise CyclesimError(said.format(folder=shown(self.output)))
        elif not self.output.absolute().parent.is_dir():
            said = tr("there is no folder {folder}.")
            raise CyclesimError(said.format(folder=shown(self.output.absolute().parent)))

    def check_resumable(self) -> None:
        """Make sure that there is a run to go on with.

        Raises:
            CyclesimError: there is none.
        """
        if self.run.is_file():
            return
        if (self.output / "config.json").is_file():
            said = tr("the run in {folder} is finished: there is nothing to resume.")
        elif self.output.is_dir():
            said = tr("{folder} holds no checkpoint to resume from.")
        else:
            said = tr("there is no folder {folder} to resume from.")
        raise CyclesimError(said.format(folder=shown(self.output)))

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Make the folders; inside the block no other process trains in them.

        What a failed start leaves empty is removed again.

        Raises:
            CyclesimError: they cannot be made, or another process has claimed them.
        """
        new = not self.output.exists()
        try:
            self.checkpoint.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.checkpoint, os.O_RDONLY)
        except OSError as error:
            said = tr("{folder} cannot be made: {why}.")
            why = error.strerror or type(error).__name__
            raise CyclesimError(said.format(folder=shown(self.output), why=why)) from None
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                said = tr("another process is training in {folder}.")
                raise CyclesimError(said.format(folder=shown(self.output))) from None
            yield
        finally:
            os.close(handle)
            self._remove_empty(new)

    def clear(self) -> None:
        """The run is finished: remove the checkpoint, which is larger than the model."""
        shutil.rmtree(self.checkpoint)

    def _remove_empty(self, new: bool) -> None:
        try:
            self.checkpoint.rmdir()
            if new:
                self.output.rmdir()
        except OSError:  # something is in it, or it is gone
            pass

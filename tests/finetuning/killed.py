"""A program: trains in one folder for each moment, and is killed there by SIGKILL.

    python killed.py DATA MODEL OUTPUT MOMENT...

A moment is `update-7`, or `rename-3`: right before the third file takes its place. Each run is a
process of its own, forked before torch has started a thread.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import torch

import cyclesim
from cyclesim.finetuning import Progress, Watcher

SETTINGS = {
    "epochs": 2, "batch": 4, "accumulate": 2, "rate": 1e-2, "device": "cpu", "hide": 0.1,
    "spell": 0.3,
}  # fmt: skip


class KilledAt(Watcher):
    def __init__(self, update: int) -> None:
        self.update = update

    def stepped(self, progress: Progress) -> None:
        if progress.update == self.update:
            os.kill(os.getpid(), signal.SIGKILL)


def kill_before_rename(number: int) -> None:
    rename, seen = os.replace, []

    def counted(*paths: str) -> None:
        seen.append(paths)
        if len(seen) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        rename(*paths)

    os.replace = counted


def main(data: str, model: str, output: str, *moments: str) -> None:
    torch.set_num_threads(1)
    for moment in moments:
        what, _, number = moment.partition("-")
        child = os.fork()
        if not child:
            watchers = [KilledAt(int(number))] if what == "update" else []
            if what == "rename":
                kill_before_rename(int(number))
            folder = Path(output) / moment
            cyclesim.train(folder, data, model=model, watchers=watchers, save_every=0.0, **SETTINGS)
            os._exit(0)  # it should not get here
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, moment


if __name__ == "__main__":
    main(*sys.argv[1:])

"""The terminal app in a real pseudo-terminal: time to the first paint, and from key to repaint.

Run through `python benchmarks/cycles.py --app`. Nothing is stubbed: the process is the one that a
person starts, and what is timed is what its terminal receives.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path
from statistics import median

from transformers import BertConfig

import cyclesim

__all__ = ["app_rows"]

#: A text long enough for an attention matrix that fills the pane.
TEXT = " ".join(["Ada Lovelace worked with Charles Babbage in London ."] * 12)
#: Of the terminal: columns and rows.
SIZES = ((120, 40), (200, 60))


_ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[a-zA-Z]")


class Terminal:
    """A process under a pseudo-terminal of a given size."""

    def __init__(self, size: tuple[int, int], *arguments: str) -> None:
        self.started = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm-256color"
            os.environ["COLORTERM"] = "truecolor"
            os.environ["LC_ALL"] = "C.UTF-8"
            os.execv(sys.executable, [sys.executable, "-m", "cyclesim", *arguments])
        rows_and_columns = struct.pack("HHHH", size[1], size[0], 0, 0)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, rows_and_columns)
        self.seen = b""

    def read(self, quiet: float) -> tuple[bytes, float]:
        """What arrives until nothing has for `quiet` seconds; and when its last byte did."""
        data, last = b"", time.perf_counter()
        while select.select([self.fd], [], [], quiet)[0]:
            try:
                part = os.read(self.fd, 1 << 16)
            except OSError:
                break
            if not part:
                break
            data, last = data + part, time.perf_counter()
        self.seen += data
        return data, last

    def wait_for(self, words: bytes, seconds: float = 90) -> float:
        """When `words` had arrived."""
        limit = time.perf_counter() + seconds
        while words not in _ESCAPES.sub(b"", self.seen[-1_000_000:]):
            self.read(0.005)
            if time.perf_counter() > limit:
                raise TimeoutError(words)
        return time.perf_counter()

    def press(self, key: str) -> float:
        """Press a key; seconds until the screen has been repainted."""
        start = time.perf_counter()
        os.write(self.fd, key.encode())
        select.select([self.fd], [], [], 5.0)  # a busy machine may take its time for the first byte
        _, last = self.read(0.12)
        return last - start

    def close(self) -> None:
        os.kill(self.pid, signal.SIGTERM)
        self.read(1.0)
        os.close(self.fd)
        os.waitpid(self.pid, 0)


def app_rows() -> list[tuple[str, str, str, bool]]:
    """Rows for the table of `cycles.py`."""
    rows = []
    paints: dict[tuple[int, int], list[float]] = {size: [] for size in SIZES}
    for _ in range(7):
        for size, times in paints.items():  # in turns, so that a busy moment slows both
            terminal = Terminal(size, TEXT)
            times.append(terminal.wait_for(b"cyclesim") - terminal.started)
            terminal.close()
    for size, times in paints.items():
        paint = median(times)
        what = f"first paint of cyclesim, from process start, {_sized(size)}"
        rows.append((what, f"{paint:.2f} s", "≤ 0.8 s", paint <= 0.8))
        rows.append(_key_row("tiny-ner", size, TEXT))
    with tempfile.TemporaryDirectory() as folder:
        _base_sized(Path(folder))
        rows.append(_key_row("BERT-base", (120, 40), TEXT, "--model", folder, "--random-init"))
    return rows


def _key_row(name: str, size: tuple[int, int], *arguments: str) -> tuple[str, str, str, bool]:
    terminal = Terminal(size, *arguments)
    terminal.wait_for(b"Press n to run")
    terminal.read(0.5)
    for _ in range(20):
        terminal.press("n")
    keys = [terminal.press("n") for _ in range(40)]
    terminal.close()
    key, slow = median(keys) * 1e3, sorted(keys)[-3] * 1e3
    return (
        f"step key to repainted screen, {_sized(size)}, {name}, 146 tokens",
        f"{key:.0f} ms  (95th percentile {slow:.0f} ms)",
        "≤ 60 ms",
        key <= 60,
    )


def _sized(size: tuple[int, int]) -> str:
    return f"{size[0]}×{size[1]}"


def _base_sized(folder: Path) -> None:
    """A folder with the embedded model's words and a configuration of BERT-base's size."""
    embedded = cyclesim.load().model.config
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(Path(embedded.name_or_path) / name, folder)
    labels = {"id2label": embedded.id2label, "label2id": embedded.label2id}
    config = BertConfig(vocab_size=embedded.vocab_size, **labels)
    config.architectures = ["BertForTokenClassification"]
    config.save_pretrained(folder)

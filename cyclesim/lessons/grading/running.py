"""Starts the process of one exercise, waits for it, ends it, and reads what it answered."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from cyclesim.language import tr
from cyclesim.lessons.exercises import Case
from cyclesim.lessons.grading.confine import Limits
from cyclesim.lessons.grading.judging import Outcome, judged
from cyclesim.lessons.grading.wire import pack
from cyclesim.trace import Trace

__all__ = ["run_exercise"]

#: Longest exercise, most bytes of answers, most characters of what it printed that are kept.
MOST_SOURCE, MOST_ANSWERS, MOST_PRINTED = 1 << 20, 24 << 20, 4000
#: Seconds that starting Python may take; they are not the exercise's own.
STARTING = 30.0
#: Seconds between two looks at it.
LOOK = 0.02


def run_exercise(
    file: Path,
    cases: Sequence[Case],
    *,
    limits: Limits | None = None,
    confine: bool = True,
) -> Outcome:
    """Run the exercise in `file` and judge what it answers.

    Args:
        file: what a student wrote; it is copied and never written to.
        cases: what to call (see `cyclesim.lessons.exercises`).
        limits: what it may use.
        confine: give up what the system lets it give up; off for work of one's own that is to be
            seen in a debugger.
    """
    limits = limits or Limits()
    try:
        source = _source(file)
    except (OSError, ValueError) as error:
        return Outcome("missing", tr("{file}: {why}.").format(file=file, why=error))
    with _folder() as folder:
        (folder / "exercise.py").write_bytes(source)
        (folder / "answers").touch()
        _give_away(folder)
        wanted = {
            "folder": str(folder),
            "file": "exercise.py",
            "calls": list(_calls(cases, folder)),
            "limits": asdict(limits),
            "readable": _readable(),
            "confine": confine,
        }  # fmt: skip
        ended = _process(wanted, folder, limits)
        notes = _notes(folder / "answers")
        printed = _tail(folder / "printed")
    return judged(cases, notes, ended, limits, printed)


def _calls(cases: Sequence[Case], folder: Path) -> Iterator[dict[str, Any]]:
    """What to call; a trace among the arguments is a file in `folder`."""
    saved: dict[int, str] = {}
    for case in cases:
        given = []
        for argument in case.arguments:
            if isinstance(argument, Trace):
                name = saved.setdefault(id(argument), f"run{len(saved)}.safetensors")
                if not (folder / name).exists():
                    argument.save(folder / name)
                given.append({"trace": name})
            else:
                given.append({"value": pack(argument)})
        yield {"function": case.call, "arguments": given}


def _source(file: Path) -> bytes:
    # Not the file but what is in it: a link, a pipe or a gigabyte is no exercise.
    handle = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(handle, "rb") as opened:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ValueError(tr("it is not a file"))
        source = opened.read(MOST_SOURCE + 1)
    if len(source) > MOST_SOURCE:
        raise ValueError(tr("it is too long"))
    return source


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="cyclesim-exercise-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _give_away(folder: Path) -> None:
    """The process becomes nobody if this is root: the folder is nobody's, too."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        for path in (folder, *folder.iterdir()):
            os.chown(path, 65534, 65534)


def _readable() -> list[str]:
    """What Python needs to read: itself, its packages, the system's libraries."""
    package = Path(__file__).resolve().parents[2]
    places = {sys.prefix, sys.base_prefix, sys.exec_prefix, str(package)}
    places |= set(_packages())
    places |= {
        p
        for p in (
            "/usr",
            "/lib",
            "/lib64",
            "/etc/ld.so.cache",
            "/dev/null",
            "/dev/urandom",
            "/proc/self",
            "/etc/localtime",
        )
        if os.path.exists(p)
    }
    return sorted(os.path.realpath(p) for p in places)  # fmt: skip


def _packages() -> list[str]:
    """Where installed packages are. An isolated Python looks at no PYTHONPATH."""
    return [p for p in sys.path if p.endswith(("site-packages", "dist-packages"))]


_START = (
    "import sys; sys.path[:0] = {paths!r}; from cyclesim.lessons.grading.child import main; main()"
)


def _process(wanted: dict[str, Any], folder: Path, limits: Limits) -> int | None:
    """Run it; its exit code, or None if it had to be ended."""
    paths = [str(Path(__file__).resolve().parents[3]), *_packages()]
    keep = {n: os.environ[n] for n in ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH") if n in os.environ}
    environment = {
        **keep, "HOME": str(folder), "TMPDIR": str(folder), "LANG": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
    }  # fmt: skip
    with open(folder / "printed", "wb") as printed:
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            os.fchown(printed.fileno(), 65534, 65534)
        process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-X", "utf8", "-c", _START.format(paths=paths)],
            stdin=subprocess.PIPE, stdout=printed, stderr=subprocess.STDOUT,
            cwd=folder, env=environment, start_new_session=True,
        )  # fmt: skip
        try:
            assert process.stdin is not None
            with suppress(BrokenPipeError), process.stdin as said:
                said.write(json.dumps(wanted).encode())
            return _waited(process, folder / "answers", limits.seconds)
        finally:
            _end(process)


def _waited(process: subprocess.Popen[bytes], answers: Path, seconds: float) -> int | None:
    """Wait for it; None if it has not ended when its time is over.

    Its time begins when it has started: on a busy machine importing NumPy takes long.
    """
    began, started = monotonic(), False
    while (code := process.poll()) is None:
        if not started and answers.stat().st_size:
            began, started = monotonic(), True
        if monotonic() - began > (seconds if started else STARTING):
            return None
        sleep(LOOK)
    return code


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and all that it started and that did not hide."""
    if hasattr(os, "killpg"):
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    with suppress(OSError):
        process.kill()
    process.wait()


# -- what it wrote --------------------------------------------------------------------------------


def _notes(file: Path) -> list[dict[str, Any]]:
    content = _regular(file, MOST_ANSWERS)
    found = []
    for line in content.split(b"\n"):
        try:
            note = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(note, dict):
            found.append(note)
    return found


def _tail(file: Path) -> str:
    return _regular(file, 16 << 20)[-MOST_PRINTED:].decode("utf-8", "replace").strip()


def _regular(file: Path, most: int) -> bytes:
    """What is in a file that a student's process could have put anything in the place of."""
    try:
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        handle = os.open(file, flags)
    except OSError:
        return b""
    with os.fdopen(handle, "rb") as opened:
        return opened.read(most) if stat.S_ISREG(os.fstat(handle).st_mode) else b""

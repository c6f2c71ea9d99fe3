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
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Literal

from cyclesim.language import N_, tr
from cyclesim.lessons.exercises import Case, judge
from cyclesim.lessons.grading.confine import Limits
from cyclesim.lessons.grading.wire import Unsendable, pack, unpack
from cyclesim.trace import Trace

__all__ = ["VERDICTS", "CheckResult", "Outcome", "Verdict", "run_exercise"]

Verdict = Literal["right", "wrong", "error", "timeout", "memory", "forbidden", "crashed", "missing"]

VERDICTS: dict[Verdict, str] = {
    "right": N_("right"),
    "wrong": N_("wrong"),
    "error": N_("error"),
    "timeout": N_("out of time"),
    "memory": N_("out of memory"),
    "forbidden": N_("tried what an exercise may not do"),
    "crashed": N_("crashed"),
    "missing": N_("no file"),
}

#: Longest exercise, most bytes of answers, most characters of what it printed that are kept.
MOST_SOURCE, MOST_ANSWERS, MOST_PRINTED = 1 << 20, 24 << 20, 4000
#: Seconds that starting Python may take; they are not the exercise's own.
STARTING = 30.0
#: Seconds between two looks at it.
LOOK = 0.02


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check: whether it passed, and what was wrong, in a sentence."""

    name: str
    passed: bool
    said: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one exercise.

    Attributes:
        verdict: in a word.
        said: why, in a sentence; "" if it is right.
        checks: each check of the lesson.
        layers: what kept it from doing harm (see `confine`).
        printed: what it printed, or the end of it.
    """

    verdict: Verdict
    said: str = ""
    checks: tuple[CheckResult, ...] = ()
    layers: tuple[str, ...] = ()
    printed: str = ""

    @property
    def passed(self) -> int:
        """How many checks passed."""
        return sum(check.passed for check in self.checks)


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
    return _judged(cases, notes, ended, limits, printed)


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


# -- what it answered -----------------------------------------------------------------------------


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


def _judged(
    cases: Sequence[Case],
    notes: list[dict[str, Any]],
    ended: int | None,
    limits: Limits,
    printed: str,
) -> Outcome:
    layers: list[Any] = next((n["layers"] for n in notes if isinstance(n.get("layers"), list)), [])
    refused = [str(n["refused"])[:60] for n in notes if "refused" in n]
    answers = {n["call"]: n for n in notes if type(n.get("call")) is int}
    before = answers.get(-1)  # it failed before any call
    said = [_said(answers.get(i, before), case, ended, limits) for i, case in enumerate(cases)]
    checks = []
    for name in dict.fromkeys(case.check for case in cases):
        wrong = [s for s, case in zip(said, cases, strict=True) if case.check == name and s]
        checks.append(CheckResult(name, not wrong, wrong[0] if wrong else ""))
    verdict = _verdict(cases, answers, refused, ended)
    sentence = next((s for s in said if s), "")
    if refused:
        sentence = tr("it tried what an exercise may not do: {what}.").format(what=refused[0])
    if verdict == "right" and any(said):
        verdict = "wrong"
    return Outcome(verdict, sentence, tuple(checks), tuple(map(str, layers)), printed)


def _said(note: dict[str, Any] | None, case: Case, ended: int | None, limits: Limits) -> str:
    """What is wrong with one call; "" for nothing."""
    if note is None:
        if ended is None or _killed(ended) == signal.SIGXCPU:
            said = tr("{function} had not returned after {seconds} seconds.")
            return said.format(function=case.call, seconds=f"{limits.seconds:g}")
        return tr("the process ended before {function} returned.").format(function=case.call)
    if "missing" in note:
        return tr("there is no function {function}.").format(function=case.call)
    if "error" in note:
        return _raised(note, limits)
    try:
        return judge(case, unpack(note.get("value")))
    except Unsendable as error:
        return tr("{function} returned what cannot be read: {why}.").format(
            function=case.call, why=error
        )


def _raised(note: dict[str, Any], limits: Limits) -> str:
    name, text, line = str(note["error"])[:60], str(note.get("said", ""))[:300], note.get("line")
    if name == "NotImplementedError":
        return tr("it is not written yet.")
    if name == "MemoryError":
        said = tr("it asked for more than {size} MB of memory.")
        return said.format(size=limits.memory >> 20)
    what = f"{name}: {text}" if text else name
    if type(line) is int:
        return tr("line {line} raised {error}.").format(line=line, error=what.rstrip("."))
    return tr("it raised {error}.").format(error=what.rstrip("."))


def _verdict(
    cases: Sequence[Case], answers: dict[int, dict[str, Any]], refused: list[str], ended: int | None
) -> Verdict:
    errors = [str(note.get("error", "")) for note in answers.values()]
    if refused:
        return "forbidden"
    if "MemoryError" in errors:
        return "memory"
    complete = -1 in answers or all(i in answers for i in range(len(cases)))
    if not complete:
        if ended is None or _killed(ended) == signal.SIGXCPU:
            return "timeout"
        return "crashed"
    if any(errors) and set(errors) - {"", "NotImplementedError"}:
        return "error"
    return "wrong" if any(errors) or any("missing" in n for n in answers.values()) else "right"


def _killed(code: int | None) -> int:
    """The signal that ended it; a process around it says so by a code above 128."""
    if code is None:
        return 0
    return -code if code < 0 else code - 128 if code > 128 else 0

"""What a student has done: kept in the state folder, and never lost.

A file holds what was done, lesson by lesson. It is only ever added to: two windows, or two
programs, join what they know. It is replaced whole, with the one before it kept beside it; a file
that cannot be read is put aside under another name, and not written over. `reset` keeps what it
takes away, too.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cyclesim.errors import CyclesimError
from cyclesim.folders import read_json, state_folder, write_json
from cyclesim.language import tr

__all__ = ["Done", "Progress"]

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Done:
    """What was done of one lesson.

    Attributes:
        steps: names of the steps that were done.
        at: the step one was at last, or "".
        answers: for each question, whether the first answer was right.
        hints: how many hints were asked for.
        exercise: when it passed, seconds since 1970; None if it has not.
    """

    steps: frozenset[str] = frozenset()
    at: str = ""
    answers: Mapping[str, bool] = field(default_factory=dict)
    hints: Mapping[str, int] = field(default_factory=dict)
    exercise: float | None = None

    def joined(self, other: Done) -> Done:
        """All that is in one or the other; where they disagree, `other` is newer."""
        passed = [t for t in (self.exercise, other.exercise) if t is not None]
        return Done(
            self.steps | other.steps,
            other.at or self.at,
            {**other.answers, **self.answers},  # the first answer counts
            {n: max(self.hints.get(n, 0), other.hints.get(n, 0))
             for n in {*self.hints, *other.hints}},
            min(passed) if passed else None,
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """As it is written."""
        return {
            "steps": sorted(self.steps), "at": self.at, "answers": dict(self.answers),
            "hints": dict(self.hints), "exercise": self.exercise,
        }  # fmt: skip

    @classmethod
    def from_json(cls, content: Any) -> Done:
        """What can be understood of `content`."""
        if not isinstance(content, dict):
            return cls()
        steps, answers, hints = (content.get(n) for n in ("steps", "answers", "hints"))
        passed = content.get("exercise")
        return cls(
            frozenset(s for s in steps if isinstance(s, str)) if isinstance(steps, list)
            else frozenset(),
            str(content.get("at") or ""),
            {str(n): v is True for n, v in answers.items()} if isinstance(answers, dict) else {},
            {str(n): v for n, v in hints.items() if type(v) is int}
            if isinstance(hints, dict) else {},
            float(passed) if isinstance(passed, (int, float)) else None,
        )  # fmt: skip


class Progress:
    """All lessons of a person.

    Args:
        file: where it is kept; None for the usual place.
    """

    def __init__(self, file: Path | None = None) -> None:
        self.file = state_folder() / "lessons.json" if file is None else file

    def of(self, lesson: str) -> Done:
        """What was done of `lesson`."""
        return self._read().get(lesson, Done())

    def add(self, lesson: str, done: Done) -> bool:
        """Keep `done` beside what is known; whether it could be written."""
        with self._alone():
            known = self._read(aside=True)
            known[lesson] = known.get(lesson, Done()).joined(done)
            return self._write(known)

    def passed(self, lesson: str) -> bool:
        """The exercise of `lesson` has passed its checks; whether that could be written."""
        return self.add(lesson, Done(exercise=time.time()))

    def reset(self, lesson: str | None = None) -> Path | None:
        """Forget one lesson, or all; what was known is kept in the file that is returned.

        Raises:
            CyclesimError: it cannot be kept.
        """
        with self._alone():
            known = self._read(aside=True)
            if not known or (lesson is not None and lesson not in known):
                return None
            kept = self.file.with_name(f"lessons-{time.strftime('%Y%m%d-%H%M%S')}.json")
            while kept.exists():
                kept = kept.with_name(f"{kept.stem}-{os.getpid()}.json")
            content = self._content(known)
            left = {} if lesson is None else {n: d for n, d in known.items() if n != lesson}
            if not write_json(kept, content) or not self._write(left):
                said = tr("the progress in {file} cannot be changed, so it stays as it was.")
                raise CyclesimError(said.format(file=self.file))
            return kept

    # -- the file ----------------------------------------------------------------------------

    def _read(self, *, aside: bool = False) -> dict[str, Done]:
        for file in (self.file, self._before):
            content = read_json(file)
            lessons = content.get("lessons") if isinstance(content, dict) else None
            if isinstance(lessons, dict):
                return {str(n): Done.from_json(d) for n, d in lessons.items()}
            if aside and file == self.file and file.exists():
                # Broken, or of a later version: whoever looks for it will find it.
                with suppress(OSError):
                    os.replace(file, file.with_name(f"lessons.broken-{time.time_ns()}.json"))
        return {}

    @property
    def _before(self) -> Path:
        return self.file.with_name("lessons.before.json")

    def _write(self, known: Mapping[str, Done]) -> bool:
        old = read_json(self.file)
        if isinstance(old, dict) and not write_json(self._before, old):
            return False
        return write_json(self.file, self._content(known))

    @staticmethod
    def _content(known: Mapping[str, Done]) -> dict[str, Any]:
        return {"schema": SCHEMA, "lessons": {n: d.to_json() for n, d in known.items()}}

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other program writes it meanwhile, where the system can promise that."""
        try:
            import fcntl
        except ImportError:  # Windows: a lost race loses a step, and never the file
            yield
            return
        handle = None
        try:
            with suppress(OSError):
                self.file.parent.mkdir(parents=True, exist_ok=True)
                handle = os.open(self.file.with_name(".lessons.lock"), os.O_RDWR | os.O_CREAT)
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            if handle is not None:
                os.close(handle)

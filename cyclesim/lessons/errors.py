"""What is wrong in a lesson, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cyclesim.errors import CyclesimError

__all__ = ["LessonError", "Place"]


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file of a lesson."""

    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file.parent.name}/{self.file.name}:{self.line}"


class LessonError(CyclesimError):
    """A lesson that cannot be read or shown.

    Attributes:
        problem: what is wrong, in a sentence without its full stop.
        place: the line, or None where it is no single one.
    """

    def __init__(self, problem: str, place: Place | None = None) -> None:
        self.problem, self.place = problem, place
        super().__init__(f"{place}: {problem}." if place else f"{problem}.")

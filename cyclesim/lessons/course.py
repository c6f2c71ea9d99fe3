"""The lessons there are, and the folder they live in.

They ship inside the package and, in the source tree, are the top-level folder `lessons/`. Lessons
of one's own are in another folder: `cyclesim learn --lessons FOLDER`.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from cyclesim.errors import CyclesimError
from cyclesim.language import current, tr
from cyclesim.lessons.lesson import Lesson
from cyclesim.lessons.reading import FILES, read_lesson

__all__ = ["Course", "called", "shipped"]

_SHIPPED = Path(__file__).parent / "content"
_SOURCE = Path(__file__).parents[2] / "lessons"


def shipped() -> Path:
    """The folder of the lessons that come with cyclesim."""
    return _SHIPPED if _SHIPPED.is_dir() else _SOURCE


def called(lesson: Lesson) -> str:
    """What names it in a shell: its number, and where it is if it does not come with cyclesim."""
    folder = lesson.folder.parent
    if folder == shipped():
        return str(lesson.number)
    return f"{lesson.number} --lessons {shlex.quote(str(folder))}"


class Course:
    """The lessons of a folder, by number.

    Args:
        folder: None for those that come with cyclesim.

    Raises:
        CyclesimError: it holds no lesson.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = shipped() if folder is None else folder
        self.folders = sorted(p.parent for p in self.folder.glob(f"[0-9]*/{FILES['en']}"))
        if not self.folders:
            said = tr("{folder} holds no lessons: `cyclesim learn new NAME` makes one.")
            raise CyclesimError(said.format(folder=self.folder))

    @property
    def numbers(self) -> list[int]:
        """The numbers of the lessons."""
        return [int(folder.name.partition("-")[0]) for folder in self.folders]

    def lesson(self, number: int, language: str = "") -> Lesson:
        """A lesson, in the language that is spoken or in `language`.

        Raises:
            CyclesimError: there is none of that number, or it cannot be read.
        """
        for folder, known in zip(self.folders, self.numbers, strict=True):
            if known == number:
                return _read(folder, language or current())
        said = tr("there is no lesson {number}: there are {numbers}.")
        numbers = ", ".join(map(str, self.numbers))
        raise CyclesimError(said.format(number=number, numbers=numbers))

    def lessons(self, language: str = "") -> Iterator[Lesson]:
        """All lessons, in order."""
        return (self.lesson(number, language) for number in self.numbers)


@lru_cache(maxsize=128)
def _read(folder: Path, language: str) -> Lesson:
    return read_lesson(folder, language)

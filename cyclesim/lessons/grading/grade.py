"""Grades the exercises of a class: a folder with a folder for each student.

    class/ada/attention.py   class/ada/layernorm.py   class/bob/attention.py

A file is an exercise if it has the name of one. Each runs by itself, confined as far as the system
allows; where that is not enough to grade strangers, grading refuses unless told otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.lessons.course import Course
from cyclesim.lessons.exercises import cases_of
from cyclesim.lessons.grading.confine import Limits, confined
from cyclesim.lessons.grading.judging import Outcome
from cyclesim.lessons.grading.running import run_exercise

__all__ = ["Report", "Row", "grade", "rehearse_confinement"]

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One exercise of one student."""

    student: str
    lesson: int
    file: str
    outcome: Outcome

    def to_json(self) -> dict[str, Any]:
        """As a gradebook reads it."""
        outcome = self.outcome
        return {
            "lesson": self.lesson,
            "file": self.file,
            "verdict": outcome.verdict,
            "passed": outcome.passed,
            "checks": [{"name": c.name, "passed": c.passed, "said": c.said}
                       for c in outcome.checks],
            "said": outcome.said,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
    """The exercises of a class.

    Attributes:
        rows: student by student, lesson by lesson; also those that are missing.
        layers: what kept the exercises from doing harm, in all of them.
    """

    rows: tuple[Row, ...]
    layers: tuple[str, ...]

    @property
    def students(self) -> tuple[str, ...]:
        """Their names, in order."""
        return tuple(dict.fromkeys(row.student for row in self.rows))

    def to_json(self) -> dict[str, Any]:
        """The mapping that `cyclesim learn grade --json` prints."""
        students = {
            name: {
                "right": sum(r.outcome.verdict == "right" for r in self.rows if r.student == name),
                "exercises": [r.to_json() for r in self.rows if r.student == name],
            }
            for name in self.students
        }
        return {
            "schema": SCHEMA, "confinement": list(self.layers),
            "confined": confined(self.layers), "students": students,
        }  # fmt: skip


def grade(
    folder: Path,
    course: Course,
    lessons: Sequence[int] = (),
    *,
    limits: Limits | None = None,
    unconfined: bool = False,
    progress: Callable[[str], Any] = lambda _: None,
) -> Report:
    """Run every exercise in `folder` and report on each student.

    Args:
        lessons: only these; () for all that have an exercise.
        unconfined: grade also where the system cannot confine what runs.

    Raises:
        CyclesimError: there is nothing to grade, or the system cannot confine it.
    """
    students = sorted(p for p in _entries(folder) if p.is_dir() and not p.is_symlink())
    if not students:
        said = tr("{folder} holds no folder of a student: put each one's files in a folder.")
        raise CyclesimError(said.format(folder=folder))
    chosen = [course.lesson(n) for n in lessons or course.numbers]
    exercises = [(lesson, lesson.exercise.file) for lesson in chosen if lesson.exercise is not None]
    layers = rehearse_confinement()
    if not confined(layers) and not unconfined:
        said = tr(
            "this system cannot keep an exercise from your files (it has {layers}): grade in a "
            "container or a virtual machine, or as root, or say --unconfined."
        )
        raise CyclesimError(said.format(layers=", ".join(layers)))
    rows: list[Row] = []
    for lesson, name in exercises:
        handed_in = [(s, s / name) for s in students if (s / name).exists() or lessons]
        if not handed_in:
            continue
        cases = cases_of(lesson)
        for student, file in handed_in:
            progress(f"{student.name}: {name}")
            rows.append(Row(student.name, lesson.number, name,
                            run_exercise(file, cases, limits=limits)))  # fmt: skip
    if not rows:
        names = ", ".join(name for _, name in exercises)
        said = tr("{folder} holds no exercise: they are called {names}.")
        raise CyclesimError(said.format(folder=folder, names=names))
    order = {s.name: i for i, s in enumerate(students)}
    rows.sort(key=lambda row: (order[row.student], row.lesson))
    return Report(tuple(rows), _common([r.outcome.layers for r in rows]) or layers)


def _entries(folder: Path) -> Iterator[Path]:
    try:
        yield from folder.iterdir()
    except OSError as error:
        said = tr("{folder} cannot be read: {why}.")
        raise CyclesimError(said.format(folder=folder, why=error.strerror)) from None


def _common(layers: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    known = [set(found) for found in layers if found]
    if not known:
        return ()
    return tuple(name for name in layers[0] if all(name in found for found in known))


def rehearse_confinement() -> tuple[str, ...]:
    """Which layers this system has: found out by a process that gives up what it can."""
    import tempfile

    from cyclesim.lessons.exercises import Case

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "nothing.py"
        file.write_text("def nothing():\n    return 0\n", encoding="utf-8")
        return run_exercise(file, [Case("", "nothing", (), 0)]).layers

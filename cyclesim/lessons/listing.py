"""Lessons, checks and grades as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from cyclesim.language import tr, trn
from cyclesim.lessons.course import called
from cyclesim.lessons.grading.confine import confined
from cyclesim.lessons.grading.grade import Report
from cyclesim.lessons.grading.judging import VERDICTS, Outcome
from cyclesim.lessons.lesson import Lesson
from cyclesim.lessons.progress import Progress
from cyclesim.lessons.prose import plain

__all__ = ["course_table", "grade_table", "outcome_lines"]


def course_table(lessons: Sequence[Lesson], progress: Progress) -> Any:
    """Every lesson, with what has been done of it, and what to do next."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    table.add_column(tr("lesson"), overflow="fold")
    table.add_column(tr("minutes"), justify="right")
    table.add_column(tr("steps"), justify="right")
    table.add_column(tr("exercise"))
    following = None
    for lesson in lessons:
        done = progress.of(lesson.name)
        steps = sum(step.name in done.steps for step in lesson.steps)
        complete = steps == len(lesson.steps)
        passed = done.exercise is not None
        if following is None and not (complete and (passed or lesson.exercise is None)):
            following = lesson
        table.add_row(
            str(lesson.number),
            plain(lesson.title.source),
            str(lesson.minutes),
            f"{steps}/{len(lesson.steps)}",
            tr("passed") if passed else "" if lesson.exercise is None else lesson.exercise.file,
            style="dim" if complete and passed else "",
        )
    if following is None:
        said = tr("All of it is done.")
    else:
        said = tr("`cyclesim learn {called}` opens lesson {number}.")
        said = said.format(called=called(following), number=following.number)
    return Group(table, Text(), Text(said))


def outcome_lines(lesson: Lesson, file: Path, outcome: Outcome) -> Iterator[str]:
    """What came of one exercise: its checks, each with what was wrong."""
    yield f"{file}: {tr(VERDICTS[outcome.verdict])}"
    assert lesson.exercise is not None
    for check in outcome.checks:
        mark = "✓" if check.passed else "✗"
        yield f"  {mark} {plain(lesson.exercise.checks[check.name].source)}"
        if check.said:
            yield f"    {check.said}"
    if not outcome.checks or outcome.verdict == "forbidden":
        yield f"  {outcome.said}"
    if outcome.printed and outcome.verdict != "right":
        yield "  " + tr("It printed:")
        yield from (f"    {line}" for line in outcome.printed.split("\n")[-12:])
    if outcome.verdict not in ("right", "forbidden"):
        yield "  " + tr("`cyclesim learn hint {number}` helps.").format(number=called(lesson))


def grade_table(report: Report) -> Any:
    """Every student, with every exercise; and what kept the exercises from doing harm."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in (tr("student"), tr("exercise"), tr("checks"), tr("verdict"), ""):
        table.add_column(name, overflow="fold", justify="right" if name == tr("checks") else "left")
    before = ""
    for row in report.rows:
        outcome = row.outcome
        table.add_row(
            row.student if row.student != before else "",
            row.file,
            f"{outcome.passed}/{len(outcome.checks)}" if outcome.checks else "",
            tr(VERDICTS[outcome.verdict]),
            _why(outcome),
        )
        before = row.student
    students = trn("{count} student", "{count} students", len(report.students))
    said = tr("{students}; each exercise ran by itself, confined by: {layers}.").format(
        students=students.format(count=len(report.students)), layers=", ".join(report.layers)
    )
    if not confined(report.layers):
        said += " " + tr("A hostile exercise could have reached your files.")
    return Group(table, Text(), Text(said))


def _why(outcome: Outcome) -> str:
    """What is wrong, and with which check, where others passed."""
    if not outcome.said or not outcome.passed:
        return outcome.said
    failed = next((check.name for check in outcome.checks if check.said == outcome.said), "")
    return f"{failed}: {outcome.said}" if failed else outcome.said

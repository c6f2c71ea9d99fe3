"""The lesson's runs, made by the session's thread between two cycles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cyclesim.lessons.runs import run_on
from cyclesim.lessons.told import Told, prose_of
from cyclesim.tui.backstage.jobs import Desk
from cyclesim.tui.messages import Report

__all__ = ["PrepareLesson", "Prepared"]


@dataclass(frozen=True, slots=True)
class Prepared(Report):
    """The lesson can be told: its numbers are known. `sentence` says why not, or is ""."""

    handler: ClassVar[str] = "lesson_prepared"

    told: Told
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class PrepareLesson:
    """Make the runs that the lesson speaks of, on the machine that is open."""

    kind: ClassVar[str] = "lesson"

    told: Told

    def __call__(self, desk: Desk) -> Report | None:
        self.told.run = run_on(desk.machine, self.told.lesson.run)
        # What only some lessons ask for is made here too: an expression must not start torch
        # while the screen waits.
        _ = self.told.others
        if any("probe(" in prose.source for prose in prose_of(self.told.lesson)):
            _ = self.told.run.answers
        return Prepared(self.told)

    def failed(self, desk: Desk, sentence: str) -> Report | None:
        return Prepared(self.told, sentence)

"""Whether what a cycle wrote can be changed: asked before a person writes down a change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cyclesim.tui.backstage.jobs import Desk
from cyclesim.tui.messages import Report

__all__ = ["Editable", "EditableJob"]


@dataclass(frozen=True, slots=True)
class Editable(Report):
    """Cycle `number` can be edited; or why it cannot."""

    handler: ClassVar[str] = "may_edit"

    number: int
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class EditableJob:
    """Ask the clock whether it would let output `output` of cycle `number` be changed."""

    kind: ClassVar[str] = "editable"

    number: int
    output: int

    def __call__(self, desk: Desk) -> Report | None:
        desk.engine.check_edit(desk.clock, self.number, self.output)
        return Editable(self.number)

    def failed(self, desk: Desk, sentence: str) -> Report | None:
        return Editable(self.number, sentence)

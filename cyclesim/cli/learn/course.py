"""What the commands of `cyclesim learn` have in common: which lessons, and the keys they name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["AnyNumber", "Json", "Lessons", "Number", "course_in", "keys_here"]

Number = Annotated[int, typer.Argument(help="The number of the lesson.", metavar="N")]
AnyNumber = Annotated[int | None, typer.Argument(help="The number of the lesson.", metavar="N")]
Lessons = Annotated[
    Path | None, typer.Option("--lessons", help="Lessons of one's own.", metavar="FOLDER")
]
Json = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]


def course_in(folder: Path | None) -> Any:
    """The lessons in `folder`; those that come with cyclesim where there is none."""
    from cyclesim.lessons.course import Course

    return Course(folder)


def keys_here() -> dict[str, str]:
    """The keys as this person has them, by the names of their commands."""
    from cyclesim.tui.keys import with_keys
    from cyclesim.tui.settings.config import read_config

    return {command.name: command.shown for command in with_keys(read_config().keys)}

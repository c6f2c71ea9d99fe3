"""The Typer app of `cyclesim learn`: the list of lessons, and the door to its commands."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from cyclesim.cli.learn.course import Lessons, course_in
from cyclesim.cli.options.screen import Language, speak_given
from cyclesim.cli.printing import print_rich

__all__ = ["app"]


class _Numbered(TyperGroup):
    """A number in the place of a command opens that lesson."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0].isdecimal():
            args = ["open", *args]
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=_Numbered,
    help="Lessons in the app, with exercises: `cyclesim learn 1` opens the first.",
    invoke_without_command=True,
    no_args_is_help=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def learn(ctx: typer.Context, lessons: Lessons = None, lang: Language = None) -> int | None:
    """List the lessons, with what has been done; `cyclesim learn N` opens one."""
    speak_given(lang)
    if ctx.invoked_subcommand is not None:
        if lessons is not None:
            ctx.obj = lessons
        return None
    from cyclesim.lessons.listing import course_table
    from cyclesim.lessons.progress import Progress

    listed = list(course_in(lessons).lessons())
    print_rich(lambda width: course_table(listed, Progress()))
    return 0

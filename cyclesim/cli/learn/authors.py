"""What an author does: begin a lesson, and look for what is wrong in one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cyclesim.cli.learn.app import app
from cyclesim.cli.learn.course import Lessons, course_in, keys_here
from cyclesim.cli.options.screen import Language, speak_given
from cyclesim.cli.printing import progress
from cyclesim.language import tr, trn


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="As in 14-my-lesson.")],
    lessons: Annotated[
        Path, typer.Option("--lessons", help="The folder to put it in.", metavar="FOLDER")
    ] = Path(),
    lang: Language = None,
) -> int:
    """Make the folder of a new lesson, with one of everything."""
    speak_given(lang)
    from cyclesim.lessons.making import make_lesson

    folder = make_lesson(lessons, name)
    said = tr("{folder} is a lesson that works: change it, and `cyclesim learn lint {folder}`.")
    print(said.format(folder=folder))
    return 0


@app.command()
def lint(
    ctx: typer.Context,
    folders: Annotated[
        list[Path] | None, typer.Argument(help="Folders or numbers of lessons.", metavar="FOLDER…")
    ] = None,
    fast: Annotated[bool, typer.Option("--fast", help="Do not run the exercises.")] = False,
    lessons: Lessons = None,
    lang: Language = None,
) -> int:
    """Try everything in a lesson that a student could come to."""
    speak_given(lang)
    from cyclesim.lessons.linting import lint as problems

    chosen = [_folder(folder, lessons or ctx.obj) for folder in folders or ()]
    chosen = chosen or course_in(lessons or ctx.obj).folders
    keys, count = keys_here(), 0
    for folder in chosen:
        with progress(folder.name):
            found = list(dict.fromkeys(map(str, problems(folder.resolve(), keys, run=not fast))))
        for problem in found:
            print(problem)
        count += len(found)
    said = trn("{count} problem in {lessons}.", "{count} problems in {lessons}.", count)
    named = trn("{count} lesson", "{count} lessons", len(chosen)).format(count=len(chosen))
    print(said.format(count=count, lessons=named))
    return 1 if count else 0


def _folder(named: Path, lessons: Path | None) -> Path:
    """The folder of a lesson that is named by its number, or by itself."""
    if named.exists() or not named.name.isdecimal():
        return named
    course = course_in(lessons)
    known = dict(zip(course.numbers, course.folders, strict=True))
    return known.get(int(named.name)) or course.lesson(int(named.name)).folder

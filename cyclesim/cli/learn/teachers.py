"""What a teacher does: grade a class, and print a lesson as a sheet or a notebook."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from cyclesim.cli.learn.app import app
from cyclesim.cli.learn.course import Json, Lessons, Number, course_in, keys_here
from cyclesim.cli.options.screen import Language, speak_given
from cyclesim.cli.printing import print_rich, progress

Output = Annotated[
    Path | None, typer.Option("-o", "--output", help="Where to write it.", metavar="FILE")
]


@app.command()
def grade(
    ctx: typer.Context,
    folder: Annotated[
        Path, typer.Argument(help="A folder with a folder for each student.", metavar="DIR")
    ],
    number: Annotated[
        list[int] | None, typer.Option("--lesson", help="Only this lesson; may be repeated.")
    ] = None,
    seconds: Annotated[float, typer.Option("--seconds", help="For each exercise.")] = 10.0,
    memory: Annotated[
        str, typer.Option("--memory", help="For each exercise.", metavar="512MB")
    ] = "512MiB",
    unconfined: Annotated[
        bool,
        typer.Option("--unconfined", help="Grade also where exercises could reach your files."),
    ] = False,
    as_json: Json = False,
    lessons: Lessons = None,
    lang: Language = None,
) -> int:
    """Run the exercises of a class, each by itself, and report on every student."""
    speak_given(lang)
    from cyclesim.lessons.grading.confine import Limits
    from cyclesim.lessons.grading.grade import grade as run_all
    from cyclesim.lessons.listing import grade_table
    from cyclesim.shell import parse_size

    limits = Limits(seconds=seconds, memory=parse_size(memory))
    with progress(str(folder)) as say:
        report = run_all(
            folder, course_in(lessons or ctx.obj), number or (), limits=limits,
            unconfined=unconfined, progress=say,
        )  # fmt: skip
    if as_json:
        print(json.dumps(report.to_json(), ensure_ascii=False, indent=2))
    else:
        print_rich(lambda width: grade_table(report))
    return 0


@app.command()
def handout(
    ctx: typer.Context,
    number: Number,
    output: Output = None,
    answers: Annotated[
        bool, typer.Option("--answers", help="The teacher's copy, with the answers.")
    ] = False,
    lessons: Lessons = None,
    lang: Language = None,
) -> int:
    """Write the printed page of a lesson: HTML, one sheet."""
    speak_given(lang)
    from cyclesim.lessons.handout import handout_html

    lesson = course_in(lessons or ctx.obj).lesson(number)
    ending = f"{'-answers' if answers else ''}.html"
    return _write(lesson, output, ending, lambda told: handout_html(told, answers=answers))


@app.command()
def notebook(
    ctx: typer.Context,
    number: Number,
    output: Output = None,
    lessons: Lessons = None,
    lang: Language = None,
) -> int:
    """Write a lesson as a Jupyter notebook."""
    speak_given(lang)
    from cyclesim.lessons.notebook import notebook as made

    lesson = course_in(lessons or ctx.obj).lesson(number)
    return _write(
        lesson, output, ".ipynb", lambda told: json.dumps(made(told), ensure_ascii=False, indent=1)
    )


def _write(lesson: Any, output: Path | None, ending: str, text_of: Callable[[Any], str]) -> int:
    """Write the lesson, as it is told here, to `output`, or to a file of its own name."""
    from cyclesim.files import check_target, replace_file
    from cyclesim.lessons.told import Told

    # Not over the file of another language.
    name = lesson.name if lesson.language == "en" else f"{lesson.name}.{lesson.language}"
    file = output or Path(name + ending)
    check_target(file)
    with progress(lesson.name):
        text = text_of(Told(lesson, keys_here()))
    replace_file(file, [text.encode()])
    print(file)
    return 0

"""`cyclesim learn`: the lessons, from the shell.

`cyclesim learn 4` is short for `cyclesim learn open 4`. A student lists, opens, checks and asks for
hints; a teacher grades, demonstrates and prints; an author makes and lints.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cyclesim.errors import CyclesimError
from cyclesim.language import speak, tr, trn

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

Number = Annotated[int, typer.Argument(help="The number of the lesson.", metavar="N")]
Any_ = Annotated[int | None, typer.Argument(help="The number of the lesson.", metavar="N")]
Lessons = Annotated[
    Path | None, typer.Option("--lessons", help="Lessons of one's own.", metavar="FOLDER")
]
Language = Annotated[
    str | None,
    typer.Option("--lang", help="Language: en or zh; the locale's by default.", metavar="CODE"),
]
Output = Annotated[
    Path | None, typer.Option("-o", "--output", help="Where to write it.", metavar="FILE")
]
Json = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]


# -- students -------------------------------------------------------------------------------------


@app.callback()
def learn(ctx: typer.Context, lessons: Lessons = None, lang: Language = None) -> int | None:
    """List the lessons, with what has been done; `cyclesim learn N` opens one."""
    _speak(lang)
    if ctx.invoked_subcommand is not None:
        if lessons is not None:
            ctx.obj = lessons
        return None
    from cyclesim.lessons.listing import course_table
    from cyclesim.lessons.progress import Progress

    _print(course_table(list(_course(lessons).lessons()), Progress()))
    return 0


@app.command(name="open")
def open_(
    ctx: typer.Context,
    number: Number,
    step: Annotated[
        str | None, typer.Option("--step", help="Begin at this step.", metavar="NAME")
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Play it, with pauses and with the keys shown.")
    ] = False,
    speed: Annotated[
        float, typer.Option("--speed", help="Of --demo: times as fast as one reads; 0: at once.")
    ] = 1.0,
    ascii: Annotated[bool | None, typer.Option("--ascii/--no-ascii", hidden=True)] = None,
    projector: Annotated[bool | None, typer.Option("--projector/--no-projector")] = None,
    lessons: Lessons = None,
    lang: Language = None,
) -> int:
    """Open a lesson in the app."""
    _speak(lang)
    from cyclesim.lessons.runs import training_of
    from cyclesim.shell import check_speed, cleaning_up
    from cyclesim.tui.app import run_app
    from cyclesim.tui.launch import LaunchOptions, LessonOptions
    from cyclesim.tui.settings.config import read_config

    check_speed(speed)
    folder = lessons or ctx.obj
    config = read_config()
    if lang is None and config.lang is not None:
        speak(config.lang)
    lesson = _course(folder).lesson(number)
    names = [s.name for s in lesson.steps]
    if step is not None and step not in names:
        said = tr("lesson {number} has no step {step}: there are {names}.")
        raise CyclesimError(said.format(number=number, step=step, names=", ".join(names)))
    run = lesson.run
    options = LaunchOptions(
        text=run.text, model=run.model, attention=run.attention, seed=run.seed,
        pad_to=run.pad_to, max_length=run.max_length, training=training_of(run),
        generation=dict(run.generation) or None, keys=config.keys,
        ascii=bool(config.ascii if ascii is None else ascii),
        projector=bool(config.projector if projector is None else projector),
        lesson=LessonOptions(
            number, folder, step or lesson.steps[0].name if demo else step or "",
            demo=speed if demo else None, keep=not demo,
        ),
    )  # fmt: skip
    with cleaning_up():
        return run_app(options)


@app.command()
def exercise(
    ctx: typer.Context, number: Number, lessons: Lessons = None, lang: Language = None
) -> int:
    """Put the exercise of a lesson into this folder, to be filled in."""
    _speak(lang)
    from cyclesim.lessons.course import called
    from cyclesim.lessons.exercises import stub_of
    from cyclesim.lessons.told import Told

    lesson = _course(lessons or ctx.obj).lesson(number)
    if lesson.exercise is None:
        raise CyclesimError(tr("lesson {number} has no exercise.").format(number=number))
    file = Path(lesson.exercise.file)
    try:
        with file.open("x", encoding="utf-8") as made:
            made.write(stub_of(lesson).read_text(encoding="utf-8"))
        said = tr("{file} is yours to fill in; `cyclesim learn check {number}` checks it.")
    except FileExistsError:
        said = tr("{file} is there already, and stays as it is.")
    except OSError as error:
        said = tr("{file} cannot be written: {why}.")
        raise CyclesimError(said.format(file=file, why=error.strerror)) from None
    print(said.format(file=file, number=called(lesson)))
    told = Told(lesson)
    print()
    print(told.text(lesson.exercise.prose))
    for text in lesson.exercise.checks.values():
        print(f"  - {told.text(text)}")
    return 0


@app.command()
def check(
    ctx: typer.Context,
    number: Any_ = None,
    file: Annotated[Path | None, typer.Argument(help="The exercise.", metavar="FILE")] = None,
    seconds: Annotated[float, typer.Option("--seconds", help="At most this long.")] = 10.0,
    as_json: Json = False,
    lessons: Lessons = None,
    lang: Language = None,
) -> int:
    """Check an exercise, or all that are in this folder."""
    _speak(lang)
    from cyclesim.lessons.course import called
    from cyclesim.lessons.exercises import cases_of
    from cyclesim.lessons.grading.confine import Limits
    from cyclesim.lessons.grading.running import run_exercise
    from cyclesim.lessons.listing import outcome_lines
    from cyclesim.lessons.progress import Progress

    course = _course(lessons or ctx.obj)
    chosen = [course.lesson(n) for n in ([number] if number is not None else course.numbers)]
    found = [(lesson, file or Path(lesson.exercise.file)) for lesson in chosen if lesson.exercise]
    there = [(lesson, path) for lesson, path in found if path.exists()]
    if not there:
        said = tr("there is no exercise here: `cyclesim learn exercise {number}` makes one.")
        raise CyclesimError(said.format(number=called(chosen[0])))
    failed, rows = False, []
    for lesson, path in there:
        with _working(path.name):
            outcome = run_exercise(path, cases_of(lesson), limits=Limits(seconds=seconds))
        if outcome.verdict == "right":
            Progress().passed(lesson.name)
        failed |= outcome.verdict != "right"
        rows.append({"lesson": lesson.number, "file": str(path), "verdict": outcome.verdict,
                     "said": outcome.said})  # fmt: skip
        if not as_json:
            print("\n".join(outcome_lines(lesson, path, outcome)))
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
    return 1 if failed else 0


@app.command()
def hint(
    ctx: typer.Context, number: Any_ = None, lessons: Lessons = None, lang: Language = None
) -> int:
    """The next hint for the exercise of a lesson; one more each time."""
    _speak(lang)
    from cyclesim.lessons.progress import Done, Progress
    from cyclesim.lessons.told import Told

    course = _course(lessons or ctx.obj)
    here = [n for n in course.numbers if (e := course.lesson(n).exercise) and Path(e.file).exists()]
    number = number if number is not None else (here or course.numbers)[0]
    lesson = course.lesson(number)
    if lesson.exercise is None or not lesson.exercise.hints:
        raise CyclesimError(tr("lesson {number} has no hints.").format(number=number))
    progress, hints = Progress(), lesson.exercise.hints
    shown = min(progress.of(lesson.name).hints.get("exercise", 0) + 1, len(hints))
    progress.add(lesson.name, Done(hints={"exercise": shown}))
    told = Told(lesson)
    for place, text in enumerate(hints[:shown], 1):
        print(f"{place}/{len(hints)}  {told.text(text)}")
    return 0


@app.command()
def reset(
    ctx: typer.Context,
    number: Any_ = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    lessons: Lessons = None,
    lang: Language = None,
) -> int:
    """Forget what was done of a lesson, or of all; a copy is kept."""
    _speak(lang)
    from cyclesim.lessons.progress import Progress

    name = None if number is None else _course(lessons or ctx.obj).lesson(number).name
    what = tr("all lessons") if name is None else name
    asked = tr("Forget the progress of {what}?").format(what=what)
    if not yes and not typer.confirm(asked):
        return 1
    kept = Progress().reset(name)
    if kept is None:
        print(tr("There is nothing to forget."))
    else:
        print(tr("Forgotten; what was known is kept in {file}.").format(file=kept))
    return 0


# -- teachers -------------------------------------------------------------------------------------


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
    _speak(lang)
    from cyclesim.lessons.grading.confine import Limits
    from cyclesim.lessons.grading.grade import grade as run_all
    from cyclesim.lessons.listing import grade_table
    from cyclesim.shell import parse_size

    limits = Limits(seconds=seconds, memory=parse_size(memory))
    with _working(str(folder)) as say:
        report = run_all(
            folder, _course(lessons or ctx.obj), number or (), limits=limits,
            unconfined=unconfined, progress=say,
        )  # fmt: skip
    if as_json:
        print(json.dumps(report.to_json(), ensure_ascii=False, indent=2))
    else:
        _print(grade_table(report))
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
    _speak(lang)
    from cyclesim.files import check_target, replace_file
    from cyclesim.lessons.handout import handout_html
    from cyclesim.lessons.told import Told

    lesson = _course(lessons or ctx.obj).lesson(number)
    file = output or Path(f"{_named(lesson)}{'-answers' if answers else ''}.html")
    check_target(file)
    with _working(lesson.name):
        page = handout_html(Told(lesson, _keys()), answers=answers)
    replace_file(file, [page.encode()])
    print(file)
    return 0


@app.command()
def notebook(
    ctx: typer.Context,
    number: Number,
    output: Output = None,
    lessons: Lessons = None,
    lang: Language = None,
) -> int:
    """Write a lesson as a Jupyter notebook."""
    _speak(lang)
    from cyclesim.files import check_target, replace_file
    from cyclesim.lessons.notebook import notebook as made
    from cyclesim.lessons.told import Told

    lesson = _course(lessons or ctx.obj).lesson(number)
    file = output or Path(f"{_named(lesson)}.ipynb")
    check_target(file)
    with _working(lesson.name):
        content = made(Told(lesson, _keys()))
    replace_file(file, [json.dumps(content, ensure_ascii=False, indent=1).encode()])
    print(file)
    return 0


# -- authors --------------------------------------------------------------------------------------


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="As in 14-my-lesson.")],
    lessons: Annotated[
        Path, typer.Option("--lessons", help="The folder to put it in.", metavar="FOLDER")
    ] = Path(),
    lang: Language = None,
) -> int:
    """Make the folder of a new lesson, with one of everything."""
    _speak(lang)
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
    _speak(lang)
    from cyclesim.lessons.linting import lint as problems

    chosen = [_folder(folder, lessons or ctx.obj) for folder in folders or ()]
    chosen = chosen or _course(lessons or ctx.obj).folders
    count = 0
    for folder in chosen:
        with _working(folder.name):
            found = list(dict.fromkeys(map(str, problems(folder.resolve(), _keys(), run=not fast))))
        for problem in found:
            print(problem)
        count += len(found)
    said = trn("{count} problem in {lessons}.", "{count} problems in {lessons}.", count)
    named = trn("{count} lesson", "{count} lessons", len(chosen)).format(count=len(chosen))
    print(said.format(count=count, lessons=named))
    return 1 if count else 0


# -- all of them ----------------------------------------------------------------------------------


def _course(folder: Path | None) -> Any:
    from cyclesim.lessons.course import Course

    return Course(folder)


def _folder(named: Path, lessons: Path | None) -> Path:
    """The folder of a lesson that is named by its number, or by itself."""
    if named.exists() or not named.name.isdecimal():
        return named
    course = _course(lessons)
    known = dict(zip(course.numbers, course.folders, strict=True))
    return known.get(int(named.name)) or course.lesson(int(named.name)).folder


def _named(lesson: Any) -> str:
    """A file's name that another language does not write over."""
    return lesson.name if lesson.language == "en" else f"{lesson.name}.{lesson.language}"


def _speak(lang: str | None) -> None:
    if lang is not None:
        speak(lang)


def _keys() -> dict[str, str]:
    """The keys as this person has them."""
    from cyclesim.tui.commands import with_keys
    from cyclesim.tui.settings.config import read_config

    return {command.name: command.shown for command in with_keys(read_config().keys)}


def _print(renderable: Any) -> None:
    from rich.console import Console

    console = Console()
    with console.capture() as text:
        console.print(renderable)
    print(text.get(), end="")


@contextmanager
def _working(what: str) -> Iterator[Any]:
    """A spinner where a person watches, and not in a notebook, which keeps each of its frames."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal or "JPY_PARENT_PID" in os.environ:
        yield lambda _: None
        return
    with console.status(what) as status:
        yield lambda sentence: status.update(sentence)

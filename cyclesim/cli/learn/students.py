"""What a student does: open a lesson, take its exercise, check it, ask for a hint, begin anew."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cyclesim.cli.learn.app import app
from cyclesim.cli.learn.course import AnyNumber, Json, Lessons, Number, course_in
from cyclesim.cli.options.screen import Language, speak_given
from cyclesim.cli.printing import print_json, progress
from cyclesim.errors import CyclesimError
from cyclesim.language import tr


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
    speak_given(lang)
    from cyclesim.lessons.runs import training_of
    from cyclesim.shell import check_speed, cleaning_up
    from cyclesim.tui.app import run_app
    from cyclesim.tui.launch import LaunchOptions, LessonOptions
    from cyclesim.tui.settings.config import read_config

    check_speed(speed)
    folder = lessons or ctx.obj
    config = read_config()
    if lang is None:
        speak_given(config.lang)
    lesson = course_in(folder).lesson(number)
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
    speak_given(lang)
    from cyclesim.lessons.course import called
    from cyclesim.lessons.exercises import stub_of
    from cyclesim.lessons.told import Told

    lesson = course_in(lessons or ctx.obj).lesson(number)
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
    number: AnyNumber = None,
    file: Annotated[Path | None, typer.Argument(help="The exercise.", metavar="FILE")] = None,
    seconds: Annotated[float, typer.Option("--seconds", help="At most this long.")] = 10.0,
    as_json: Json = False,
    lessons: Lessons = None,
    lang: Language = None,
) -> int:
    """Check an exercise, or all that are in this folder."""
    speak_given(lang)
    from cyclesim.lessons.course import called
    from cyclesim.lessons.exercises import cases_of
    from cyclesim.lessons.grading.confine import Limits
    from cyclesim.lessons.grading.running import run_exercise
    from cyclesim.lessons.listing import outcome_lines
    from cyclesim.lessons.progress import Progress

    course = course_in(lessons or ctx.obj)
    chosen = [course.lesson(n) for n in ([number] if number is not None else course.numbers)]
    found = [(lesson, file or Path(lesson.exercise.file)) for lesson in chosen if lesson.exercise]
    there = [(lesson, path) for lesson, path in found if path.exists()]
    if not there:
        said = tr("there is no exercise here: `cyclesim learn exercise {number}` makes one.")
        raise CyclesimError(said.format(number=called(chosen[0])))
    failed, rows = False, []
    for lesson, path in there:
        with progress(path.name):
            outcome = run_exercise(path, cases_of(lesson), limits=Limits(seconds=seconds))
        if outcome.verdict == "right":
            Progress().passed(lesson.name)
        failed |= outcome.verdict != "right"
        rows.append({"lesson": lesson.number, "file": str(path), "verdict": outcome.verdict,
                     "said": outcome.said})  # fmt: skip
        if not as_json:
            print("\n".join(outcome_lines(lesson, path, outcome)))
    if as_json:
        print_json(rows)
    return 1 if failed else 0


@app.command()
def hint(
    ctx: typer.Context, number: AnyNumber = None, lessons: Lessons = None, lang: Language = None
) -> int:
    """The next hint for the exercise of a lesson; one more each time."""
    speak_given(lang)
    from cyclesim.lessons.progress import Done, Progress
    from cyclesim.lessons.told import Told

    course = course_in(lessons or ctx.obj)
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
    number: AnyNumber = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    lessons: Lessons = None,
    lang: Language = None,
) -> int:
    """Forget what was done of a lesson, or of all; a copy is kept."""
    speak_given(lang)
    from cyclesim.lessons.progress import Progress

    name = None if number is None else course_in(lessons or ctx.obj).lesson(number).name
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

"""Commands that run a text: in the app, to the end, or for another program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any

import typer

import cyclesim
from cyclesim.cli.app import app
from cyclesim.cli.options.generating import GENERATING, generation
from cyclesim.cli.options.groups import takes
from cyclesim.cli.options.loading import (
    LOADING,
    default_text,
    has_example,
    loading,
    refuse_loading,
)
from cyclesim.cli.options.reading import BESIDE, READING, given_of
from cyclesim.cli.options.screen import (
    Ascii,
    Clock,
    Language,
    LogFile,
    Projector,
    Resolution,
    check_resolution,
    settings,
    speak_given,
)
from cyclesim.cli.options.training import TRAINING, training_of
from cyclesim.cli.printing import print_json, print_rich, progress
from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.shell import check_condition, cleaning_up, names_trace, parse_size


@app.command()
@takes(READING, LOADING, GENERATING, TRAINING)
def run(
    ctx: typer.Context,
    clock: Clock = None,
    ascii: Ascii = None,
    lang: Language = None,
    projector: Projector = None,
    log: LogFile = None,
    served: Annotated[bool, typer.Option("--served", hidden=True)] = False,
) -> int:
    """Open the app on TEXT (the default command)."""
    from cyclesim.tui.app import run_app
    from cyclesim.tui.launch import LaunchOptions

    look = settings(lang, clock, ascii, projector)
    if served and log is not None:
        raise CyclesimError(tr("a served session is not recorded: leave --log out."))
    # What a page in a browser gives to be read names no file.
    given = given_of(ctx.params, ctx.params["text"], files=not served)
    model, how = ctx.params["model"], loading(ctx)
    options = LaunchOptions(
        text=default_text(model),
        example=given is None and not has_example(model),
        model=model,
        attention=how.pop("attn"),
        generation=generation(ctx),
        training=training_of(ctx.params),
        log=log,
        served=served,
        **how,
        **look,
    )
    with cleaning_up():
        return run_app(options if given is None else options.reading(given))


def open_without_options(texts: Sequence[str]) -> int:
    """`run` with all its defaults, without Typer.

    That is how the app is mostly opened, and reading options, where there are none, would take a
    quarter of the time to the first paint.
    """
    groups = (READING, LOADING, GENERATING, TRAINING)
    params = {name: default for group in groups for name, (_, default) in group.items()}
    params["text"] = list(texts) or None
    given = SimpleNamespace(params=params, get_parameter_source=lambda name: None)
    return run.__wrapped__(given)  # type: ignore[attr-defined]


@app.command()
@takes(READING, LOADING, GENERATING, TRAINING)
def trace(
    ctx: typer.Context,
    clock: Resolution = "step",
    as_json: Annotated[bool, typer.Option("--json", help="Print the trace as JSON.")] = False,
    plain: Annotated[
        bool, typer.Option("--plain", help="Print one sentence a cycle, for screen readers.")
    ] = False,
    where: Annotated[
        str | None,
        typer.Option("--where", help="Only the cycles for which this is true.", metavar="EXPR"),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Save the trace.", metavar="FILE")
    ] = None,
    keep: Annotated[
        str, typer.Option("--keep", help="Numbers to keep: all, outputs or stats.")
    ] = "all",
    memory: Annotated[
        str | None,
        typer.Option("--memory", help="Keep this much in memory, the rest on disk.", metavar="2GB"),
    ] = None,
    lang: Language = None,
) -> int:
    """Run to the end; print the table of cycles, the verdict and the result."""
    speak_given(lang)
    check_resolution(clock)
    if as_json and plain:
        raise CyclesimError(tr("--json and --plain exclude each other: give one of them."))
    if keep not in ("all", "outputs", "stats"):
        raise CyclesimError(
            tr("unknown --keep {keep!r}: use all, outputs or stats.").format(keep=keep)
        )
    if where is not None and clock != "step":
        raise CyclesimError(tr("--where picks single cycles: leave --clock out."))
    limit = parse_size(memory) if memory is not None else None
    if where is not None:
        check_condition(where)
    given = given_of(ctx.params, ctx.params["text"])
    with progress() as say:
        made = _run_to_end(ctx, given, say, keep=keep, memory=limit)
        if output is not None:
            say(tr("saving {file}").format(file=output))
            with cleaning_up():
                made.save(output, keep)
    only = None if where is None else {cycle.number for cycle in made.find(where)}
    if as_json:
        content = made.to_json()
        if only is not None:
            content["cycles"] = [c for c in content["cycles"] if c["number"] in only]
        print_json(content)
    elif plain:
        _print_sentences(made, clock, only)
    else:
        _print_table(made, clock, only)
    return 1 if made.verdict.bit_identical is False else 0


@app.command()
@takes(BESIDE, LOADING, GENERATING, TRAINING)
def export(
    ctx: typer.Context,
    to: Annotated[
        str,
        typer.Option(
            "--to", help="perfetto, kanata, csv, parquet, tensorboard or html.", metavar="FORMAT"
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", help="The file; for tensorboard a folder.", metavar="OUT"),
    ],
    what: Annotated[
        str | None,
        typer.Argument(
            help="A saved trace; or a text to run, a file that holds it, or - for standard input.",
            metavar="FILE_OR_TEXT",
        ),
    ] = None,
    lang: Language = None,
) -> int:
    """Write a trace for another program: Perfetto, Konata, data frames, TensorBoard, a browser."""
    speak_given(lang)
    from cyclesim.export import FORMATS, check_export
    from cyclesim.export import export as write
    from cyclesim.files import same_file, shown

    check_export(to, output)  # said before a model is loaded
    if what is not None and same_file(what, output):
        said = tr("{file} is what is read: give -o another name.")
        raise CyclesimError(said.format(file=shown(output)))
    saved = what is not None and names_trace(what)
    if saved:
        refuse_loading(ctx)
    given = given_of(ctx.params, None if saved or what is None else [what])
    if saved and given is not None:
        raise CyclesimError(tr("a saved trace is not run again: it has read its text."))
    with progress() as say:
        if saved:
            made = cyclesim.open_trace(what)  # type: ignore[arg-type]
        else:
            made = _run_to_end(ctx, given, say)
        say(tr("writing {file}").format(file=shown(output)))
        with cleaning_up():
            write(made, to, output)
    print(f"{shown(output)}: {tr(FORMATS[to].hint)}")
    return 1 if not saved and made.verdict.bit_identical is False else 0


def _run_to_end(ctx: typer.Context, given: Any, say: Callable[[str], Any], **how: Any) -> Any:
    """The trace of a run of what is `given` (or an example) on the model that the options name."""
    training = training_of(ctx.params)
    machine = cyclesim.load(
        ctx.params["model"], **loading(ctx), generation=generation(ctx), progress=say
    )
    say(tr("running every cycle"))
    text = machine.example if given is None else given
    return cyclesim.trace(machine, text, train=training, **how)


def _print_sentences(made: Any, clock: Any, only: Any) -> None:
    from cyclesim.render.plain import plain_lines

    print("\n".join(plain_lines(made, clock, only)))


def _print_table(made: Any, clock: Any, only: Any) -> None:
    from cyclesim.render.table import trace_table

    print_rich(lambda width: trace_table(made, clock, width, only))

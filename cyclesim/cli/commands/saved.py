"""Commands on what was saved: traces and session logs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

import cyclesim
from cyclesim.cli.app import app
from cyclesim.cli.options.screen import (
    Ascii,
    Clock,
    Language,
    LogFile,
    Projector,
    settings,
    speak_given,
)
from cyclesim.cli.printing import print_json, print_rich
from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.shell import check_speed, cleaning_up


@app.command(name="open")
def open_(
    file: Annotated[Path, typer.Argument(help="A saved trace.", metavar="FILE")],
    clock: Clock = None,
    ascii: Ascii = None,
    lang: Language = None,
    projector: Projector = None,
    log: LogFile = None,
) -> int:
    """Open a saved trace in the app: no torch, no model, nothing runs."""
    from cyclesim.tui.app import run_app
    from cyclesim.tui.launch import LaunchOptions

    look = settings(lang, clock, ascii, projector)
    saved = cyclesim.open_trace(file)  # a bad file is said before the screen is taken
    options = LaunchOptions(
        saved=saved,
        file=str(file.absolute()),
        log=log,
        **look,
    )
    with cleaning_up():
        return run_app(options)


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="A session log.", metavar="FILE")],
    speed: Annotated[
        float,
        typer.Option("--speed", help="Times as fast as it was recorded; 0: as fast as it goes."),
    ] = 1.0,
    ascii: Ascii = None,
    lang: Language = None,
    projector: Projector = None,
) -> int:
    """Play a session that was recorded: the same keys, at the same moments of the run."""
    from cyclesim.tui.app import run_app
    from cyclesim.tui.classroom.reading import read_log

    check_speed(speed)
    log = read_log(file)
    was = log.options
    look = settings(
        lang or log.language,
        was.clock,
        was.ascii if ascii is None else ascii,
        was.projector if projector is None else projector,
    )
    options = replace(was, replay=log, pace=speed, **look)
    if options.file:
        options = replace(options, saved=cyclesim.open_trace(options.file))
    with cleaning_up():
        return run_app(options)


@app.command()
def diff(
    a: Annotated[Path, typer.Argument(help="A saved trace.")],
    b: Annotated[Path, typer.Argument(help="Another.")],
    tolerance: Annotated[
        float, typer.Option("--tolerance", help="How far apart two numbers may be.")
    ] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the difference as JSON.")] = False,
    lang: Language = None,
) -> int:
    """Compare two saved traces: the first cycle that differs, and by how much."""
    speak_given(lang)
    from cyclesim.trace.diff import diff as compare

    found = compare(cyclesim.open_trace(a), cyclesim.open_trace(b), tolerance)
    if len(found.unknown) == len(found.cycles):
        raise CyclesimError(tr("the two traces kept no numbers that could be compared."))
    if as_json:
        print_json(found.to_json())
    else:
        from cyclesim.render.diff import diff_table

        print_rich(lambda width: diff_table(found))
    # Within a tolerance, what counts is what can be compared: eager and fused attention have
    # other cycles.
    return 0 if (found.agrees if tolerance else found.equal) else 1

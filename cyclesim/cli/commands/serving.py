"""The command that gives the app in a browser."""

from __future__ import annotations

from typing import Annotated

import typer

from cyclesim.cli.app import app
from cyclesim.cli.options.loading import (
    Attention,
    Device,
    Dtype,
    MaxLength,
    Model,
    Task,
    default_text,
)
from cyclesim.cli.options.reading import Text
from cyclesim.cli.options.screen import (
    Language,
    Projector,
    Resolution,
    check_resolution,
    speak_given,
)
from cyclesim.shell import cleaning_up, read_text


@app.command()
def serve(
    text: Text = None,
    model: Model = None,
    task: Task = None,
    clock: Resolution = "step",
    attn: Attention = "eager",
    device: Device = "auto",
    dtype: Dtype = "float32",
    max_length: MaxLength = None,
    lang: Language = None,
    projector: Projector = False,
    host: Annotated[
        str, typer.Option("--host", help="The address to listen at; only this computer by default.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="The port; 0 takes a free one.")] = 8000,
    sessions: Annotated[
        int, typer.Option("--sessions", help="So many visitors at a time.", metavar="N")
    ] = 4,
    idle: Annotated[
        float,
        typer.Option(
            "--idle", help="Minutes until an unused session ends; 0 for never.", metavar="MINUTES"
        ),
    ] = 30,
) -> int:
    """Give the app in a browser, to every visitor a session of their own."""
    speak_given(lang)
    check_resolution(clock)
    words = read_text(text)
    from cyclesim.serve import serve as serve_sessions
    from cyclesim.serve import session_command

    options = {
        "model": model,
        "task": task,
        "clock": clock,
        "attn": attn,
        "device": device,
        "dtype": dtype,
        "max-length": None if max_length is None else str(max_length),
    }
    shown = default_text(model) if words is None else words
    command = session_command(options, shown, bool(projector))
    with cleaning_up():
        serve_sessions(command, host, port, sessions, idle * 60)
    return 0

"""The options that say how the app looks and goes, and in which language."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cyclesim.errors import CyclesimError
from cyclesim.language import speak, tr

__all__ = [
    "Ascii", "Clock", "Language", "LogFile", "Projector", "Resolution", "check_resolution",
    "settings", "speak_given",
]  # fmt: skip

Resolution = Annotated[
    str, typer.Option("--clock", help="How far one tick goes: token, layer, module or step.")
]
Ascii = Annotated[
    bool | None, typer.Option("--ascii/--no-ascii", help="Draw with ASCII characters only.")
]
Clock = Annotated[
    str | None,
    typer.Option(
        "--clock", help="How far one tick goes: token, layer, module or step (the default)."
    ),
]
Language = Annotated[
    str | None,
    typer.Option("--lang", help="Language: en or zh; the locale's by default.", metavar="CODE"),
]
Projector = Annotated[
    bool | None,
    typer.Option(
        "--projector/--no-projector", help="For the back row: large panes, high contrast."
    ),
]
LogFile = Annotated[
    Path | None,
    typer.Option("--log", help="Record the session in a new file.", metavar="FILE"),
]


def speak_given(lang: str | None) -> None:
    """Speak the language that was asked for, if one was."""
    if lang is not None:
        speak(lang)


def settings(
    lang: str | None, clock: str | None, ascii: bool | None, projector: bool | None
) -> dict[str, Any]:
    """How the app looks and goes: the options, else the config file, else as usual."""
    from cyclesim.tui.settings.config import read_config

    speak_given(lang)
    config = read_config()
    if lang is None:
        speak_given(config.lang)
    if clock is not None:
        check_resolution(clock)
    given = {
        "clock": clock or config.clock,
        "ascii": config.ascii if ascii is None else ascii,
        "projector": config.projector if projector is None else projector,
        "theme": config.theme,
        "ticks": config.speed,
    }
    return {name: value for name, value in given.items() if value is not None} | {
        "keys": config.keys
    }


def check_resolution(clock: str) -> None:
    """Refuse a resolution that no clock has."""
    if clock not in ("token", "layer", "module", "step"):
        raise CyclesimError(
            tr("unknown --clock {clock!r}: use token, layer, module or step.").format(clock=clock)
        )

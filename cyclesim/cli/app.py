"""The Typer app that the commands belong to."""

from __future__ import annotations

import typer

__all__ = ["app"]

app = typer.Typer(
    name="cyclesim",
    help="Watch a transformer run, one clock cycle at a time.\n\n"
    "`cyclesim TEXT` opens the app on TEXT, paused before the first cycle.",
    add_completion=False,
    no_args_is_help=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

"""Which command a line names, and how it is run.

`cyclesim TEXT` is short for `cyclesim run TEXT`: what is no command opens the app, or prints the
run where it asks for `--plain` or `--json`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import typer

import cyclesim
from cyclesim.cli.app import app
from cyclesim.cli.commands.running import open_without_options
from cyclesim.cli.helping import helping
from cyclesim.language import from_arguments, from_environment, speaking
from cyclesim.shell import quiet_libraries, run_command

__all__ = ["command_tree", "main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code (see `cyclesim.shell`).

    Args:
        arguments: instead of the process's own; the process is then expected to go on.
    """
    argv = list(sys.argv[1:] if arguments is None else arguments)
    quiet_libraries()
    with speaking(from_arguments(argv) or from_environment()):
        sys.exit(run_command(lambda: _invoke(argv), last=arguments is None))


def _invoke(argv: list[str]) -> int | None:
    if argv == ["--version"]:
        print(f"cyclesim {cyclesim.__version__}")
        return 0
    if not argv or argv[0] not in {*_commands(), "learn", "-h", "--help"}:
        if not any(word.startswith("-") for word in argv):
            return open_without_options(argv)
        # What is to be printed needs no screen: `cyclesim --plain TEXT` is a trace.
        options = argv[: argv.index("--")] if "--" in argv else argv
        argv = ["trace" if {"--plain", "--json"} & set(options) else "run", *argv]
    command = command_tree(lessons=argv[0] in ("learn", "-h", "--help"))
    # Not `app(argv)`, which has its own way with Ctrl-C and with readers that leave early.
    try:
        # Of all that may stand beside it, --help alone is understood where no command is named.
        words = argv[:1] if argv[0] in ("-h", "--help") else argv
        with helping(command, argv), command.make_context("cyclesim", words) as context:
            return command.invoke(context)
    except typer.Exit as left:  # --help
        return left.exit_code


def command_tree(*, lessons: bool = True) -> Any:
    """The commands as Typer makes them, anew each time; with `lessons`, `cyclesim learn` too."""
    if lessons and not app.registered_groups:
        from cyclesim.cli.learn import app as learn  # nobody else waits for it

        app.add_typer(learn, name="learn")
    return typer.main.get_command(app)


def _commands() -> set[str]:
    return {str(c.name or c.callback.__name__) for c in app.registered_commands if c.callback}

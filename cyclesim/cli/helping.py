"""The help of the command line in another language: `cyclesim --help --lang zh`.

Typer makes the tree of commands anew for every call. Where help is asked for, each text in it is
translated on the spot, and so are the few words of Typer's own that stand around them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from functools import partial
from typing import Any, TextIO

import typer

from cyclesim.language import N_, current, tr

__all__ = ["helping", "texts_of"]

#: Typer's own words, by their names in `typer.rich_utils`.
_WORDS: Mapping[str, str] = {
    "ARGUMENTS_PANEL_TITLE": N_("Arguments", "help"),
    "OPTIONS_PANEL_TITLE": N_("Options", "help"),
    "COMMANDS_PANEL_TITLE": N_("Commands", "help"),
    "DEFAULT_STRING": N_("[default: {value}]", "help"),
    "REQUIRED_LONG_STRING": N_("[required]", "help"),
}
#: Rich ends a line at a blank, and cuts a sentence that has none. Chinese may end one after almost
#: every character: there stands, until it is printed, a blank that takes no room. One that takes
#: room is no blank for so long: Rich forgets that one after wide characters may be too much.
_MARK, _BLANK = "\x1f", "\ue000"
_MAY_END = re.compile(f"(?<=[一-鿿，。；：、！？）”{_BLANK}])(?=[^，。；：、！？）”{_BLANK}])")

_OF_COMMANDS = ("help", "options_metavar", "subcommand_metavar", "rich_help_panel")
_OF_PARAMETERS = ("help", "rich_help_panel")


@contextmanager
def helping(command: Any, argv: Sequence[str]) -> Iterator[None]:
    """Inside the block the help that `argv` may ask of `command` is in the language spoken."""
    if current() == "en" or not {"-h", "--help"}.intersection(argv):
        yield
        return
    for owner, name in _places(command):
        said = tr(getattr(owner, name))
        setattr(owner, name, _marked(said) if name == "help" else said)
    with _words(), redirect_stdout(_Unmarked(sys.stdout)):
        yield


def texts_of(command: Any) -> Iterator[str]:
    """Every text in the help of `command` and of the commands below it; some are there twice."""
    return (getattr(owner, name) for owner, name in _places(command))


def _marked(said: str) -> str:
    return _MAY_END.sub(_MARK, said.replace(" ", _BLANK))


class _Unmarked:
    """The stream `file`, to which nothing of the marks is written."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> int:
        return self._file.write(text.replace(_MARK, "").replace(_BLANK, " "))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class _Context(typer.Context):
    def make_formatter(self) -> Any:
        formatter: Any = super().make_formatter()
        formatter.write_usage = partial(formatter.write_usage, prefix=tr("Usage: ", "help"))
        return formatter


def _places(command: Any, parent: Any = None) -> Iterator[tuple[Any, str]]:
    """The attributes that hold a text, of `command` and all below it."""
    command.context_class = _Context
    context = _Context(command, parent=parent, **command.context_settings)
    owners: list[tuple[Any, tuple[str, ...]]] = [(command, _OF_COMMANDS)]
    owners += [(parameter, _OF_PARAMETERS) for parameter in command.get_params(context)]
    for owner, names in owners:
        if not owner.hidden:
            yield from ((owner, name) for name in names if getattr(owner, name, None))
    for below in getattr(command, "commands", {}).values():
        yield from _places(below, context)


@contextmanager
def _words() -> Iterator[None]:
    from typer import rich_utils

    english = {name: getattr(rich_utils, name) for name in _WORDS}
    try:
        for name, word in _WORDS.items():
            setattr(rich_utils, name, tr(word, "help").format(value="{}"))
        yield
    finally:
        for name, word in english.items():
            setattr(rich_utils, name, word)

"""Reads a session log, which may come from elsewhere.

What it says is checked like any such file: by type, by size, by schema. It can press keys; it can
name no file but the one its first line opens, and no code.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from cyclesim.errors import CyclesimError
from cyclesim.language import LANGUAGES, tr
from cyclesim.tui.classroom.log import MOST_ENTRIES, OPTIONS, SCHEMA, Deed, Entry, Log, Standing
from cyclesim.tui.classroom.training import understood
from cyclesim.tui.launch import CLOCKS, LaunchOptions

if TYPE_CHECKING:
    from cyclesim.trace import Prompt

__all__ = ["read_log"]

#: Of a larger file, or of more in one place, no person is the author.
MOST_BYTES, MOST_TEXT, MOST_PROMPTS = 32 * 2**20, 2**20, 1000
LONGEST = 7 * 24 * 3600.0


def read_log(path: Path) -> Log:
    """The session that the file at `path` records.

    Raises:
        CyclesimError: it cannot be read, is no log, or asks for what a replay never does.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise CyclesimError(
            tr("{file} cannot be read: {why}.").format(file=path, why=error.strerror)
        ) from None
    lines = content.decode("utf-8", "replace").removesuffix("\n").split("\n")
    number = 1
    try:
        if len(content) > MOST_BYTES or len(lines) > MOST_ENTRIES + 1:
            raise _Wrong(tr("it is too long"))
        options, language, size = _read_header(lines[0])
        entries: list[Entry] = []
        for line in lines[1:]:
            number += 1
            entry = _read_entry(line)
            if entries and entry.seconds < entries[-1].seconds:
                raise _Wrong(tr("its time runs backwards"))
            entries.append(entry)
    except _Wrong as wrong:
        raise CyclesimError(
            tr("{file} is no session log that can be replayed (line {line}): {why}.").format(
                file=path, line=number, why=wrong
            )
        ) from None
    return Log(options, language, size, tuple(entries))


class _Wrong(Exception):
    """What is wrong with a line."""


def _object(line: str) -> dict[str, Any]:
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        raise _Wrong(tr("it is not JSON")) from None
    if not isinstance(content, dict):
        raise _Wrong(tr("it is not a JSON object"))
    return content


def _is(value: Any, *types: type) -> bool:
    # To Python, True is a number too.
    return type(value) in types


def _read_header(line: str) -> tuple[LaunchOptions, str, tuple[int, int]]:
    content = _object(line)
    schema, options = content.get("schema"), content.get("options")
    if not _is(schema, int) or not _is(options, dict):
        raise _Wrong(tr("it does not begin like one"))
    if schema != SCHEMA:
        raise _Wrong(tr("it is of another version of cyclesim"))
    assert isinstance(options, dict)
    if options.pop("trust_remote_code", False):
        raise _Wrong(tr("it asks to run Python code that comes with a model"))
    for name, value in options.items():
        if name not in OPTIONS or not _is(value, *OPTIONS[name]):
            raise _Wrong(tr("its option {name} is not understood").format(name=repr(name)[:40]))
        if isinstance(value, str) and (len(value) > MOST_TEXT or "\0" in value):
            raise _Wrong(tr("its option {name} is not understood").format(name=repr(name)))
    options["prompts"] = _prompts(options.get("prompts", []))
    if not _settings(options.get("generation")):
        raise _Wrong(tr("its option {name} is not understood").format(name="'generation'"))
    try:
        options["training"] = understood(options.get("training"))
    except ValueError:
        raise _Wrong(tr("its option {name} is not understood").format(name="'training'")) from None
    if options.get("clock", "step") not in CLOCKS:
        raise _Wrong(tr("its option {name} is not understood").format(name="'clock'"))
    language, size = content.get("language"), content.get("size")
    if not _is(language, str) or language not in LANGUAGES or not _numbers(size, 2):
        raise _Wrong(tr("it does not begin like one"))
    assert isinstance(language, str) and isinstance(size, list)
    return LaunchOptions(**options), language, (size[0], size[1])


def _prompts(found: list[Any]) -> tuple[Prompt, ...]:
    """What is read besides the text, checked like everything that a log says."""
    from cyclesim.trace import Prompt  # brings NumPy, which the first paint does not wait for

    if len(found) > MOST_PROMPTS or any(
        not _is(row, dict) or len(json.dumps(row)) > MOST_TEXT for row in found
    ):
        raise _Wrong(tr("its option {name} is not understood").format(name="'prompts'"))
    try:
        return tuple(map(Prompt.of, found))
    except (CyclesimError, TypeError, ValueError):
        raise _Wrong(tr("its option {name} is not understood").format(name="'prompts'")) from None


def _settings(value: Any) -> bool:
    """Whether these can be settings of a generation: plain values, or short texts to stop at."""
    if value is None:
        return True
    stop = value.get("stop", [])
    return (
        len(value) <= 32
        and _is(stop, list)
        and len(stop) <= 32
        and all(_is(text, str) and len(text) <= 1000 for text in stop)
        and all(_is(v, int, float, bool, type(None)) for k, v in value.items() if k != "stop")
    )


def _numbers(value: Any, count: int) -> bool:
    return _is(value, list) and len(value) == count and all(map(_natural, value))


def _natural(value: Any) -> bool:
    return _is(value, int) and 0 <= value < 2**31


def _fields(value: Any) -> bool:
    return (
        _is(value, dict)
        and len(value) <= 32
        and all(_word(name) and name.isidentifier() for name in value)
        and all(v is None or (_is(v, str) and len(v) <= MOST_TEXT) for v in value.values())
    )


def _word(value: Any) -> bool:
    return _is(value, str) and 0 < len(value) <= 64 and value.isprintable()


#: What the value of each deed has to be.
_VALUES: Mapping[Deed, Callable[[Any], bool]] = {
    "key": _word,
    "paste": lambda value: _is(value, str) and len(value) <= MOST_TEXT,
    "fill": _fields,
    "command": _word,
    "cycle": _natural,
    "click": lambda value: _numbers(value, 4),
    "end": lambda value: value is True,
}


def _read_entry(line: str) -> Entry:
    content = _object(line)
    seconds, place = content.get("t"), content.get("on")
    at, ran, character = content.get("at"), content.get("ran"), content.get("char")
    deeds = [deed for deed in get_args(Deed) if deed in content]
    if (
        not (isinstance(seconds, int | float) and _is(seconds, int, float))
        or not 0 <= seconds <= LONGEST
        or not (isinstance(place, str) and _word(place))
        or not (at is None or _natural(at))
        or not (ran is None or _natural(ran))
        or not (character is None or (_is(character, str) and len(character) <= 64))
        or len(deeds) != 1
        or not _VALUES[deeds[0]](content[deeds[0]])
        or (deeds[0] == "command" and not (character is None or _word(character)))
    ):
        raise _Wrong(tr("it says nothing that can be done"))
    deed = deeds[0]
    branch, edited = content.get("branch", 1), content.get("edited", [])
    if not _natural(branch) or not _is(edited, list) or not all(map(_natural, edited)):
        raise _Wrong(tr("it says nothing that can be done"))
    value = content[deed]
    if deed == "key" and character is None and len(value) == 1:
        character = value
    return Entry(
        float(seconds), place, Standing(at, ran, branch, tuple(edited)), deed,
        tuple(value) if deed == "click" else value, character,
    )  # fmt: skip

"""The session log: what a person did, and when, as JSON lines.

The first line says what was opened; each other line is one thing done, with where the run stood at
that moment, so that a replay can wait for just that. What a log says is checked like any file from
elsewhere: by type, by size, by schema. It can press keys; it can name no file but the one its first
line opens, and no code.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal, TextIO, get_args

from cyclesim._version import __version__
from cyclesim.errors import CyclesimError
from cyclesim.language import LANGUAGES, current, tr
from cyclesim.tui.classroom.training import told, understood
from cyclesim.tui.launch import CLOCKS, LaunchOptions

if TYPE_CHECKING:
    from cyclesim.trace import Prompt

__all__ = ["MAIN", "Deed", "Entry", "Log", "Recorder", "Standing", "read_log"]

SCHEMA = 1
#: Name of the main screen among the places where a key can be pressed.
MAIN = "main"
#: A longer log is no session of a person.
MOST_ENTRIES, MOST_BYTES, MOST_TEXT, MOST_PROMPTS = 100_000, 32 * 2**20, 2**20, 1000
LONGEST = 7 * 24 * 3600.0

#: What is done: a key is pressed, text is pasted, lines are filled in with what this person ran
#: lately, a command is chosen by name, a cycle is pointed at, a place of the screen is clicked; the
#: log ends.
Deed = Literal["key", "paste", "fill", "command", "cycle", "click", "end"]

#: The options that a log may set, with their types.
_OPTIONS: Mapping[str, tuple[type, ...]] = {
    "text": (str,),
    "prompts": (list,),
    "example": (bool,),
    "model": (str, type(None)),
    "task": (str, type(None)),
    "attention": (str,),
    "device": (str,),
    "dtype": (str,),
    "seed": (int, type(None)),
    "max_length": (int, type(None)),
    "pad_to": (int, type(None)),
    "generation": (dict, type(None)),
    "training": (dict, type(None)),
    "clock": (str,),
    "ascii": (bool,),
    "random_init": (bool,),
    "projector": (bool,),
    "file": (str,),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the run stands.

    Attributes:
        at: the cycle being looked at.
        executed: how many cycles the screen knows to have run; None while a run is being opened.
        branch: which future of the run this is.
        edited: the cycles that were edited.
    """

    at: int | None = None
    executed: int | None = None
    branch: int = 1
    edited: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing done.

    Attributes:
        seconds: when, since the app began.
        place: on which screen: `main`, or the name of a dialog.
        standing: where the run stood.
        deed: what kind of thing.
        value: the key, the text, the content of each field by its name, the name of the command,
            the number of the cycle, or `(x, y, width, height)` of a click and of the screen.
        character: what the key types, if anything; of a command, the key that gave it.
    """

    seconds: float
    place: str
    standing: Standing
    deed: Deed
    value: Any = True
    character: str | None = None

    def line(self) -> str:
        """The entry as a line of JSON."""
        at, ran = self.standing.at, self.standing.executed
        content = {"t": round(self.seconds, 3), "on": self.place, "at": at, "ran": ran}
        content[self.deed] = self.value
        if self.character is not None and self.character != self.value:
            content["char"] = self.character
        if self.deed == "end":
            content |= {"branch": self.standing.branch, "edited": list(self.standing.edited)}
        return json.dumps(content, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Log:
    """A session that can be replayed."""

    options: LaunchOptions
    language: str
    size: tuple[int, int]
    entries: tuple[Entry, ...]


class Recorder:
    """Keeps what is done; also writes it to a file as it comes, where the options name one.

    The newest entry is held back until the next one: only then is it known what a click led to.

    Raises:
        CyclesimError: the file is there already, or cannot be made.
    """

    def __init__(self, options: LaunchOptions, now: Callable[[], float] = monotonic) -> None:
        self._options, self._now, self._began = options, now, now()
        self._file = None if options.log is None else _new_file(options.log)
        self._size = (0, 0)
        self._entries: list[Entry] = []
        self._newest: Entry | None = None
        #: Why the file could not be written to its end, or "".
        self.broken = ""

    def begin(self, size: tuple[int, int]) -> None:
        """The screen has this size."""
        self._size = size
        self._put(self._header())

    def note(
        self, place: str, standing: Standing, deed: Deed, value: Any, character: str | None = None
    ) -> None:
        """Something is done."""
        self._keep()
        if len(self._entries) < MOST_ENTRIES - 1:
            seconds = self._now() - self._began
            self._newest = Entry(seconds, place, standing, deed, value, character)

    def meant(self, number: int) -> None:
        """The newest entry, if it was a click, pointed at cycle `number`."""
        newest = self._newest
        if newest is not None and newest.deed == "click":
            self._newest = Entry(newest.seconds, newest.place, newest.standing, "cycle", number)

    def filled(self, fields: Mapping[str, str | None]) -> None:
        """The newest entry, if it was a key, filled these fields in: elsewhere it would not."""
        newest = self._newest
        if newest is not None and newest.deed == "key":
            self._newest = replace(newest, deed="fill", value=dict(fields), character=None)

    def text(self, standing: Standing) -> str:
        """The whole log as of now."""
        self._keep()
        lines = [self._header(), *(e.line() for e in self._entries), self._end(standing).line()]
        return "\n".join(lines) + "\n"

    def close(self, standing: Standing) -> None:
        """The session is over."""
        if self._file is not None:
            self._keep()
            self._put(self._end(standing).line())
            file, self._file = self._file, None
            if file is not None:
                file.close()

    def _end(self, standing: Standing) -> Entry:
        return Entry(self._now() - self._began, MAIN, standing, "end")

    def _header(self) -> str:
        options: dict[str, Any] = {name: getattr(self._options, name) for name in _OPTIONS}
        options["prompts"] = [_written(prompt) for prompt in self._options.prompts]
        options["training"] = told(self._options.training)
        if self._options.trust_remote_code:
            options["trust_remote_code"] = True
        content = {"schema": SCHEMA, "cyclesim": __version__, "language": current(),
                   "size": self._size, "options": options}  # fmt: skip
        return json.dumps(content, ensure_ascii=False)

    def _keep(self) -> None:
        if self._newest is not None:
            self._entries.append(self._newest)
            self._put(self._newest.line())
            self._newest = None

    def _put(self, line: str) -> None:
        if self._file is None:
            return
        try:
            self._file.write(line + "\n")
            self._file.flush()
        except OSError as error:  # a full disk must not end the lesson
            self.broken = error.strerror or str(error)
            self._file = None


def _new_file(path: Path) -> TextIO | None:
    try:
        return path.open("x", encoding="utf-8", newline="\n")
    except FileExistsError:
        raise CyclesimError(
            tr("{file} is there already: a log never overwrites a file.").format(file=path)
        ) from None
    except OSError as error:
        raise CyclesimError(
            tr("{file} cannot be written: {why}.").format(file=path, why=error.strerror)
        ) from None


# -- reading ----------------------------------------------------------------------------------


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
        if name not in _OPTIONS or not _is(value, *_OPTIONS[name]):
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


def _written(prompt: Prompt) -> dict[str, Any]:
    """The fields of a prompt that hold something, as JSON has them."""
    return {name: getattr(prompt, name) for name in prompt.given}


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

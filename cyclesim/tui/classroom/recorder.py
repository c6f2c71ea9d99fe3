"""Writes the session log while the session goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, TextIO

from cyclesim._version import __version__
from cyclesim.errors import CyclesimError
from cyclesim.language import current, tr
from cyclesim.tui.classroom.log import MAIN, MOST_ENTRIES, OPTIONS, SCHEMA, Deed, Entry, Standing
from cyclesim.tui.classroom.training import told
from cyclesim.tui.launch import LaunchOptions

if TYPE_CHECKING:
    from cyclesim.trace import Prompt

__all__ = ["Recorder"]


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
        options: dict[str, Any] = {name: getattr(self._options, name) for name in OPTIONS}
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


def _written(prompt: Prompt) -> dict[str, Any]:
    """The fields of a prompt that hold something, as JSON has them."""
    return {name: getattr(prompt, name) for name in prompt.given}

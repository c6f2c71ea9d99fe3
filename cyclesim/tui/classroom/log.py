"""The session log: what a person did, and when, as JSON lines.

The first line says what was opened; each other line is one thing done, with where the run stood at
that moment, so that a replay can wait for just that. `recorder` writes it, `reading` reads it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cyclesim.tui.launch import LaunchOptions

__all__ = ["MAIN", "MOST_ENTRIES", "OPTIONS", "SCHEMA", "Deed", "Entry", "Log", "Standing"]

SCHEMA = 1
#: Name of the main screen among the places where a key can be pressed.
MAIN = "main"
#: A longer log is no session of a person.
MOST_ENTRIES = 100_000

#: What is done: a key is pressed, text is pasted, lines are filled in with what this person ran
#: lately, a command is chosen by name, a cycle is pointed at, a place of the screen is clicked; the
#: log ends.
Deed = Literal["key", "paste", "fill", "command", "cycle", "click", "end"]

#: The options that a log may set, with their types.
OPTIONS: Mapping[str, tuple[type, ...]] = {
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

"""What was run lately, remembered between sessions: texts, and what they ran on.

The file is a convenience. One that is missing, broken or from a later version is taken for none,
one that cannot be written is given up, and nothing in it is believed: it is checked by type and
size, and what it names is opened only when a person chooses it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, ClassVar

from cyclesim.folders import read_json, state_folder, write_json
from cyclesim.tui.backstage.engine import Offers
from cyclesim.tui.backstage.jobs import Desk
from cyclesim.tui.launch import LaunchOptions
from cyclesim.tui.messages import Report

__all__ = ["Recent", "RecentMachine", "RememberJob", "Remembered", "recent_path"]

SCHEMA = 1
#: So many are kept, and so long a text.
TEXTS, MACHINES, LONGEST = 20, 10, 2000


def recent_path() -> Path:
    """Where the file is, or would be."""
    return state_folder() / "recent.json"


@dataclass(frozen=True, slots=True)
class RecentMachine:
    """A model as it was opened; `None` where the model decides."""

    model: str | None
    task: str | None = None
    attention: str = "eager"
    device: str = "auto"
    dtype: str = "float32"

    @classmethod
    def of(cls, options: LaunchOptions) -> RecentMachine:
        """What `options` opened; a folder by its whole path: the next session may be elsewhere."""
        made = cls(**{name: getattr(options, name) for name in _FIELDS})
        if made.model is not None and os.path.isdir(made.model):
            made = replace(made, model=os.path.abspath(made.model))
        return made


_FIELDS = tuple(f.name for f in fields(RecentMachine))


@dataclass(frozen=True, slots=True)
class Recent:
    """Texts and machines, the newest first."""

    texts: tuple[str, ...] = ()
    machines: tuple[RecentMachine, ...] = ()

    @classmethod
    def read(cls) -> Recent:
        """What was kept; nothing where there is no sound file."""
        found = read_json(recent_path())
        if not isinstance(found, Mapping) or found.get("schema") != SCHEMA:
            return cls()
        texts = _listed(found.get("texts"), _text)
        machines = _listed(found.get("machines"), _machine)
        return cls(tuple(texts[:TEXTS]), tuple(machines[:MACHINES]))

    def write(self) -> bool:
        """Keep it; whether that could be done."""
        machines = [asdict(machine) for machine in self.machines]
        content = {"schema": SCHEMA, "texts": list(self.texts), "machines": machines}
        return write_json(recent_path(), content)

    def with_run(self, options: LaunchOptions) -> Recent:
        """The same with what `options` opened on top; a text that is too long is not kept."""
        text, machine = _text(options.text), RecentMachine.of(options)
        texts = (*([] if text is None else [text]), *(t for t in self.texts if t != text))
        machines = (machine, *(m for m in self.machines if m != machine))
        return Recent(texts[:TEXTS], machines[:MACHINES])


def _listed(found: object, check: Callable[[object], Any]) -> list[Any]:
    if not isinstance(found, list):
        return []
    return [made for made in map(check, found) if made is not None]


def _text(found: object) -> str | None:
    return found if isinstance(found, str) and 0 < len(found) <= LONGEST else None


def _machine(found: object) -> RecentMachine | None:
    if not isinstance(found, Mapping):
        return None
    given: dict[str, Any] = {name: found.get(name) for name in _FIELDS}
    optional = {"model", "task"}
    sound = all(
        _text(value) is not None or (value is None and name in optional)
        for name, value in given.items()
    )
    return RecentMachine(**given) if sound else None


@dataclass(frozen=True, slots=True)
class Remembered(Report):
    """What was run lately, and what can be opened here."""

    handler: ClassVar[str] = "remembered"

    recent: Recent
    offers: Offers


@dataclass(frozen=True, slots=True)
class RememberJob:
    """Keep in mind what is open now, and say what else there is.

    Attributes:
        known: what was run in this session so far: it stands for the file where there is none.
        write: whether it may be kept between sessions.
    """

    kind: ClassVar[str] = "remember"

    known: Recent
    write: bool

    def __call__(self, desk: Desk) -> Report | None:
        kept = Recent.read() if self.write else Recent()
        recent = (self.known if kept == Recent() else kept).with_run(desk.options)
        if self.write:
            recent.write()
        return Remembered(recent, desk.engine.offers())

    def failed(self, desk: Desk, sentence: str) -> Report | None:
        return None  # a convenience: nobody asked for it

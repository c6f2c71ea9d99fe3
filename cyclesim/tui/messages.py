"""What the engine's thread tells the screen.

The engine thread never touches a widget. It posts one `Reported` message that carries a frozen
report; the app is the only reader, and hands it to the method of the main screen that the report
names (`handler`). Reports of one part of the screen live beside that part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.message import Message

if TYPE_CHECKING:
    from cyclesim.trace import Query, Trace
    from cyclesim.tui.backstage.stops import Stop
    from cyclesim.tui.launch import LaunchOptions

__all__ = ["Answered", "Changed", "Failed", "Loading", "Moved", "Opened", "Report", "Reported"]


class Report:
    """What is told; a frozen dataclass."""

    __slots__ = ()

    #: The method of the main screen that takes it.
    handler: ClassVar[str]


@dataclass(frozen=True, slots=True)
class Loading(Report):
    """A stage of loading has begun; `text` says which."""

    handler: ClassVar[str] = "progressed"

    text: str


@dataclass(frozen=True, slots=True)
class Opened(Report):
    """A run is ready and paused before cycle 0.

    Attributes:
        plan: the rehearsal: every cycle that will come, with its full-speed time, no tensors.
        trace: the live trace; empty, and grows as cycles run.
        seconds: how long it took to get here.
        live: a model waits; otherwise it is a saved trace, and everything is there at once.
        options: what it was opened with.
    """

    handler: ClassVar[str] = "opened"

    plan: Trace
    trace: Trace
    seconds: float
    live: bool
    options: LaunchOptions


@dataclass(frozen=True, slots=True)
class Moved(Report):
    """`executed` cycles of `trace` have run by now; `ended` once the run is over.

    `stopped` is the breakpoint that stopped it there, or the condition that it was to run to.
    """

    handler: ClassVar[str] = "moved"

    trace: Trace
    executed: int
    ended: bool
    stopped: Stop | None = None


@dataclass(frozen=True, slots=True)
class Changed(Report):
    """The run has another future: it was rewound, or a cycle was edited.

    Attributes:
        trace: the trace from now on.
        executed: how many cycles of it have run.
        branch: which future this is; 1 is the first.
        edited: numbers of the edited cycles.
        said: what has been done, in one sentence.
        left: the future that was left for this one, if another one it is.
    """

    handler: ClassVar[str] = "changed"

    trace: Trace
    executed: int
    branch: int
    edited: tuple[int, ...]
    said: str
    left: int | None = None


@dataclass(frozen=True, slots=True)
class Answered(Report):
    """Which of the first `executed` cycles of `trace` make `query` true.

    `sentence` says why nobody can know, or is "".
    """

    handler: ClassVar[str] = "answered"

    query: Query
    trace: Trace
    executed: int
    numbers: tuple[int, ...]
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Failed(Report):
    """Something went wrong, in one sentence.

    Attributes:
        sentence: what a person needs to know.
        fatal: there is nothing to show (the model could not be loaded).
        ended: the present run cannot go on (the model raised).
    """

    handler: ClassVar[str] = "failed"

    sentence: str
    fatal: bool = False
    ended: bool = False


class Reported(Message):
    """Carries a report from the engine's thread to the app."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.report = report

"""What the session needs of an engine: the live one, a saved run, or one made up by a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from cyclesim.cost import Peak
from cyclesim.trace import Trace
from cyclesim.tui.backstage.edits import EditWish
from cyclesim.tui.launch import LaunchOptions

if TYPE_CHECKING:
    from cyclesim.machine import Training

__all__ = ["Engine", "Offers", "Opener", "Reads"]

#: `opener(options, progress)` loads a machine; `progress` is told what is going on.
Opener = Callable[[LaunchOptions, Callable[[str], None]], Any]


#: The fields of a prompt, in the order in which they are read.
_FIELDS = ("question", "text", "pair", "choices", "entities")


@dataclass(frozen=True, slots=True)
class Reads:
    """What a task reads: names of the fields of a `cyclesim.trace.Prompt`.

    Attributes:
        needs: it cannot do without.
        takes: read where they are given.
    """

    needs: tuple[str, ...] = ("text",)
    takes: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """All of them, in order."""
        return tuple(name for name in _FIELDS if name in (*self.needs, *self.takes))


@dataclass(frozen=True, slots=True)
class Offers:
    """What can be chosen on this machine.

    Attributes:
        tasks: names of the tasks.
        devices: names of the devices that torch can use.
        reads: what each of the tasks reads.
    """

    tasks: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    reads: Mapping[str, Reads] = field(default_factory=dict)


class Engine(Protocol):
    """What the session needs of the engine."""

    #: Whether there is a model that can run.
    live: bool

    def rehearse(self, machine: Any, text: Any, train: Training | None = None) -> Trace:
        """Run at full speed and return every cycle without tensors."""

    def clock(self, machine: Any, text: Any, plan: Trace, train: Training | None = None) -> Any:
        """A clock paused before cycle 0."""

    def edit(self, clock: Any, number: int, wish: EditWish) -> None:
        """Change what cycle `number`, which has run, wrote; the run goes on from there."""

    def check_edit(self, clock: Any, number: int, output: int) -> None:
        """Change nothing; raise what `edit` would raise of that output, whatever the wish."""

    def writing(self, machine: Any, settings: Mapping[str, Any] | None) -> Any:
        """The same machine, which generates texts in another way."""

    def offers(self) -> Offers:
        """What a machine can be opened with here."""

    def known_peak(self, machine: Any) -> Peak | None:
        """The most that this machine can do, if it was measured before."""

    def peak(self, machine: Any, given_up: Callable[[], bool]) -> Peak | None:
        """The same, measured now if need be; None if given up."""

    def measure(
        self,
        machine: Any,
        text: Any,
        repeats: int,
        seconds: float,
        going: Callable[[int], bool],
        train: Training | None = None,
    ) -> Any:
        """Times of each cycle over several runs at full speed (`engine.timing.Speeds`)."""

    def probe(self, machine: Any, text: Any) -> Any:
        """What asks the model's head about hidden states (`engine.Probe`)."""

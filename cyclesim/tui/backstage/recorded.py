"""A saved trace in the place of the engine: everything has run already, and nothing can run.

No torch and no model: what the screen shows of a file is what the file holds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cyclesim.trace import Cycle, Trace
from cyclesim.tui.backstage.engine import Offers
from cyclesim.tui.launch import LaunchOptions

if TYPE_CHECKING:
    from cyclesim.machine import Training

__all__ = ["RecordedClock", "RecordedEngine", "open_recorded"]


def open_recorded(options: LaunchOptions, progress: Callable[[str], None]) -> Trace:
    """The opened trace that `options` carries: it stands in for the machine."""
    assert options.saved is not None
    return options.saved


class RecordedClock:
    """A clock at the end of its run."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace

    @property
    def executed(self) -> int:
        return len(self.trace.cycles)

    @property
    def finished(self) -> bool:
        return True

    def step(self) -> Cycle | None:
        """There is nothing left to run."""
        return None

    def cancel(self) -> None:
        """Nothing runs."""

    def close(self) -> None:
        """Nothing to undo: the file is closed when the trace is dropped."""


class RecordedEngine:
    """Hands out a recorded run as if it had just ended."""

    live = False

    def rehearse(self, machine: Any, text: str, train: Training | None = None) -> Trace:
        """The plan of a recorded run is the run."""
        trace: Trace = machine
        for cycle in trace.cycles:
            # In the file, as a rule; a file without statistics is read here, not while painting.
            _ = cycle.has_nan
        return trace

    def clock(
        self, machine: Any, text: str, plan: Trace, train: Training | None = None
    ) -> RecordedClock:
        return RecordedClock(plan)

    def offers(self) -> Offers:
        """Nothing can be opened in its place."""
        return Offers()

    def _cannot(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("the screen does not ask for it")

    edit = check_edit = known_peak = peak = measure = probe = writing = _cannot

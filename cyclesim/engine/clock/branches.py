"""The futures of a clock: the one that runs at present, and those that were left behind."""

from __future__ import annotations

from dataclasses import dataclass, field

from cyclesim.engine.clock.session import Session
from cyclesim.trace import Trace

__all__ = ["Branch", "Owner"]


@dataclass(frozen=True, slots=True)
class Branch:
    """A future that was left behind.

    Attributes:
        number: its place in `Clock.branches`.
        at: the cycle that was rewound to.
        trace: what had run when it was left.
    """

    number: int
    at: int
    trace: Trace
    session: Session = field(repr=False)


class Owner:
    """Holds the session that runs at present, for the clock and for its finalizer."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def stop(self) -> None:
        self.session.stop()

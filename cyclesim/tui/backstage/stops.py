"""Breakpoints, as the app keeps them: conditions on a cycle, whatever clock is running.

They are not the clock's own, because they outlive it: a new text or a restart makes a new clock,
and the same places still stop it. Shared by the screen, which lists and changes them, and the
session's thread, which asks them after every cycle.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace

from cyclesim.errors import CyclesimError
from cyclesim.trace import Cycle, Query, Trace, compile_query

__all__ = ["Stop", "Stops", "foreseen"]

#: What nobody knows of a cycle before it has run. Statistics are found by what they cost.
_ONLY_AFTERWARDS = frozenset({"self_ns", "time", "edited", "downstream"})


def foreseen(query: Query) -> bool:
    """Whether the plan can answer `query`: it asks neither for numbers nor for times."""
    return not query.reads_tensors and not query.fields & _ONLY_AFTERWARDS


@dataclass(frozen=True, slots=True)
class Stop:
    """One breakpoint at one moment.

    Attributes:
        number: what it is called by, from 1, never used twice; 0 for `Stops.until`.
        query: its condition.
        enabled: whether it stops anything.
        hits: how often it has stopped a run.
    """

    number: int
    query: Query
    enabled: bool = True
    hits: int = 0

    @property
    def text(self) -> str:
        """The condition as it was typed."""
        return self.query.text.strip()


class Stops:
    """All breakpoints of the app, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: dict[int, Stop] = {}
        self._next = 1
        self._until: Stop | None = None

    @property
    def listed(self) -> tuple[Stop, ...]:
        """The breakpoints as they are now."""
        with self._lock:
            return tuple(self._all.values())

    def add(self, text: str, names: Iterable[str]) -> Stop:
        """A new breakpoint, enabled.

        Args:
            names: step names that stand for themselves in the condition.

        Raises:
            QueryError: the text is no condition; the message points at the word.
        """
        query = compile_query(text, set(names))
        with self._lock:
            made = self._all[self._next] = Stop(self._next, query)
            self._next += 1
        return made

    def toggle(self, number: int) -> None:
        """Switch breakpoint `number` on or off."""
        with self._lock:
            if number in self._all:
                stop = self._all[number]
                self._all[number] = replace(stop, enabled=not stop.enabled)

    def remove(self, number: int) -> None:
        """Forget breakpoint `number`."""
        with self._lock:
            self._all.pop(number, None)

    def until(self, query: Query | None) -> None:
        """Stop once where `query` is true, behind all breakpoints; None for nowhere."""
        self._until = None if query is None else Stop(0, query)

    def hit(self, cycle: Cycle, trace: Trace) -> Stop | None:
        """The first enabled breakpoint whose condition `cycle` makes true; counted as a hit."""
        for stop in self.listed:
            if stop.enabled and _holds(stop, cycle, trace):
                with self._lock:
                    if stop.number not in self._all:
                        continue  # deleted meanwhile
                    now = replace(self._all[stop.number], hits=stop.hits + 1)
                    self._all[stop.number] = now
                    return now
        until = self._until
        return until if until is not None and _holds(until, cycle, trace) else None

    def foreseen(self, plan: Trace) -> frozenset[int]:
        """Cycles of `plan` where an enabled breakpoint will stop, as far as is known."""
        known = [s for s in self.listed if s.enabled and foreseen(s.query)]
        return frozenset(c.number for c in plan.cycles for s in known if s.query(c, plan))


def _holds(stop: Stop, cycle: Cycle, trace: Trace) -> bool:
    try:
        return stop.query(cycle, trace)
    except CyclesimError:
        return False  # numbers that were not kept cannot make it true

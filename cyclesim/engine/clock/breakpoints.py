"""Where a running clock stops by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.trace import Cycle, Query, Trace, compile_query

__all__ = ["Breakpoint", "Breakpoints", "Condition", "condition"]

#: A cycle number, an expression (`softmax and layer 3 and max > 0.9`), or a function of a cycle.
Condition = int | str | Query | Callable[[Cycle], bool]


@dataclass(slots=True)
class Breakpoint:
    """One place to stop.

    Attributes:
        number: what it is called by; never used twice in one clock.
        text: the condition as the user gave it.
        enabled: whether it stops anything.
        hits: how often it has stopped the clock.
    """

    number: int
    text: str
    matches: Callable[[Cycle], bool]
    enabled: bool = True
    hits: int = 0

    def __str__(self) -> str:
        return f"breakpoint {self.number}: {self.text}" + ("" if self.enabled else " (off)")


class Breakpoints:
    """The breakpoints of one clock."""

    def __init__(self) -> None:
        self._all: dict[int, Breakpoint] = {}
        self._next = 1

    def __iter__(self) -> Iterator[Breakpoint]:
        return iter(self._all.values())

    def __len__(self) -> int:
        return len(self._all)

    def __getitem__(self, number: int) -> Breakpoint:
        try:
            return self._all[number]
        except KeyError:
            said = tr("there is no breakpoint {number}.").format(number=number)
            raise CyclesimError(said) from None

    def add(self, where: Condition, matches: Callable[[Cycle], bool]) -> Breakpoint:
        """A new breakpoint, enabled."""
        text = str(where) if isinstance(where, (int, str, Query)) else _name(where)
        made = Breakpoint(self._next, text, matches)
        self._all[made.number] = made
        self._next += 1
        return made

    def remove(self, number: int) -> None:
        """Forget breakpoint `number`."""
        del self._all[self[number].number]

    def clear(self) -> None:
        """Forget them all."""
        self._all.clear()

    def hit(self, cycle: Cycle) -> Breakpoint | None:
        """The first enabled breakpoint that `cycle` makes true."""
        for breakpoint_ in self._all.values():
            if breakpoint_.enabled and breakpoint_.matches(cycle):
                breakpoint_.hits += 1
                return breakpoint_
        return None


def condition(
    where: Condition, trace: Callable[[], Trace], names: Callable[[], set[str]]
) -> Callable[[Cycle], bool]:
    """A function of a cycle from any sort of condition.

    Args:
        where: see `Condition`.
        trace: gives the trace that an expression may look into (full-speed times).
        names: gives further step names that stand for themselves in an expression.

    Raises:
        QueryError: an expression is wrong; the message points at the word.
    """
    if isinstance(where, bool):
        raise CyclesimError(
            tr("give a cycle number, an expression or a function, not a truth value.")
        )
    if isinstance(where, int):
        return lambda cycle: cycle.number == where
    if isinstance(where, str):
        where = compile_query(where, names())
    if isinstance(where, Query):
        query = where
        return lambda cycle: query(cycle, trace())
    return where


def _name(function: Any) -> str:
    return getattr(function, "__name__", type(function).__name__)

"""The futures of a run: what was first, and what came of every rewind and edit.

The clock keeps what was left behind as a list (`Clock.branches`); going back into one of those
makes another entry of the same future. This is the family tree that a person thinks of: a future
has one number, parted from another one at some cycle, and goes on where it was left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

__all__ = ["Future", "Futures"]


@dataclass(frozen=True, slots=True)
class Future:
    """One of them.

    Attributes:
        number: 1 is the first.
        parent: the one it parted from; None for the first.
        at: the last cycle that it has in common with its parent.
        notes: what was done in it, oldest first.
        place: where `Clock.branches` has it; None for the present one.
    """

    number: int
    parent: int | None = None
    at: int = -1
    notes: tuple[str, ...] = ()
    place: int | None = None


class Futures:
    """All futures of one clock, oldest first, one of them present."""

    def __init__(self) -> None:
        self._all = {1: Future(1)}
        self.present = 1

    @property
    def listed(self) -> tuple[Future, ...]:
        """The futures as they are now."""
        return tuple(self._all.values())

    def place(self, number: int) -> int | None:
        """Where `Clock.branches` has future `number`; None if it is the present one."""
        return self._all[number].place

    def leave(self, place: int, at: int, into: int | None = None) -> None:
        """The present future is now `Clock.branches[place]`; another one is present.

        Args:
            at: the last cycle that a new future has in common with it.
            into: the earlier future that goes on, if it is not a new one.
        """
        left = self.present
        self._all[left] = replace(self._all[left], place=place)
        if into is None:
            self.present = len(self._all) + 1
            self._all[self.present] = Future(self.present, left, at)
        else:
            self.present = into
            self._all[into] = replace(self._all[into], place=None)

    def note(self, text: str) -> None:
        """Something was done in the present future."""
        if text:
            here = self._all[self.present]
            self._all[self.present] = replace(here, notes=(*here.notes, text))

    def shared(self, one: int, other: int) -> int:
        """Cycles before this number are the same in both, because they ran only once."""
        mine, theirs = self._line(one), self._line(other)
        common = next(number for number in mine if number in theirs)
        return min(mine[common], theirs[common])

    def _line(self, number: int) -> dict[int, int]:
        """A future and all that it came from, with the number of its cycles that each has."""
        line: dict[int, int] = {}
        known = 10**9
        here = self._all[number]
        line[number] = known
        while here.parent is not None:
            # The cycle it parted at may be edited in one of the two: it is not counted.
            known = min(known, here.at)
            here = self._all[here.parent]
            line[here.number] = known
        return line

"""Another run beside the one on the screen: which cycle is which, and where they first differ.

    other_of("branch 1", trace, branch.trace)      # for two runs as they are
    pairing = Pairing("branch 1", trace, theirs)   # for runs that are still growing
    pairing.update(); pairing.other

Cycles are matched as `cyclesim.trace.diff` matches them: by what they are, not by their number.
This reads tensors, so it is work for the session's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import MappingProxyType

from cyclesim.trace import Cycle, Trace
from cyclesim.trace.diff import compare_cycles, keyed
from cyclesim.tui.scene import Other

__all__ = ["Pairing", "other_of"]


def other_of(title: str, ours: Trace, theirs: Trace, *, same_until: int = 0) -> Other:
    """`theirs` as a run to look at `ours` against, each as far as it has run.

    Args:
        title: what it is, in a few words.
        same_until: cycles before this number are known to be the same (they were shared).
    """
    pairing = Pairing(title, ours, theirs, same_until=same_until)
    pairing.update()
    return pairing.other


class _Side:
    """One of the two runs: the cycles that were seen of it, by what they are."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.numbers: dict[tuple[object, ...], int] = {}
        self._seen: dict[tuple[object, ...], int] = {}
        self._count = 0

    @property
    def behind(self) -> bool:
        return self._count < len(self.trace.cycles)

    def news(self) -> Iterable[tuple[tuple[object, ...], Cycle]]:
        """The cycles that have run since it was last asked."""
        fresh = self.trace.cycles[self._count :]
        self._count += len(fresh)
        for key, cycle in keyed(fresh, self._seen):
            self.numbers[key] = cycle.number
            yield key, cycle


class Pairing:
    """Two runs matched cycle by cycle; each cycle is keyed once and each pair compared once.

    Args:
        title, ours, theirs, same_until: see `other_of`.
    """

    def __init__(self, title: str, ours: Trace, theirs: Trace, *, same_until: int = 0) -> None:
        self.title = title
        self._ours, self._theirs = _Side(ours), _Side(theirs)
        self._same_until = same_until
        self._partners: dict[int, int] = {}
        #: Pairs that nobody has compared yet, in the order of our run.
        self._unread: list[int] = []
        self._first: int | None = None

    @property
    def ours(self) -> Trace:
        """The run that is looked at."""
        return self._ours.trace

    @property
    def theirs(self) -> Trace:
        """The run it is looked at against."""
        return self._theirs.trace

    @property
    def behind(self) -> bool:
        """Whether there is something that `update` has not seen."""
        return self._ours.behind or self._theirs.behind or bool(self._unread)

    def update(self, given_up: Callable[[], bool] = lambda: False) -> None:
        """Match and compare what has run since.

        Args:
            given_up: asked between two comparisons; what is left waits for the next update.
        """
        met: list[int] = []
        for key, cycle in self._ours.news():
            if key in self._theirs.numbers:
                self._partners[cycle.number] = self._theirs.numbers[key]
                met.append(cycle.number)
        for key, cycle in self._theirs.news():
            number = self._ours.numbers.get(key)
            if number is not None and number not in self._partners:
                self._partners[number] = cycle.number
                met.append(number)
        self._unread = sorted({*self._unread, *(n for n in met if n >= self._same_until)})
        while self._unread and (self._first is None or self._unread[0] < self._first):
            if given_up():
                return
            number = self._unread.pop(0)
            if self._differ(number):
                self._first = number
        self._unread.clear()  # a later difference is not the first

    def _differ(self, number: int) -> bool:
        a, b = self.ours.cycles[number], self._theirs.trace.cycles[self._partners[number]]
        return compare_cycles(a, b).differs

    @property
    def other(self) -> Other:
        """What was found so far."""
        partners = MappingProxyType(dict(self._partners))
        return Other(self.title, self._theirs.trace, partners, self._first)

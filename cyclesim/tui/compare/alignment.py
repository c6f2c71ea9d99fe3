"""Two runs laid side by side: which cycle stands opposite which.

    found = compare_runs("sdpa attention", ours, theirs)
    found.sentence; found.columns[18].a; found.columns[18].b

Cycles are matched as `cyclesim.trace.diff` matches them. Where one run computes attention step by
step and the other in one fused kernel, the kernel stands opposite all the steps it stands for.
This reads tensors, so it is work for the session's thread.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from cyclesim.trace import Cycle, Trace
from cyclesim.trace.attention import is_fused_attention
from cyclesim.trace.diff import CycleDiff, Diff, compare_cycles, keyed

__all__ = ["Column", "Comparison", "Kind", "compare_runs"]

#: `pair`: the same cycle of both. `fused`: a step of attention, and the kernel that does it in the
#: other run. `only`: one of the runs has no such cycle. `waiting`: it has not run there so far.
Kind = Literal["pair", "fused", "only", "waiting"]
#: What a step of attention can be held against beside a fused kernel.
Role = Literal["", "scores", "probabilities", "context"]


@dataclass(frozen=True, slots=True)
class Column:
    """What stands opposite what.

    Attributes:
        kind: see `Kind`.
        a, b: the cycle of each run; None where it has none.
        found: how far apart the two are, where they are a pair.
        role: for a step opposite a fused kernel: what of the kernel it can be held against.
    """

    kind: Kind
    a: Cycle | None
    b: Cycle | None
    found: CycleDiff | None = None
    role: Role = ""

    @property
    def differs(self) -> bool:
        """Whether the two are known to be different."""
        return self.found is not None and self.found.differs

    @property
    def cycle(self) -> Cycle:
        """The cycle that says what this is: the step rather than the kernel."""
        first, second = (self.a, self.b) if self.a is not None else (self.b, self.a)
        assert first is not None
        if self.kind == "fused" and is_fused_attention(first) and second is not None:
            return second
        return first


@dataclass(frozen=True, eq=False)
class Comparison:
    """One run and another, as far as each has run.

    Attributes:
        title: what the other is, in a few words.
        ours, theirs: the two runs; `ours` may be growing, and more of it may have run by now.
        executed: how many cycles of `ours` were compared.
        found: what `cyclesim.trace.diff` finds.
        columns: what stands opposite what, in the order of the runs.
    """

    title: str
    ours: Trace
    theirs: Trace
    executed: int
    found: Diff
    columns: tuple[Column, ...]

    @cached_property
    def differences(self) -> tuple[int, ...]:
        """The columns where the two differ, ascending."""
        return tuple(i for i, column in enumerate(self.columns) if column.differs)

    def column_of(self, number: int | None) -> int:
        """The column of our cycle `number`; the nearest before it where it has none."""
        best, nearest = 0, -1
        for place, column in enumerate(self.columns):
            if column.a is not None and nearest < column.a.number <= (number or 0):
                best, nearest = place, column.a.number
        return best


def compare_runs(
    title: str,
    ours: Trace,
    theirs: Trace,
    *,
    given_up: Callable[[], bool] = lambda: False,
) -> Comparison | None:
    """Match and compare all that has run of both.

    Args:
        title: what `theirs` is, in a few words.
        given_up: asked between two cycles; then there is no answer.
    """
    cycles = list(ours.cycles)
    rest = dict(keyed(theirs.cycles))
    pairs: list[CycleDiff] = []
    only_a: list[Cycle] = []
    for key, cycle in keyed(cycles):
        if given_up():
            return None
        other = rest.pop(key, None)
        if other is None:
            only_a.append(cycle)
        else:
            pairs.append(compare_cycles(cycle, other))
    only_b = list(rest.values())
    columns = tuple(_columns(cycles, pairs, only_b, not ours.complete, not theirs.complete))
    # What has not run so far is no finding.
    late = {id(column.cycle) for column in columns if column.kind == "waiting"}
    found = Diff(
        ours.header, theirs.header, 0.0, pairs,
        [c for c in only_a if id(c) not in late], [c for c in only_b if id(c) not in late],
    )  # fmt: skip
    return Comparison(title, ours, theirs, len(cycles), found, columns)


def _columns(
    cycles: Sequence[Cycle],
    pairs: Sequence[CycleDiff],
    only_b: Sequence[Cycle],
    growing_a: bool,
    growing_b: bool,
) -> Iterator[Column]:
    """The cycles of both runs in one order; each keeps its own wherever the pairs allow it."""
    paired = {pair.a.number: pair for pair in pairs}
    ends = (pairs[-1].a.number, max(p.b.number for p in pairs)) if pairs else (-1, -1)
    steps_a = [c for c in cycles if c.number not in paired]
    roles = {**_roles(steps_a), **_roles(only_b)}
    fused_a, fused_b = _kernels(steps_a, only_b), _kernels(only_b, steps_a)
    theirs = deque(sorted(only_b, key=lambda c: c.number))

    def of_b(before: float) -> Iterator[Column]:
        while theirs and theirs[0].number < before:
            cycle = theirs.popleft()
            kernel = fused_a.get(_place(cycle))
            if kernel is not None:
                yield Column("fused", kernel, cycle, role=roles[id(cycle)])
            elif _place(cycle) not in fused_b or not is_fused_attention(cycle):
                late = growing_a and cycle.number > ends[1]
                yield Column("waiting" if late else "only", None, cycle)

    for cycle in cycles:
        pair = paired.get(cycle.number)
        if pair is not None:
            yield from of_b(pair.b.number)
            yield Column("pair", cycle, pair.b, pair)
        elif (kernel := fused_b.get(_place(cycle))) is not None:
            yield Column("fused", cycle, kernel, role=roles[id(cycle)])
        elif _place(cycle) not in fused_a or not is_fused_attention(cycle):
            late = growing_b and cycle.number > ends[0]
            yield Column("waiting" if late else "only", cycle, None)
    yield from of_b(math.inf)


def _place(cycle: Cycle) -> tuple[object, ...]:
    """The attention module, and which call of it, that the cycle ran in."""
    return cycle.phase, cycle.unit, cycle.path, cycle.call, cycle.layer


def _kernels(kernels: Sequence[Cycle], steps: Sequence[Cycle]) -> dict[tuple[object, ...], Cycle]:
    """The fused kernels among `kernels` that stand for some of `steps`, by place."""
    known = {_place(c) for c in steps if not is_fused_attention(c)}
    return {_place(c): c for c in kernels if is_fused_attention(c) and _place(c) in known}


def _roles(steps: Iterable[Cycle]) -> dict[int, Role]:
    """What each step of attention computes of what a fused kernel would, by identity."""
    roles: dict[int, Role] = {}
    groups: dict[tuple[object, ...], list[Cycle]] = {}
    for cycle in steps:
        roles[id(cycle)] = ""
        groups.setdefault(_place(cycle), []).append(cycle)
    for members in groups.values():
        softmax = next((c for c in members if c.op == "softmax"), None)
        if softmax is None:
            continue
        roles[id(softmax)] = "probabilities"
        for cycle in members:
            if cycle.number in softmax.sources:
                roles[id(cycle)] = "scores"
            elif cycle.op == "matmul" and cycle.number > softmax.number:
                roles[id(cycle)] = "context"
    return roles

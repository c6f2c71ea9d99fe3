"""The sentence and the formula of a cycle, from the `explain` room; the step's name if it fails."""

from __future__ import annotations

from typing import NamedTuple

from cyclesim.trace import Cycle, Trace

__all__ = ["Words", "words_for"]


class Words(NamedTuple):
    """What there is to say about a cycle; parts may be empty.

    `axes` names the dimensions of each output.
    """

    sentence: str
    formula: str = ""
    shapes: str = ""
    axes: tuple[tuple[str, ...], ...] = ()


def words_for(cycle: Cycle, trace: Trace) -> Words:
    """Explain `cycle`. One explanation that fails must not take the page with it."""
    try:
        from cyclesim.explain import explain

        found = explain(cycle, trace)
        return Words(found.sentence, found.formula, found.shapes, tuple(map(tuple, found.axes)))
    except Exception:
        return Words(cycle.note or cycle.label)

"""The run as a picture: one row per part of the model, one column per cycle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cyclesim.trace import Cycle, group

__all__ = ["Lane", "lanes_of"]


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of the timeline: its title and the numbers of its cycles, ascending."""

    title: str
    numbers: tuple[int, ...]


def lanes_of(cycles: Sequence[Cycle]) -> list[Lane]:
    """The rows, from top to bottom in the order they are first used.

    A repeated block of the model is one row (`layer 0`), so that a run reads as a staircase; what
    is outside the blocks has one row per part (embeddings, head): the ticks of the `layer` clock.
    """
    found: dict[str, list[int]] = {}
    for tick in group(cycles, "layer"):
        found.setdefault(tick.title, []).extend(range(tick.first, tick.last + 1))
    return [Lane(title, tuple(numbers)) for title, numbers in found.items()]

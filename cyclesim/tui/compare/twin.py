"""One tensor of both runs, and the moment of the compare screen that shows it.

They are made by `twins` and compared by `apart`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cyclesim.render.heatmap import Matrix
from cyclesim.trace import Cycle
from cyclesim.trace.diff import CycleDiff
from cyclesim.tui.compare.alignment import Column, Comparison
from cyclesim.tui.scene import Scene
from cyclesim.tui.tensors.dimensions import Cut
from cyclesim.tui.tensors.listing import Listing
from cyclesim.tui.tensors.slots import Slot
from cyclesim.tui.tensors.sources import Source

__all__ = ["Apart", "Moment", "Side", "SideName", "Twin"]

SideName = Literal["A", "B"]


@dataclass(frozen=True, slots=True)
class Apart:
    """How far apart two tensors are.

    Attributes:
        found: largest difference and cosine, as `cyclesim.trace.diff` gives them.
        unequal, total: how many of the numbers are not the same; None where they are too many to
            be counted here.
    """

    found: CycleDiff
    unequal: int | None
    total: int


@dataclass(frozen=True, eq=False)
class Side:
    """The tensor of one of the runs.

    Attributes:
        cycle: the cycle it is of; None where the run has none.
        slot: the tensor; None where there is none.
        drawn: what to draw, or a sentence that says why there is nothing.
        source, cut: where the numbers come from, where it is a matrix.
    """

    cycle: Cycle | None
    slot: Slot | None
    drawn: Matrix | Listing | str
    source: Source | None = None
    cut: Cut | None = None


@dataclass(frozen=True, eq=False)
class Twin:
    """One tensor of both runs.

    Attributes:
        column: what stands opposite what.
        titles: the tensors to choose from; `chosen` is the one that is shown.
        places: how many places the dimensions that are not drawn have; `where` says which is shown.
        a, b: the two sides.
        delta: A − B in units of 10 ** `exponent`, or a sentence that says why there is none.
        apart: how far apart they are; None where that cannot be said.
        rows: of two tables, the rows that are not the same.
    """

    column: Column
    titles: tuple[str, ...]
    chosen: int
    places: int
    where: str
    a: Side
    b: Side
    delta: Matrix | str
    exponent: int = 0
    apart: Apart | None = None
    rows: frozenset[int] = frozenset()


@dataclass(frozen=True, eq=False)
class Moment:
    """What the compare screen shows at one moment.

    Attributes:
        scene: the moment of the main screen that it stands over.
        found: the comparison.
        at: the column that is looked at.
        twin: the tensor of it, of both runs.
        cursor: the cell that is looked at, in both.
    """

    scene: Scene
    found: Comparison
    at: int
    twin: Twin
    cursor: tuple[int, int]

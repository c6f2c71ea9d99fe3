"""Forks: what gives a run another future. Each is done to the clock, by the session's thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.tui.backstage.edits import EditWish
from cyclesim.tui.backstage.engine import Engine
from cyclesim.tui.backstage.futures import Futures

__all__ = ["Fork", "edited", "rewound", "switched", "undone"]


@dataclass(frozen=True, slots=True)
class Fork:
    """One of them.

    Attributes:
        make: does it to the clock.
        said: what was done, in one sentence.
        note: what the future is known by from then on, or "".
        into: the earlier future that goes on, if it is one.
    """

    make: Callable[[Any], Any]
    said: str
    note: str = ""
    into: int | None = None


def rewound(number: int) -> Fork:
    """Stand right after cycle `number` again."""
    said = tr("Rewound to cycle {number}.").format(number=number)
    return Fork(lambda clock: clock.rewind(number), said)


def edited(engine: Engine, number: int, wish: EditWish) -> Fork:
    """Go on with other numbers than those that cycle `number` wrote."""
    said = tr("Cycle {number} is edited; what comes after it runs on from there.")
    note = tr("{edit} at {number}").format(edit=wish, number=number)
    return Fork(lambda clock: engine.edit(clock, number, wish), said.format(number=number), note)


def undone(number: int) -> Fork:
    """Run cycle `number`, which was edited, again as the model has it."""

    def again(clock: Any) -> None:
        clock.rewind(number - 1)
        clock.step()

    said = tr("The edit of cycle {number} is undone: it ran again as the model has it.")
    note = tr("undone at {number}").format(number=number)
    return Fork(again, said.format(number=number), note)


def switched(futures: Futures, number: int) -> Fork:
    """Go on with future `number` where it was left."""

    def into(clock: Any) -> None:
        place = futures.place(number)
        if place is None:
            raise CyclesimError(tr("Branch {number} is the present one.").format(number=number))
        branch = clock.branches[place]
        clock.rewind(len(branch.trace) - 1, branch)

    said = tr("This is branch {number} again, where it was left.").format(number=number)
    return Fork(into, said, into=number)

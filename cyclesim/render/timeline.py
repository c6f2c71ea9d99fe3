"""The run as a pipeline diagram: which row and which column each cycle stands in.

Rows are the units of the whole model, its layers, or the steps of one part of it. Columns are the
cycles in the order they ran, or the levels of the data order: each cycle as early as its data
allow, so that Q, K and V stand in one column. What waits is part of the picture: as it ran, a step
whose data were ready waits for its turn; in data order, a result waits for its first reader.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from cyclesim.language import current, tr
from cyclesim.trace import UNITS, Cycle, Dataflow, Group, Unit, group
from cyclesim.trace.groups import LATER

__all__ = ["ORDERS", "ZOOMS", "Order", "Pipeline", "Pipelines", "Row", "Zoom"]

#: What a row is: a unit of the whole model, a layer, a step of one part.
Zoom = Literal["units", "layers", "steps"]
ZOOMS: tuple[Zoom, ...] = ("units", "layers", "steps")
#: What a column is: a cycle as it ran, or a level of the data order.
Order = Literal["run", "data"]
ORDERS: tuple[Order, ...] = ("run", "data")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its title and the numbers of its cycles, ascending."""

    title: str
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """One picture.

    Attributes:
        rows: from top to bottom.
        order: what its columns are.
        columns: the numbers of its columns: cycles, or levels.
        row: the row of each cycle that is in the picture.
        column: the column of each.
        sequence: the cycles from left to right, those of one column by number.
        units: the units that are in the picture, in their usual order.
        waiting: for each row the stretches of columns (first, last) where something waits.
    """

    rows: tuple[Row, ...]
    order: Order
    columns: range
    row: Mapping[int, int]
    column: Mapping[int, int]
    sequence: tuple[int, ...]
    units: tuple[Unit, ...]
    waiting: tuple[tuple[tuple[int, int], ...], ...]
    _cells: Mapping[tuple[int, int], tuple[int, ...]]

    def cell(self, row: int, column: int) -> tuple[int, ...]:
        """Numbers of the cycles in one cell: several where they could go side by side."""
        return self._cells.get((row, column), ())

    def between(self, columns: range) -> tuple[int, ...]:
        """Numbers of the cycles in these columns, from left to right."""
        first = bisect_left(self.sequence, columns.start, key=self.column.__getitem__)
        last = bisect_left(self.sequence, columns.stop, key=self.column.__getitem__)
        return self.sequence[first:last]

    def waits(self, row: int, column: int) -> bool:
        """Whether something of this row waits in this column."""
        stretches = self.waiting[row]
        place = bisect_right(stretches, (column, self.columns.stop)) - 1
        return place >= 0 and column <= stretches[place][1]

    @property
    def widest(self) -> int:
        """The most cycles that one cell holds."""
        return max(map(len, self._cells.values()), default=0)

    def beside(self, number: int, by: int) -> int | None:
        """The cycle `by` places to the right of cycle `number`; None beyond the ends."""
        place = bisect_right(
            self.sequence, (self.column[number], number), key=lambda n: (self.column[n], n)
        )
        place += by - 1
        return self.sequence[place] if 0 <= place < len(self.sequence) else None

    def above(self, number: int, rows: int) -> int | None:
        """The nearest cycle `rows` above (or below, if negative); None beyond the ends."""
        row = self.row[number] - rows
        if not 0 <= row < len(self.rows):
            return None
        here = self.column[number]
        return min(self.rows[row].numbers, key=lambda n: (abs(self.column[n] - here), n))


class Pipelines:
    """All pictures of one run; each is made once, when it is asked for.

    Attributes:
        cycles: the cycles it is of.
        parts: the ticks of the `layer` clock: the parts that the rows can be the steps of.
        flow: who reads whose output.
    """

    def __init__(self, cycles: Sequence[Cycle]) -> None:
        self.cycles = tuple(cycles)
        self.parts: list[Group] = group(self.cycles, "layer")
        self.flow = Dataflow(self.cycles)
        self._levels = self.flow.schedule()
        self._language = current()
        self._picture = lru_cache(maxsize=16)(self._made)

    def is_of(self, cycles: Sequence[Cycle]) -> bool:
        """Whether these are still the cycles it is of, and its titles in the language spoken."""
        return self._language == current() and self.flow.is_of(cycles)

    @property
    def tallest(self) -> int:
        """The most steps that a part has."""
        return max(map(len, self.parts), default=0)

    def picture(self, zoom: Zoom, order: Order, number: int = 0) -> Pipeline:
        """The picture at `zoom` in `order`; of the part that cycle `number` is in, for steps."""
        return self._picture(zoom, order, self.part(number) if zoom == "steps" else 0)

    def part(self, number: int) -> int:
        """Index of the part that cycle `number` is in."""
        return max(bisect_right(self.parts, number, key=lambda p: p.first) - 1, 0)

    def _made(self, zoom: Zoom, order: Order, part: int) -> Pipeline:
        rows = tuple(Row(title, tuple(numbers)) for title, numbers in self._rows(zoom, part))
        row = {n: i for i, r in enumerate(rows) for n in r.numbers}
        column = {n: self._levels[n] if order == "data" else n for n in row}
        cells: dict[tuple[int, int], tuple[int, ...]] = {}
        for number in sorted(row):
            place = (row[number], column[number])
            cells[place] = (*cells.get(place, ()), number)
        span = range(min(column.values(), default=0), max(column.values(), default=-1) + 1)
        # As it ran, only a part has room to show who waits for its turn.
        shown = order == "data" or zoom == "steps"
        waiting = tuple(
            _merged(_clipped(self.wait(n, order), span) for n in r.numbers) if shown else ()
            for r in rows
        )
        sequence = tuple(sorted(row, key=lambda n: (column[n], n)))
        present = {self.cycles[n].unit for n in row}
        units = tuple(unit for unit in UNITS if unit in present)
        return Pipeline(rows, order, span, row, column, sequence, units, waiting, cells)

    def _rows(self, zoom: Zoom, part: int) -> Iterable[tuple[str, Sequence[int]]]:
        if zoom == "steps":
            if not self.parts:
                return []
            numbers = range(self.parts[part].first, self.parts[part].last + 1)
            return [(f"{n} {self.cycles[n].step}", (n,)) for n in numbers]
        found: dict[str, list[int]] = {}
        # Backward and update have rows of their own, put where they belong afterwards.
        later: dict[tuple[str, str], list[int]] = {}
        if zoom == "units":
            found = {unit: [] for unit in UNITS}
            parts: list[tuple[str, range]] = [
                (cycle.unit, range(cycle.number, cycle.number + 1)) for cycle in self.cycles
            ]
        else:
            # A repeated block is one row, so that a run reads as a staircase.
            parts = [(tick.place, range(tick.first, tick.last + 1)) for tick in self.parts]
        of: dict[int, str] = {}
        for title, numbers in parts:
            phase = self.cycles[numbers[0]].phase
            if phase in LATER:
                # What ends with the derivative of a row's cycle belongs to that row.
                forward = self.cycles[numbers[-1]].forward
                title = of.get(-1 if forward is None else forward, title)
                later.setdefault((title, phase), []).extend(numbers)
            else:
                found.setdefault(title, []).extend(numbers)
                of.update(dict.fromkeys(numbers, title))
        return _mirrored({k: v for k, v in found.items() if v}, later)

    def wait(self, number: int, order: Order) -> tuple[int, int]:
        """The columns, first and last, in which a cycle or its result waits; crossed if none.

        As it ran, a cycle waits from when its data were ready until its turn; in data order its
        result waits until its first reader can run.
        """
        if order == "run":
            before = (*self.flow.sources[number], *self.flow.waits[number])
            return max(before, default=-1) + 1, number - 1
        level = self._levels[number]
        readers = (self._levels[r] for r in self.flow.consumers[number])
        return level + 1, min(readers, default=level + 1) - 1


def _mirrored(
    forward: Mapping[str, Sequence[int]], later: Mapping[tuple[str, str], Sequence[int]]
) -> Iterable[tuple[str, Sequence[int]]]:
    """Of a training step: beneath each row of the forward its backward, at the end the update."""
    for title, numbers in forward.items():
        yield title, numbers
        if (title, "backward") in later:
            yield f"  {tr(LATER['backward'])}", later[title, "backward"]
    for (title, phase), numbers in later.items():
        if phase == "backward" and title not in forward:
            yield f"{title} · {tr(LATER[phase])}", numbers
    updated = [n for (_, phase), numbers in later.items() if phase == "update" for n in numbers]
    if updated:
        yield tr(LATER["update"]), sorted(updated)


def _clipped(stretch: tuple[int, int], span: range) -> tuple[int, int]:
    return max(stretch[0], span.start), min(stretch[1], span.stop - 1)


def _merged(stretches: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The same columns in stretches that neither touch nor overlap, from left to right."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(s for s in stretches if s[0] <= s[1]):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = merged[-1][0], max(merged[-1][1], last)
        else:
            merged.append((first, last))
    return tuple(merged)

"""Draws the cycles of two runs side by side: which tensor faces which, and on what scale.

twin = Twins(found).at(column, tensor=0, place=2)
twin.a.drawn, twin.b.drawn, twin.delta
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.render.heatmap import Matrix
from cyclesim.render.scale import Scale
from cyclesim.trace import Cycle, Trace
from cyclesim.trace.attention import is_fused_attention
from cyclesim.tui.compare.alignment import Column, Comparison
from cyclesim.tui.compare.apart import compared
from cyclesim.tui.compare.twin import Side, SideName, Twin
from cyclesim.tui.tensors.beside import BesideCache
from cyclesim.tui.tensors.dimensions import Cut, dimension_name
from cyclesim.tui.tensors.listing import is_listed, listing_of
from cyclesim.tui.tensors.slots import Slot, axes_of_slot, is_probability, labels_of, slots_of
from cyclesim.tui.tensors.sources import observed

__all__ = ["Twins"]

Facing = tuple[Slot | None, Slot | None]


class Twins:
    """Draws any column of one comparison; remembers the last one."""

    def __init__(self, found: Comparison, left: str = "←") -> None:
        self.found, self._left = found, left
        self._beside = BesideCache()
        self._last: tuple[tuple[int, int, int], Twin] | None = None

    def at(self, column: int, tensor: int, place: int) -> Twin:
        """Tensor number `tensor` of a column, at `place` of the dimensions that are not drawn."""
        key = (column, tensor, place)
        if self._last is None or self._last[0] != key:
            self._last = (key, self._made(self.found.columns[column], tensor, place))
        return self._last[1]

    def _made(self, column: Column, tensor: int, place: int) -> Twin:
        facing = self._facing(column)
        chosen = tensor % max(len(facing), 1)
        one, other = facing[chosen] if facing else (None, None)
        a = self._side("A", column, column.a, one, self.found.ours, place)
        b = self._side("B", column, column.b, other, self.found.theirs, place)
        # What stands on one side only has the names of nothing else.
        titles = tuple((x or y).title for x, y in facing)  # type: ignore[union-attr]
        cut = a.cut or b.cut
        twin = Twin(column, titles, chosen, _places(cut), _where(cut), a, b, "")
        if isinstance(a.drawn, Matrix) and isinstance(b.drawn, Matrix):
            scale = _common(a.drawn.scale, b.drawn.scale)
            twin = replace(
                twin, a=replace(a, drawn=replace(a.drawn, scale=scale)),
                b=replace(b, drawn=replace(b.drawn, scale=scale)),
            )  # fmt: skip
        return compared(twin, self.found)

    # -- which tensor stands opposite which --------------------------------------------------

    def _facing(self, column: Column) -> list[Facing]:
        a, b = column.a, column.b
        if column.kind == "fused" and a is not None and b is not None:
            if is_fused_attention(a):
                return [(y, x) for x, y in self._beside_kernel(b, a, column.role)]
            return self._beside_kernel(a, b, column.role)
        ours = slots_of(a, self._left) if a is not None else []
        theirs = slots_of(b, self._left) if b is not None else []
        left = {_key(slot, theirs): slot for slot in theirs}
        facing: list[Facing] = [(slot, left.pop(_key(slot, ours), None)) for slot in ours]
        return facing + [(None, slot) for slot in left.values()]

    def _beside_kernel(self, step: Cycle, kernel: Cycle, role: str) -> list[Facing]:
        """What of a fused kernel stands opposite the tensors of a step of eager attention."""
        opposite: dict[str, Slot] = {}
        if role == "context":
            opposite["output"] = slots_of(kernel, self._left)[0]
        beside = self._beside.of(kernel) if role else None
        if beside is not None:
            made = {v.name: Slot(f"{v.name}, {v.kind}", v, False) for v in beside.values}
            if role == "probabilities":
                opposite |= {"output": made["probabilities"], "input": made["scores"]}
            elif role == "scores":
                opposite["output"] = made["scores"]
        found: list[Facing] = []
        for slot in slots_of(step, self._left):
            name = "output" if slot.output and slot.place == 0 else slot.value.name
            found.append((slot, opposite.pop(name, None)))
        return found

    # -- one side ----------------------------------------------------------------------------

    def _side(
        self, name: SideName, column: Column, cycle: Cycle | None, slot: Slot | None, trace: Trace,
        place: int,
    ) -> Side:  # fmt: skip
        if cycle is None or slot is None:
            return Side(cycle, None, self._absent(name, column, cycle))
        value = slot.value
        if 0 in value.shape:
            return Side(cycle, slot, tr("This tensor is empty."))
        try:
            header = trace.header
            if is_listed(value):
                return Side(cycle, slot, listing_of(value, header))
            cut = _placed(Cut.of(value.shape, axes_of_slot(slot, cycle, trace)), place)
            source = observed(value, probability=is_probability(slot, cycle))
            rows, columns = (labels_of(cut, d, cycle, header) for d in (cut.rows, cut.columns))
            grid, scale, count = source.grid(cut), source.scale[0], None
            if cut.rows is None:
                rows = tuple(str(r * grid.shape[1]) for r in range(grid.shape[0]))
                columns = tuple(f"+{c}" for c in range(grid.shape[1]))
                count = source.size
            return Side(cycle, slot, Matrix(grid, rows, columns, scale, count), source, cut)
        except CyclesimError as error:
            said = str(error)
            return Side(cycle, slot, said[:1].upper() + said[1:])

    def _absent(self, name: SideName, column: Column, cycle: Cycle | None) -> str:
        """Why one of the runs has nothing to show here."""
        if column.kind == "fused" and cycle is not None:
            if is_fused_attention(cycle):
                said = tr("Fused in {run} into cycle {number}: this step cannot be seen there.")
                return said.format(run=name, number=cycle.number)
            return tr("This is not a tensor of the fused kernel.")
        if column.kind == "waiting":
            trace = self.found.ours if name == "A" else self.found.theirs
            ran = self.found.executed if name == "A" else len(trace)
            said = tr("{run} has run {count} cycles so far, and not this one.")
            return said.format(run=name, count=ran)
        if cycle is None:
            return tr("{run} has no such cycle.").format(run=name)
        if not cycle.outputs and not cycle.inputs:
            return tr("This cycle wrote no tensor.")
        return tr("{run} has no such tensor in this cycle.").format(run=name)


def _key(slot: Slot, among: list[Slot]) -> tuple[object, ...]:
    """What a tensor is in its cycle; the second of a kind is another than the first."""
    kind = (slot.output, slot.value.name, slot.value.kind in ("parameter", "buffer"))
    same = [
        s for s in among
        if (s.output, s.value.name, s.value.kind in ("parameter", "buffer")) == kind
    ]  # fmt: skip
    return (*kind, next(i for i, s in enumerate(same) if s is slot))


def _placed(cut: Cut, place: int) -> Cut:
    """`cut` with the dimensions that are not drawn at `place`, counted through all of them."""
    sizes = [cut.shape[i] for i in cut.leading]
    if not sizes or not math.prod(sizes):
        return cut
    for dimension, at in zip(
        cut.leading, np.unravel_index(place % math.prod(sizes), sizes), strict=True
    ):
        cut = cut.placed(dimension, int(at))
    return cut


def _places(cut: Cut | None) -> int:
    return math.prod(cut.shape[i] for i in cut.leading) if cut is not None else 1


def _where(cut: Cut | None) -> str:
    """Which part is shown: `head 2 of 4`."""
    if cut is None:
        return ""
    said = tr("{name} {place} of {count}")
    return "  ".join(
        said.format(name=dimension_name(cut.names[i]), place=cut.at[i], count=cut.shape[i])
        for i in cut.leading
        if cut.shape[i] > 1
    )


def _common(one: Scale, other: Scale) -> Scale:
    """One scale for both."""
    if one == other:
        return one
    low, high = min(one.low, other.low), max(one.high, other.high)
    clipped = one.clipped or other.clipped
    if "diverging" in (one.kind, other.kind) or low < 0 < high:
        end = max(-low, high)
        return Scale("diverging", -end, end, clipped)
    return Scale("sequential", low, high, clipped, one.probability and other.probability)

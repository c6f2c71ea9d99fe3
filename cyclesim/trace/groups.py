"""Clock resolutions: how far one tick goes.

A coarser resolution groups neighbouring cycles; it never renumbers them. `token` takes everything
that one generated token costs at a tick, `layer` a whole block of the model, `module` one submodule
of a block, `step` one cycle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cyclesim.language import N_, tr
from cyclesim.trace.cycle import Call, Cycle, Resolution

__all__ = ["LATER", "Group", "group", "group_key"]


#: The phases of a training step that follow the forward.
LATER = {"backward": N_("backward"), "update": N_("update")}
#: The stacks of a model that has two.
_SIDES = {"encoder": N_("encoder layer {number}"), "decoder": N_("decoder layer {number}")}


@dataclass(frozen=True, slots=True)
class Group:
    """Consecutive cycles that one tick runs.

    Attributes:
        place: what of the model it is: the same in the forward and in what follows it.
        first, last: numbers, both inclusive.
        later: the phase of a training step after the forward, where the title has to say it.
    """

    place: str
    first: int
    last: int
    later: str = ""

    @property
    def title(self) -> str:
        """What the tick is called; the phase last, so that what belongs together is seen to."""
        return f"{self.place} · {tr(LATER[self.later])}" if self.later else self.place

    def __len__(self) -> int:
        return self.last - self.first + 1

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and self.first <= number <= self.last


def group_key(cycle: Cycle, resolution: Resolution) -> tuple[object, ...]:
    """What two neighbouring cycles must have in common to belong to the same tick."""
    if resolution == "step":
        return (cycle.number,)
    if resolution == "token":
        # Outside generation a tick is the whole model, or what comes before or after it.
        inside = cycle.stack or cycle.token is not None
        return (_later(cycle), cycle.token, "" if inside else cycle.unit)
    block = _block(cycle)
    if block is None:
        # Outside the repeated blocks a tick is one part of the model: the embeddings, the head.
        return (_later(cycle), _owner(cycle), cycle.unit if not cycle.stack else "")
    key = (_later(cycle), block)
    return key if resolution == "layer" else (*key, _owner(cycle))


def group(cycles: Sequence[Cycle], resolution: Resolution) -> list[Group]:
    """Split `cycles` into the ticks of `resolution`, in order."""
    groups: list[Group] = []
    key: tuple[object, ...] | None = None
    sided = {_side(c) for c in cycles if c.layer == 0} >= set(_SIDES)
    for cycle in cycles:
        here = group_key(cycle, resolution)
        if here == key:
            tick = groups[-1]
            groups[-1] = Group(tick.place, tick.first, cycle.number, tick.later)
        else:
            place = _place(cycle, resolution, sided)
            later = _later(cycle) if resolution in ("layer", "module") else ""
            groups.append(Group(place, cycle.number, cycle.number, later))
            key = here
    return groups


def _later(cycle: Cycle) -> str:
    """The phase of a training step after the forward; "" for everything else."""
    return cycle.phase if cycle.phase in LATER else ""


def _block(cycle: Cycle) -> Call | None:
    """The call of the repeated block it belongs to: the first whose name ends in a list index."""
    if cycle.layer is None:
        return None
    blocks = (c for c in cycle.stack if c.path.rpartition(".")[2].isdigit() and not c.leaf)
    return next(blocks, None)


def _owner(cycle: Cycle) -> Call | None:
    """The innermost module call that has submodules.

    A leaf (`query`, `dense`, `LayerNorm`) belongs with its parent, so that one tick is a part a
    person would name: self-attention, its output, the intermediate layer.
    """
    return next((c for c in reversed(cycle.stack) if not c.leaf), None)


def _side(cycle: Cycle) -> str:
    """Which of the two stacks of an encoder–decoder its block is in; "" for neither."""
    block = _block(cycle)
    named = () if block is None else block.path.split(".")
    return next((part for part in reversed(named) if part in _SIDES), "")


def _place(cycle: Cycle, resolution: Resolution, sided: bool) -> str:
    if resolution == "step":
        return cycle.label
    if resolution == "token":
        if cycle.token is not None:
            return tr("token {number}").format(number=cycle.token)
        return cycle.phase if cycle.stack else cycle.unit
    block, owner = _block(cycle), _owner(cycle)
    if block is None:
        return cycle.unit
    # A BERT is an encoder, too, but only beside a decoder need it be said.
    said = _SIDES.get(_side(cycle)) if sided else None
    place = tr(said or "layer {number}").format(number=cycle.layer)
    if resolution == "module" and owner is not None and owner != block:
        place += f" · {owner.path[len(block.path) + 1 :]}"
    return place

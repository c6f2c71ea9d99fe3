"""What a training step did to each parameter: how large its gradient was, how far it moved.

    for layer in trace.learning.layers():
        print(layer.name, layer.gradient, layer.ratio)

The *gradient norm* is the length of the gradient as a vector, √Σg², before any clipping; where it
shrinks from layer to layer towards the input, gradients vanish, where it grows, they explode. The
*update-to-weight ratio* is ‖θ' − θ‖ ÷ ‖θ‖; about 10⁻³ is a usual size for a step that learns.

Read off the recorded cycles, so it is as true as they are. A number is worked out when it is first
asked for, and None where the trace did not keep what it needs. A file has no weights: what they
were is worked out when it is written, and stands in it (`Trace.moved`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.tensor import Value

__all__ = ["Learning", "Moved"]

#: The module that a block is, in the name of a parameter: `bert.encoder.layer.3`.
_BLOCK = re.compile(r"^(.*?)\.(\d+)\.")


@dataclass(frozen=True, slots=True)
class Moved:
    """A parameter, or all those of a layer, in one training step.

    Attributes:
        name: of the parameter or of the layer (`layer 3`, `embeddings`, `classifier`).
        layer: the block, or None.
        cycles: numbers of the backward and update cycles that it comes from.
        count: how many numbers it has.
        gradient: norm of the gradient; None where it has not run or was not kept.
        weight: norm of the value before the update.
        change: norm of what the update changed.
    """

    name: str
    layer: int | None
    cycles: tuple[int, ...]
    count: int
    gradient: float | None = None
    weight: float | None = None
    change: float | None = None

    @property
    def ratio(self) -> float | None:
        """Update-to-weight ratio; None where it is not known, or the weight is 0."""
        if self.change is None or not self.weight:
            return None
        return self.change / self.weight


class Learning:
    """The parameters of a training step, in the order in which their gradients came.

    Example:
        >>> from cyclesim.trace.learning import Learning
        >>> Learning([]).parameters(), bool(Learning([]))
        ([], False)
    """

    def __init__(self, cycles: Sequence[Cycle], saved: Iterable[Moved] = ()) -> None:
        self._cycles = cycles
        #: Of a trace from a file: what its numbers no longer say.
        self._saved = {moved.name: moved for moved in saved}
        self._last = cycles[-1] if cycles else None
        self._known: dict[tuple[str, int], float | None] = {}
        #: Of each parameter, the cycle and the output that has its whole gradient.
        self.gradients: dict[str, tuple[int, int]] = {}
        #: Of each parameter, the cycle that updated it.
        self.updates: dict[str, int] = {}
        self._read = 0
        self._follow()

    def __bool__(self) -> bool:
        return bool(self.gradients)

    def is_of(self, cycles: Sequence[Cycle]) -> bool:
        """Whether it still describes `cycles`; those that were only added are read too."""
        if cycles is not self._cycles:
            return False
        if self._read and (self._read > len(cycles) or cycles[self._read - 1] is not self._last):
            return False
        self._follow()
        return True

    def _follow(self) -> None:
        new = self._cycles[self._read :]
        if not new:
            return
        # New mappings, because a view may be going through the old ones in another thread.
        gradients, updates = dict(self.gradients), dict(self.updates)
        for cycle in new:
            for place, value in enumerate(cycle.outputs):
                if value.of is None:
                    continue
                if cycle.phase == "backward":
                    gradients[value.of] = cycle.number, place
                elif value.name.partition(" of ")[0] == "value":
                    updates[value.of] = cycle.number
        self.gradients, self.updates = gradients, updates
        self._read, self._last = self._read + len(new), new[-1]

    def parameters(self, until: int | None = None) -> list[Moved]:
        """One for each parameter that has a gradient, as far as cycle `until`, or all, ran."""
        return [self._moved(name, until) for name in self.gradients if self._ran(name, until)]

    def layers(self, until: int | None = None) -> list[Moved]:
        """One for each block, and for what stands before and after them: the first of the model
        first. The norm of several vectors is that of all their numbers together.
        """
        groups: dict[str, list[Moved]] = {}
        for moved in self.parameters(until):
            groups.setdefault(_group(moved.name), []).append(moved)
        several = len({key.rpartition(".")[0] for key in groups if _is_block(key)}) > 1
        return [_together(_title(k, several), v) for k, v in reversed(groups.items())]

    def most(self, ratio: bool = True) -> Moved | None:
        """The parameter that the update moved most, by its ratio or by the norm of its change."""
        known = [m for m in self.parameters() if (m.ratio if ratio else m.change) is not None]
        return max(known, key=lambda m: (m.ratio if ratio else m.change) or 0.0, default=None)

    def note(self, cycle: Cycle) -> None:
        """Work out now what `cycle` will be asked for: in the thread that ran it."""
        for value in cycle.outputs:
            if value.of in self.gradients:
                self._moved(value.of, cycle.number)

    def _ran(self, name: str, until: int | None) -> bool:
        return until is None or self.gradients[name][0] <= until

    def _moved(self, name: str, until: int | None) -> Moved:
        number, place = self.gradients[name]
        cycle = self._cycles[number]
        gradient = cycle.outputs[place]
        updated = self.updates.get(name)
        if updated is not None and until is not None and updated > until:
            updated = None
        weight = change = None
        if updated is not None:
            weight = self._number("weight", updated, name)
            change = self._number("change", updated, name)
        return Moved(
            name,
            cycle.layer,
            (number,) if updated is None else (number, updated),
            math.prod(gradient.shape),
            self._number("gradient", number, name),
            weight,
            change,
        )

    def _number(self, what: str, number: int, name: str) -> float | None:
        key = f"{what} of {name}", number
        if key not in self._known:
            cycle = self._cycles[number]
            try:
                self._known[key] = _norm(_vectors(what, cycle, name))
            except CyclesimError:
                self._known[key] = getattr(self._saved.get(name), what, None)
        return self._known[key]


def _vectors(what: str, cycle: Cycle, name: str) -> np.ndarray:
    wrote = [v for v in cycle.outputs if v.of == name]
    if what == "gradient":
        return wrote[-1].numpy()
    before = _value(cycle.inputs, name)
    if what == "weight":
        return before.numpy()
    after = np.asarray(_value(cycle.outputs, name).numpy(), np.float64)
    changed: np.ndarray = after - before.numpy()
    return changed


def _value(values: Iterable[Value], name: str) -> Value:
    for value in values:
        if value.of == name and value.name.partition(" of ")[0] == "value":
            return value
    raise CyclesimError(tr("no value of {name}.").format(name=name))


def _norm(numbers: np.ndarray) -> float:
    flat = np.asarray(numbers, np.float64).reshape(-1)
    return math.sqrt(float(flat @ flat))


def _group(name: str) -> str:
    """The block of a parameter, else the module below the model that it is in."""
    block = _BLOCK.match(name)
    if block is not None:
        return f"{block[1]}.{block[2]}"
    words = [word for word in name.split(".")[:-1] if word]
    return words[min(1, len(words) - 1)] if words else name


def _is_block(key: str) -> bool:
    return key.rpartition(".")[2].isdigit()


def _title(key: str, several: bool) -> str:
    if not _is_block(key):
        return key
    blocks, _, number = key.rpartition(".")
    if not several:
        return f"layer {number}"
    return f"{'.'.join(blocks.split('.')[-2:])} {number}"


def _together(name: str, parts: Sequence[Moved]) -> Moved:
    return Moved(
        name,
        parts[0].layer,
        tuple(sorted({number for part in parts for number in part.cycles})),
        sum(part.count for part in parts),
        _joined([part.gradient for part in parts]),
        _joined([part.weight for part in parts]),
        _joined([part.change for part in parts]),
    )


def _joined(norms: Sequence[float | None]) -> float | None:
    known = [norm for norm in norms if norm is not None]
    return math.sqrt(sum(n * n for n in known)) if len(known) == len(norms) else None

"""What the rules are given, and what they give back."""

from __future__ import annotations

from typing import NamedTuple

from cyclesim.trace import Unit

__all__ = ["Name", "Seen", "plain"]


class Name(NamedTuple):
    """What a cycle is called."""

    unit: Unit
    step: str


class Seen(NamedTuple):
    """What the rules may look at, apart from where the call stands (see `Place`).

    Attributes:
        op: short name of the torch function.
        operands: number of tensor inputs.
        same_shape: whether there are two tensor inputs that fill the same shape.
        sources: names of the cycles that it reads from, one for each input that a cycle wrote.
        weights: names of the model's own tensors that it reads, without the modules' paths.
        integer: whether the output holds integers or booleans.
        function: name of the Python function that made the call.
        file: name of the source file that made the call.
    """

    op: str
    operands: int
    same_shape: bool
    sources: tuple[Name, ...]
    weights: tuple[str, ...]
    integer: bool
    function: str
    file: str

    @property
    def reads(self) -> frozenset[str]:
        """The units of the cycles that it reads from."""
        return frozenset(name.unit for name in self.sources)

    def reads_step(self, *steps: str) -> bool:
        """Whether it reads a cycle of one of these steps, or of a part of one (`steps.part`)."""
        return any(is_part(name.step, step) for name in self.sources for step in steps)

    def reads_only(self, unit: str, step: str) -> bool:
        """Whether it reads cycles, and all of them are of `unit` and `step` or parts of it."""
        found = self.sources
        return bool(found) and all(n.unit == unit and is_part(n.step, step) for n in found)


def is_part(step: str, of: str) -> bool:
    """Whether `step` is `of`, or a part of it: `rms_norm.scale` is one of `rms_norm`."""
    return step.startswith(of) and (len(step) == len(of) or step[len(of)] == ".")


def plain(op: str) -> str:
    """`__getitem__` → `getitem`, `add_` → `add`."""
    return op.strip("_") or op

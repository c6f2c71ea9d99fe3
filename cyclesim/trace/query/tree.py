"""The parsed condition: nodes that print themselves, name their fields and can be asked.

The nodes are plain values: two texts that mean the same are equal trees, and `str` of a tree
parses back to it.
"""

from __future__ import annotations

import fnmatch
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Literal

from cyclesim.trace.cycle import PHASES, UNITS
from cyclesim.trace.query.fields import FIELDS, Asked

__all__ = [
    "And",
    "Compare",
    "Condition",
    "Constant",
    "Flag",
    "Items",
    "Name",
    "Not",
    "Operand",
    "Or",
    "Reference",
    "Word",
    "equal",
]

#: The unit of measure of a number in the text. Values are held in nanoseconds and bytes.
Measure = Literal["", "ns", "B"]


# -- operands ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reference:
    """A field of the cycle."""

    name: str

    def __str__(self) -> str:
        return self.name

    def value(self, asked: Asked) -> Any:
        return asked.get(self.name)


@dataclass(frozen=True)
class Constant:
    """A number, text, truth value or `none` that stands in the condition."""

    constant: int | float | str | bool | None
    measure: Measure = ""

    def __eq__(self, other: object) -> bool:
        # 1, 1.0 and true are equal in Python, and NaN is not; here a tree must equal its reprint.
        return isinstance(other, Constant) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __str__(self) -> str:
        value = self.constant
        if value is None or isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, str):
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        if math.isnan(value) or value == math.inf:
            return f"+{value}"  # with a sign it cannot be taken for the fields `nan` and `inf`
        return f"{value!r}{self.measure}"

    def value(self, asked: Asked) -> Any:
        return self.constant


@dataclass(frozen=True)
class Items:
    """A list of constants."""

    items: tuple[Constant, ...]

    def __str__(self) -> str:
        return f"[{', '.join(map(str, self.items))}]"

    def value(self, asked: Asked) -> Any:
        return tuple(item.constant for item in self.items)


Operand = Reference | Constant | Items


# -- conditions --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Flag:
    """A field alone: true, or a count above 0."""

    name: str

    @cached_property
    def fields(self) -> frozenset[str]:
        return frozenset((self.name,))

    def __str__(self) -> str:
        return self.name

    def holds(self, asked: Asked) -> bool:
        return bool(asked.get(self.name))


@dataclass(frozen=True)
class Word:
    """`true` or `false` alone."""

    truth: bool

    fields = frozenset[str]()

    def __str__(self) -> str:
        return str(self.truth).lower()

    def holds(self, asked: Asked) -> bool:
        return self.truth


@dataclass(frozen=True)
class Name:
    """A bare word: a unit, a phase, or a step with its parts (`rms_norm.scale`)."""

    name: str

    @cached_property
    def fields(self) -> frozenset[str]:
        return frozenset(("phase", "unit", "step") if self.name in PHASES else ("unit", "step"))

    def __str__(self) -> str:
        return self.name

    def holds(self, asked: Asked) -> bool:
        cycle = asked.cycle
        if self.name in (cycle.unit, cycle.step, cycle.phase):
            return True
        # `output` is the unit, and not the beginning of `output.dense`.
        return self.name not in UNITS and cycle.step.startswith(f"{self.name}.")


@dataclass(frozen=True)
class Compare:
    """A comparison, or a chain of them: `operands[0] ops[0] operands[1] ops[1] …`."""

    operands: tuple[Operand, ...]
    ops: tuple[str, ...]

    @cached_property
    def fields(self) -> frozenset[str]:
        return frozenset(o.name for o in self.operands if isinstance(o, Reference))

    def __str__(self) -> str:
        tail = "".join(
            f" {op} {o}" for op, o in zip(self.ops, self.operands[1:], strict=True)
        )  # fmt: skip
        return f"{self.operands[0]}{tail}"

    def holds(self, asked: Asked) -> bool:
        left = self.operands[0].value(asked)
        for op, operand in zip(self.ops, self.operands[1:], strict=True):
            right = operand.value(asked)
            if not _related(op, left, right):
                return False
            left = right
        return True


@dataclass(frozen=True)
class Not:
    """The opposite."""

    item: Condition

    @cached_property
    def fields(self) -> frozenset[str]:
        return self.item.fields

    def __str__(self) -> str:
        inner = f"({self.item})" if isinstance(self.item, (And, Or)) else str(self.item)
        return f"not {inner}"

    def holds(self, asked: Asked) -> bool:
        return not self.item.holds(asked)


@dataclass(frozen=True)
class _Joined:
    items: tuple[Condition, ...]

    @cached_property
    def fields(self) -> frozenset[str]:
        return frozenset().union(*(item.fields for item in self.items))

    @cached_property
    def cheap_first(self) -> tuple[Condition, ...]:
        """Asking has no side effect and never fails, so the order is ours to choose."""
        return tuple(sorted(self.items, key=cost))

    def _joined(self, word: str, *wrapped: type) -> Iterator[str]:
        for place, item in enumerate(self.items):
            yield f" {word} " if place else ""
            yield f"({item})" if isinstance(item, wrapped) else str(item)


class And(_Joined):
    """All of them."""

    def __str__(self) -> str:
        return "".join(self._joined("and", And, Or))

    def holds(self, asked: Asked) -> bool:
        return all(item.holds(asked) for item in self.cheap_first)


class Or(_Joined):
    """At least one of them."""

    def __str__(self) -> str:
        return "".join(self._joined("or", Or))

    def holds(self, asked: Asked) -> bool:
        return any(item.holds(asked) for item in self.cheap_first)


Condition = And | Or | Not | Compare | Flag | Word | Name


def cost(condition: Condition) -> int:
    """What the dearest field in it costs to read."""
    return max((FIELDS[name].cost for name in condition.fields), default=0)


# -- comparing ---------------------------------------------------------------------------------


def _related(op: str, left: Any, right: Any) -> bool:
    if op == "==":
        return equal(left, right)
    if op == "!=":
        return not equal(left, right)
    if op == "not in":
        return not _related("in", left, right)
    if op == "in" and isinstance(right, tuple):
        return any(equal(left, item) for item in right)
    if left is None or right is None:
        return False
    if op == "in":
        return bool(left in right)
    if op == "~":
        return pattern(right).match(left) is not None
    if op == "<":
        return bool(left < right)
    if op == "<=":
        return bool(left <= right)
    if op == ">":
        return bool(left > right)
    return bool(left >= right)


def equal(left: Any, right: Any) -> bool:
    """As in Python, but a NaN is a NaN: nobody who writes `mean == nan` wants always false."""
    if isinstance(left, float) and isinstance(right, float) and math.isnan(left):
        return math.isnan(right)
    return bool(left == right)


@lru_cache(maxsize=256)
def pattern(glob: str) -> re.Pattern[str]:
    """The glob as Python translates it: every `*` is settled once and never tried again, so that
    no pattern takes exponential time."""
    return re.compile(fnmatch.translate(glob))

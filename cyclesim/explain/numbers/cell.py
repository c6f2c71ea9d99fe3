"""What the rules are given and what they find; how numbers are written in a formula."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from cyclesim.explain.read import Place, broadcast, numbers
from cyclesim.explain.shapes import operand
from cyclesim.language import tr
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.tensor import Value
from cyclesim.trace.trace import Trace

__all__ = ["SHOWN", "Cell", "Found", "Rule", "dot", "factor", "number", "terms"]

#: Products or terms of a sum that are written out.
SHOWN = 3

#: What a step's output is called in a formula.
_SYMBOLS = {
    "query": "q", "key": "k", "value": "v", "logits": "z", "scores": "s", "scale": "s", "mask": "s",
    "context": "c", "labels": "label",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of an output of a cycle, the first as a rule."""

    cycle: Cycle
    trace: Trace | None
    where: tuple[int, ...]
    output: int = 0

    @property
    def symbol(self) -> str:
        """What the output is called."""
        return _SYMBOLS.get(self.cycle.step, "y")

    def has(self, name: str) -> bool:
        """Whether there is an operand called `name`."""
        return operand(self.cycle, name) is not None

    def at(self, name: str, place: int) -> Value:
        """The operand called `name`, else the one at `place`."""
        return operand(self.cycle, name) or self.cycle.inputs[place]

    def read(self, value: Value, *place: Any) -> np.ndarray:
        """`value[place]` in double precision."""
        return numbers(value, self.trace, tuple(place))

    def meets(self, value: Value, where: Place | None = None) -> float:
        """The number of `value` that meets this cell (or the place `where`) by broadcasting."""
        return broadcast(value, self.trace, self.where if where is None else where)

    def argument(self, name: str, default: Any = None) -> Any:
        """An argument that is no tensor, as the number, tuple or word that it was."""
        text = self.cycle.arguments.get(name)
        if text is None:
            return default
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError):
            return text


class Found(NamedTuple):
    """What a rule found: the right-hand side, its value, and how large its terms were."""

    text: str
    value: float
    size: float
    symbol: str = "y"


#: Works one cell out. Raises an error of arithmetic or look-up where it does not apply.
Rule = Callable[[Cell], Found]


def number(value: float) -> str:
    """Four significant digits, all of an integer, with a real minus sign: `−0.1234`."""
    whole = 1e3 < abs(value) < 1e6 and value == int(value)
    text = f"{int(value)}" if whole else f"{value:.4g}"
    return text.replace("-", "−")


def factor(value: float) -> str:
    """A number inside a product, a sum or a power: negative ones in brackets."""
    return f"({number(value)})" if value < 0 else number(value)


def terms(shown: list[str], count: int) -> str:
    """`0.1 + 0.2 + 0.3 + … + 29 more`, of `count` terms of which `shown` are written out."""
    more = count - len(shown)
    left = tr("{count} more").format(count=f"{more:,}")
    return " + ".join(shown) + (f" + … + {left}" if more > 0 else "")


def dot(left: np.ndarray, right: np.ndarray, symbol: str = "y") -> Found:
    """The sum of the products of two vectors."""
    pairs = zip(left[:SHOWN], right[:SHOWN], strict=True)
    text = terms([f"{factor(a)}·{factor(b)}" for a, b in pairs], len(left))
    products = left * right
    return Found(text, float(products.sum()), float(abs(products).sum()), symbol)

"""Rules for the cells of gradients: the chain rule with the real numbers of one cell.

Each rule is of one operand of one function, and reads the gradient that arrived, called g, and what
backward kept of the forward.
"""

from __future__ import annotations

from cyclesim.cost.learning import forward_op
from cyclesim.explain.numbers.backward.attention import ATTENTION
from cyclesim.explain.numbers.backward.elements import ELEMENTS
from cyclesim.explain.numbers.backward.picking import PICKING
from cyclesim.explain.numbers.backward.products import PRODUCTS
from cyclesim.explain.numbers.backward.rows import ROWS
from cyclesim.explain.numbers.cell import Rule
from cyclesim.trace.cycle import Cycle

__all__ = ["gradient_rule"]

_RULES: dict[str, dict[str, Rule]] = {**PRODUCTS, **ATTENTION, **ROWS, **ELEMENTS, **PICKING}


def gradient_rule(cycle: Cycle, name: str) -> Rule | None:
    """The rule for the gradient called `name` that `cycle` wrote; None if there is none."""
    rules = _RULES.get(forward_op(cycle.op) or "", {})
    # `grad tensors[2]`: one rule for all the operands of a list.
    return rules.get(name) or rules.get(name.partition("[")[0] if name.endswith("]") else "")

"""A computation with its real shapes: `[1,4,9,32] @ [1,4,32,9] → [1,4,9,9]`."""

from __future__ import annotations

from collections.abc import Sequence

from cyclesim.cost.names import canonical
from cyclesim.language import tr
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.tensor import Value

__all__ = ["operand", "scalar_operand", "shape_line", "shape_text"]

_INFIX = {
    "add": "+",
    "sub": "−",
    "mul": "×",
    "div": "÷",
    "matmul": "@",
    "mm": "@",
    "bmm": "@",
    "mv": "@",
    "eq": "=",
    "ne": "≠",
    "lt": "<",
    "le": "≤",
    "gt": ">",
    "ge": "≥",
    "logical_and": "and",
    "bitwise_and": "and",
    "logical_or": "or",
    "bitwise_or": "or",
    "pow": "^",
}


def shape_text(shape: Sequence[int]) -> str:
    """`[1,4,9,9]`; a single number is `[]`."""
    return "[" + ",".join(map(str, shape)) + "]"


def operand(cycle: Cycle, *names: str) -> Value | None:
    """The input of `cycle` that has one of `names`."""
    return next((v for name in names for v in cycle.inputs if v.name == name), None)


def shape_line(cycle: Cycle) -> str:
    """The computation of `cycle` in real shapes."""
    name = canonical(cycle.op)
    written = ", ".join(shape_text(v.shape) for v in cycle.outputs) or tr("nothing")
    read = _read(cycle, name)
    return f"{read} → {written}" if read else f"→ {written}"


def _read(cycle: Cycle, name: str) -> str:
    shapes = [shape_text(v.shape) for v in cycle.inputs]
    if name in _INFIX:
        sign = f" {_INFIX[name]} "
        if len(shapes) == 2:
            return sign.join(shapes)
        scalar = scalar_operand(cycle)
        if len(shapes) == 1 and scalar is not None:
            number = f"{scalar:.4g}"
            reflected = cycle.op.startswith("__r") or cycle.op in ("rsub", "rdiv", "rpow")
            return sign.join((number, shapes[0]) if reflected else (shapes[0], number))
    if name == "linear" and len(shapes) >= 2:
        bias = f" + {shapes[2]}" if len(shapes) > 2 else ""
        return f"{shapes[0]} @ {shapes[1]}ᵀ{bias}"
    if name in ("addmm", "baddbmm") and len(shapes) == 3:
        return f"{shapes[1]} @ {shapes[2]} + {shapes[0]}"
    if name == "scaled_dot_product_attention" and len(shapes) >= 3:
        mask = f", mask {shapes[3]}" if len(shapes) > 3 else ""
        return f"Q {shapes[0]}, K {shapes[1]}, V {shapes[2]}{mask}"
    if name == "embedding":
        weight, ids = operand(cycle, "weight"), operand(cycle, "input", "indices")
        if weight is not None and ids is not None:
            said = tr("rows {ids} of {table}")
            return said.format(ids=shape_text(ids.shape), table=shape_text(weight.shape))
    if name == "layer_norm" and len(shapes) == 3:
        return f"norm {shapes[0]} × {shapes[1]} + {shapes[2]}"
    if len(shapes) > 4:
        shapes = [*shapes[:3], tr("{count} more").format(count=len(shapes) - 3)]
    return ", ".join(shapes)


def scalar_operand(cycle: Cycle) -> float | None:
    """The one operand that is a plain number."""
    for name in ("other", "exponent", "argument 1", "value"):
        text = cycle.arguments.get(name)
        if text is not None:
            try:
                return float(text)
            except ValueError:
                return None
    return None

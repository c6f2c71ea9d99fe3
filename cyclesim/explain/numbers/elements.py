"""Rules for cells that depend on one number of each operand."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable

from cyclesim.explain.numbers.cell import Cell, Found, Rule, factor, number
from cyclesim.explain.shapes import scalar_operand
from cyclesim.trace.tensor import Value

__all__ = ["ELEMENTS", "same"]


def same(cell: Cell) -> Found:
    """A NOP: what was read."""
    value = cell.meets(cell.cycle.inputs[0])
    return Found("x", value, abs(value))


def _typed(cell: Cell) -> Found:
    """The same number in another type."""
    x, dtype = cell.meets(cell.cycle.inputs[0]), cell.cycle.outputs[0].dtype
    value = float(x != 0) if dtype == "bool" else x
    if dtype.startswith(("int", "uint")):
        value = float(math.trunc(x))
    return Found(number(x), value, abs(x))


def _operands(cell: Cell) -> tuple[float, float]:
    """The two numbers that meet in this cell; one of them may be an argument."""
    inputs = cell.cycle.inputs
    if len(inputs) == 2:
        return cell.meets(inputs[0]), cell.meets(inputs[1])
    if inputs[0].name in ("other", "exponent"):
        left = cell.argument("input", cell.argument("self"))
        return float(left), cell.meets(inputs[0])
    scalar = scalar_operand(cell.cycle)
    if scalar is None:
        raise ValueError("no second operand")
    read = cell.meets(inputs[0])
    reflected = cell.cycle.op.strip("_") in ("rsub", "rdiv", "rpow", "rtruediv")
    return (scalar, read) if reflected else (read, scalar)


def _binary(sign: str, compute: Callable[[float, float], float]) -> Rule:
    def rule(cell: Cell) -> Found:
        if cell.argument("rounding_mode") is not None:
            raise ValueError("rounds")
        a, b = _operands(cell)
        times = float(cell.argument("alpha", 1))
        right = factor(b) if times == 1 else f"{number(times)}·{factor(b)}"
        size = abs(a) + abs(times * b) if sign in "+−" else 0.0
        left = factor(a) if sign == "^" else number(a)
        return Found(f"{left} {sign} {right}", float(compute(a, times * b)), size, cell.symbol)

    return rule


def _chosen(name: str, compute: Callable[[float, float], float]) -> Rule:
    """The larger or smaller of two."""

    def rule(cell: Cell) -> Found:
        a, b = _operands(cell)
        return Found(f"{name}({number(a)}, {number(b)})", compute(a, b), 0.0)

    return rule


def _unary(form: str, compute: Callable[[float], float]) -> Rule:
    def rule(cell: Cell) -> Found:
        x = cell.meets(cell.cycle.inputs[0])
        return Found(form.format(number(x)), float(compute(x)), 0.0)

    return rule


def _gelu(cell: Cell) -> Found:
    x = cell.meets(cell.cycle.inputs[0])
    if cell.argument("approximate", "none") == "tanh":
        inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
        value = 0.5 * x * (1 + math.tanh(inner))
        return Found(f"{number(x)}/2 · (1 + tanh({number(inner)}))", value, abs(x))
    phi = 0.5 * (1 + math.erf(x / math.sqrt(2)))
    text = f"{number(x)} · Φ({number(x)}) = {number(x)} · {number(phi)}"
    return Found(text, x * phi, abs(x))


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _where(cell: Cell) -> Found:
    condition = cell.meets(cell.at("condition", 0)) != 0
    x, y = (_branch(cell, names) for names in (("x", "input", "self"), ("y", "other")))
    return _either(cell, condition, x, y)


def _either(cell: Cell, condition: bool, x: float, y: float) -> Found:
    text = f"where({'true' if condition else 'false'}, {number(x)}, {number(y)})"
    return Found(text, x if condition else y, 0.0, cell.symbol)


def _branch(cell: Cell, names: tuple[str, ...]) -> float:
    for name in names:
        if cell.has(name):
            return cell.meets(cell.at(name, 0))
        if name in cell.cycle.arguments:
            return float(cell.argument(name))
    raise LookupError(names[0])


def _masked_fill(cell: Cell) -> Found:
    x, masked = cell.meets(cell.at("self", 0)), cell.meets(cell.at("mask", 1)) != 0
    fill: Value | float = cell.at("value", 2) if cell.has("value") else cell.argument("value")
    value = cell.meets(fill) if isinstance(fill, Value) else float(fill)
    return _either(cell, masked, value, x)


def _clamp(cell: Cell) -> Found:
    x = cell.meets(cell.at("input", 0))
    low, high = (cell.argument(name) for name in ("min", "max"))
    value = x if low is None else max(x, float(low))
    value = value if high is None else min(value, float(high))
    bounds = "…".join("" if bound is None else number(bound) for bound in (low, high))
    return Found(f"clamp({number(x)}, {bounds})", value, 0.0)


_COMPARISONS: tuple[tuple[str, str, Callable[[float, float], bool]], ...] = (
    ("eq", "=", operator.eq), ("ne", "≠", operator.ne), ("lt", "<", operator.lt),
    ("le", "≤", operator.le), ("gt", ">", operator.gt), ("ge", "≥", operator.ge),
)  # fmt: skip

ELEMENTS: dict[str, Rule] = {
    "gelu": _gelu,
    "add": _binary("+", operator.add),
    "sub": _binary("−", operator.sub),
    "mul": _binary("×", operator.mul),
    "div": _binary("÷", operator.truediv),
    "pow": _binary("^", operator.pow),
    **{name: _binary(sign, compute) for name, sign, compute in _COMPARISONS},
    "maximum": _chosen("max", max),
    "minimum": _chosen("min", min),
    "relu": _unary("max(0, {})", lambda x: max(0.0, x)),
    "tanh": _unary("tanh({})", math.tanh),
    "sigmoid": _unary("1 / (1 + e^−({}))", _sigmoid),
    "silu": _unary("{0} · sigmoid({0})", lambda x: x * _sigmoid(x)),
    "rsqrt": _unary("1/√({})", lambda x: x**-0.5),
    "sqrt": _unary("√({})", math.sqrt),
    "neg": _unary("−({})", operator.neg),
    "exp": _unary("e^({})", math.exp),
    "log": _unary("ln({})", math.log),
    "cos": _unary("cos({})", math.cos),
    "sin": _unary("sin({})", math.sin),
    "abs": _unary("|{}|", abs),
    "bitwise_not": _unary("1 − {}", lambda x: 1 - x),
    "ceil": _unary("⌈{}⌉", math.ceil),
    "sign": _unary("sign({})", lambda x: float((x > 0) - (x < 0))),
    "bitwise_and": _binary("∧", lambda a, b: int(a) & int(b)),
    "clamp": _clamp,
    "where": _where,
    "masked_fill": _masked_fill,
    **dict.fromkeys(
        ("to", "type", "type_as", "float", "half", "bfloat16", "double", "long", "int", "bool"),
        _typed,
    ),
    "clone": _typed,
}

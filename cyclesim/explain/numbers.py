"""The formula of one output cell with its real numbers, taken from the trace.

    p(Ada, Love) = e^2.134 / (e^0.3021 + e^2.134 + … + 7 more) = 0.6127

Each rule works the cell out in double precision from the recorded operands. The result that is
shown is the recorded one; where the two do not agree within the precision of the run (the cell was
computed in a way the rule does not know), nothing is shown rather than something untrue.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from cyclesim.cost.names import canonical
from cyclesim.errors import CyclesimError
from cyclesim.explain.axes import axes_of
from cyclesim.explain.explanation import ascii_text
from cyclesim.explain.quote import printable
from cyclesim.explain.read import broadcast, numbers
from cyclesim.explain.shapes import operand, scalar_operand
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.tensor import Value
from cyclesim.trace.trace import Trace

__all__ = ["worked"]

#: Products or terms of a sum that are written out.
_SHOWN = 3


class _Cell(NamedTuple):
    """What a rule is given."""

    cycle: Cycle
    trace: Trace | None
    where: tuple[int, ...]

    def at(self, name: str, place: int) -> Value:
        """The operand called `name`, else the one at `place`."""
        return operand(self.cycle, name) or self.cycle.inputs[place]


class _Worked(NamedTuple):
    """What a rule found: the right-hand side, its value, and how large its terms were."""

    text: str
    value: float
    size: float
    symbol: str = "y"


_Rule = Callable[[_Cell], _Worked]


def worked(
    cycle: Cycle, trace: Trace | None, index: Sequence[int], *, ascii: bool = False
) -> str | None:
    """The formula of `cycle` with the numbers of its output cell `index`.

    Args:
        cycle: any cycle of `trace`.
        trace: where operands and names of tokens are.
        index: position in the first output, one integer for each axis; negative ones count back.
        ascii: spell the symbols in ASCII.

    Returns:
        One line, or None where the numbers were not kept, the index does not fit, or no rule
        reproduces the cell.
    """
    if not cycle.outputs or cycle.outputs[0].data is None:
        return None
    output = cycle.outputs[0]
    place = _normal(index, output.shape)
    rule = _same if cycle.nop else _RULES.get(canonical(cycle.op))
    if place is None or rule is None:
        return None
    try:
        recorded = float(output.numpy(place))
        with np.errstate(all="ignore"):
            found = rule(_Cell(cycle, trace, place))
        if not _agree(found, recorded, output.dtype):
            return None
    except (CyclesimError, LookupError, ValueError, TypeError, ArithmeticError):
        return None
    # A token may hold a symbol that ASCII spells otherwise: only the formula is spelled out.
    name = _cell_name(found.symbol, cycle, trace, place)
    text = f" = {found.text} = {number(recorded)}"
    return name + (ascii_text(text) if ascii else text)


def number(value: float) -> str:
    """Four significant digits, with a real minus sign: `−0.1234`."""
    text = f"{value:.4g}"
    return text.replace("-", "−")


def _normal(index: Sequence[int], shape: tuple[int, ...]) -> tuple[int, ...] | None:
    if len(index) != len(shape):
        return None
    place = tuple(int(i) + n if i < 0 else int(i) for i, n in zip(index, shape, strict=True))
    return place if all(0 <= i < n for i, n in zip(place, shape, strict=True)) else None


def _agree(found: _Worked, recorded: float, dtype: str) -> bool:
    if math.isnan(recorded) or math.isinf(recorded):
        return str(found.value) == str(recorded)
    # Wide enough for float16 and for TF32 products, narrow enough to notice another formula.
    tolerance = {"bfloat16": 3e-2, "float16": 4e-3}.get(dtype, 1e-3)
    return abs(found.value - recorded) <= tolerance * max(found.size, abs(recorded)) + 1e-9


def _cell_name(symbol: str, cycle: Cycle, trace: Trace | None, place: tuple[int, ...]) -> str:
    """`p(Ada, Love)`: the token or label of each axis, else its number; batch and head left out."""
    axes = axes_of(cycle, trace)[0]
    tokens = trace.header.tokens if trace is not None else ()
    labels = trace.header.labels if trace is not None else ()
    shape = cycle.outputs[0].shape
    names = []
    # The header knows the tokens of a single text only.
    alone = all(n == 1 for axis, n in zip(axes, shape, strict=True) if axis == "batch")
    for axis, i, size in zip(axes, place, shape, strict=True):
        if axis in ("token", "query", "key") and size == len(tokens) and alone:
            names.append(printable(tokens[i]))
        elif axis == "label" and size == len(labels):
            names.append(printable(labels[i]))
        elif axis not in ("batch", "head") or (axis == "batch" and size > 1):
            names.append(str(i))
    return f"{symbol}({', '.join(names)})" if names else symbol


def _in(value: float) -> str:
    """A number inside a product or a power: negative ones in brackets."""
    return f"({number(value)})" if value < 0 else number(value)


def _products(left: np.ndarray, right: np.ndarray) -> str:
    """`0.1·0.2 + (−0.3)·0.4 + … + 29 more`."""
    shown = " + ".join(
        f"{_in(a)}·{_in(b)}" for a, b in zip(left[:_SHOWN], right[:_SHOWN], strict=True)
    )
    more = len(left) - _SHOWN
    return shown + (f" + … + {more:,} more" if more > 0 else "")


def _dot(left: np.ndarray, right: np.ndarray, symbol: str = "y") -> _Worked:
    terms = left * right
    return _Worked(_products(left, right), float(terms.sum()), float(abs(terms).sum()), symbol)


# -- rules: one for each torch function -------------------------------------------------------


def _same(cell: _Cell) -> _Worked:
    value = broadcast(cell.cycle.inputs[0], cell.trace, cell.where)
    return _Worked("x", value, abs(value))


_SYMBOLS = {"query": "q", "key": "k", "value": "v", "logits": "z", "scores": "s", "context": "c"}


def _symbol(cell: _Cell) -> str:
    return _SYMBOLS.get(cell.cycle.step, "y")


def _linear(cell: _Cell) -> _Worked:
    x = numbers(cell.at("input", 0), cell.trace, (*cell.where[:-1], slice(None)))
    weight = numbers(cell.at("weight", 1), cell.trace, (cell.where[-1], slice(None)))
    found = _dot(x, weight, _symbol(cell))
    if len(cell.cycle.inputs) < 3:
        return found
    bias = broadcast(cell.at("bias", 2), cell.trace, (cell.where[-1],))
    return _add_bias(found, bias)


def _add_bias(found: _Worked, bias: float) -> _Worked:
    return found._replace(
        text=f"{found.text} + {_in(bias)}",
        value=found.value + bias,
        size=found.size + abs(bias),
    )


def _addmm(cell: _Cell) -> _Worked:
    row, column = cell.where
    left = numbers(cell.at("mat1", 1), cell.trace, (row, slice(None)))
    right = numbers(cell.at("mat2", 2), cell.trace, (slice(None), column))
    return _add_bias(_dot(left, right, _symbol(cell)),
                     broadcast(cell.at("input", 0), cell.trace, cell.where))  # fmt: skip


def _matmul(cell: _Cell) -> _Worked:
    a, b = cell.cycle.inputs[:2]
    *batch, row, column = cell.where
    left = numbers(a, cell.trace, (*_own(a.shape[:-2], batch), row, slice(None)))
    right = numbers(b, cell.trace, (*_own(b.shape[:-2], batch), slice(None), column))
    return _dot(left, right, _symbol(cell))


def _own(shape: tuple[int, ...], batch: Sequence[int]) -> list[int]:
    """Position along the batch axes of an operand that may be broadcast."""
    last = batch[len(batch) - len(shape) :]
    return [0 if size == 1 else i for size, i in zip(shape, last, strict=True)]


def _attention(cell: _Cell) -> _Worked:
    batch, head, row, channel = cell.where
    q, k, v = cell.at("query", 0), cell.at("key", 1), cell.at("value", 2)
    shared = head // max(1, q.shape[1] // k.shape[1])  # grouped-query attention
    query = numbers(q, cell.trace, (batch, head, row, slice(None)))
    keys = numbers(k, cell.trace, (batch, shared, slice(None), slice(None)))
    values = numbers(v, cell.trace, (batch, shared, slice(None), channel))
    scale = cell.cycle.arguments.get("scale")
    scores = keys @ query * (float(scale) if scale else len(query) ** -0.5)
    mask = operand(cell.cycle, "attn_mask")
    if mask is not None:
        whole = numbers(mask, cell.trace, (*_own(mask.shape[:-2], (batch, head)), ...))
        line = whole[row if mask.shape[-2] > 1 else 0]
        scores = np.where(line > 0, scores, -np.inf) if mask.dtype == "bool" else scores + line
    if cell.cycle.arguments.get("is_causal") == "True":
        scores[row + 1 :] = -np.inf
    weights = np.exp(scores - scores.max())
    found = _dot(weights / weights.sum(), values, "c")
    return found._replace(text=f"Σ p·v = {found.text}")


def _softmax(cell: _Cell) -> _Worked:
    axis = int(cell.cycle.arguments.get("dim", "-1")) % len(cell.where)
    place = (*cell.where[:axis], slice(None), *cell.where[axis + 1 :])
    row = numbers(cell.cycle.inputs[0], cell.trace, place)
    here = cell.where[axis]
    powers = np.exp(row - row.max())
    terms = [f"e^{_in(x)}" for x in row[:_SHOWN]]
    if len(row) > _SHOWN:
        terms.append(f"… + {len(row) - _SHOWN:,} more")
    text = f"e^{_in(row[here])} / ({' + '.join(terms)})"
    return _Worked(text, float(powers[here] / powers.sum()), 0.0, "p")


def _binary(sign: str, compute: Callable[[float, float], float]) -> _Rule:
    def rule(cell: _Cell) -> _Worked:
        inputs = cell.cycle.inputs
        a = broadcast(inputs[0], cell.trace, cell.where)
        if len(inputs) == 2:
            b = broadcast(inputs[1], cell.trace, cell.where)
        else:
            scalar = scalar_operand(cell.cycle)
            if scalar is None:
                raise ValueError("no second operand")
            b = scalar
            if cell.cycle.op.strip("_") in ("rsub", "rdiv", "rpow", "rtruediv"):
                a, b = b, a
        size = abs(a) + abs(b) if sign in "+−" else 0.0
        symbol = "s" if cell.cycle.step in ("scale", "mask") else "y"
        left = _in(a) if sign == "^" else number(a)
        return _Worked(f"{left} {sign} {_in(b)}", compute(a, b), size, symbol)

    return rule


def _unary(name: str, compute: Callable[[float], float]) -> _Rule:
    def rule(cell: _Cell) -> _Worked:
        x = broadcast(cell.cycle.inputs[0], cell.trace, cell.where)
        return _Worked(name.format(number(x)), compute(x), abs(x) * 1e-3)

    return rule


def _gelu(cell: _Cell) -> _Worked:
    x = broadcast(cell.cycle.inputs[0], cell.trace, cell.where)
    if "tanh" in cell.cycle.arguments.get("approximate", "none"):
        inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
        value = 0.5 * x * (1 + math.tanh(inner))
        return _Worked(f"{number(x)}/2 · (1 + tanh({number(inner)}))", value, abs(x))
    phi = 0.5 * (1 + math.erf(x / math.sqrt(2)))
    text = f"{number(x)} · Φ({number(x)}) = {number(x)} · {number(phi)}"
    return _Worked(text, x * phi, abs(x))


def _layer_norm(cell: _Cell) -> _Worked:
    shape = cell.cycle.arguments.get("normalized_shape", "")
    if shape.count(",") > 1 and not shape.rstrip(")] ").endswith(","):
        raise ValueError("normalises over several axes")
    row = numbers(cell.at("input", 0), cell.trace, (*cell.where[:-1], slice(None)))
    here = cell.where[-1]
    eps = float(cell.cycle.arguments.get("eps", "1e-5"))
    mean, spread = float(row.mean()), math.sqrt(float(row.var()) + eps)
    value = (row[here] - mean) / spread
    text = f"({number(row[here])} − {_in(mean)}) / {number(spread)}"
    size = abs(value)
    weight, bias = operand(cell.cycle, "weight"), operand(cell.cycle, "bias")
    if weight is not None:
        gamma = broadcast(weight, cell.trace, (here,))
        value, text = value * gamma, f"{text} · {_in(gamma)}"
    if bias is not None:
        beta = broadcast(bias, cell.trace, (here,))
        value, text, size = value + beta, f"{text} + {_in(beta)}", size + abs(beta)
    return _Worked(text, float(value), size)


def _embedding(cell: _Cell) -> _Worked:
    row = int(broadcast(cell.at("input", 0), cell.trace, cell.where[:-1]))
    column = cell.where[-1]
    value = float(numbers(cell.at("weight", 1), cell.trace, (row, column)))
    return _Worked(f"row {row:,}, column {column:,} of the table", value, 0.0, "e")


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


_RULES: dict[str, _Rule] = {
    "linear": _linear,
    "addmm": _addmm,
    **dict.fromkeys(("matmul", "bmm", "mm"), _matmul),
    "scaled_dot_product_attention": _attention,
    "softmax": _softmax,
    "layer_norm": _layer_norm,
    "embedding": _embedding,
    "gelu": _gelu,
    "add": _binary("+", lambda a, b: a + b),
    "sub": _binary("−", lambda a, b: a - b),
    "mul": _binary("×", lambda a, b: a * b),
    "div": _binary("÷", lambda a, b: a / b),
    "pow": _binary("^", lambda a, b: a**b),
    "relu": _unary("max(0, {})", lambda x: max(0.0, x)),
    "tanh": _unary("tanh({})", math.tanh),
    "sigmoid": _unary("1 / (1 + e^−({}))", _sigmoid),
    "silu": _unary("{0} · sigmoid({0})", lambda x: x * _sigmoid(x)),
    "rsqrt": _unary("1/√({})", lambda x: x**-0.5),
    "sqrt": _unary("√({})", math.sqrt),
    "neg": _unary("−({})", lambda x: -x),
}

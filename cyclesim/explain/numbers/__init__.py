"""The formula of one output cell with its real numbers, taken from the trace.

    p(Ada, Love) = e^2.134 / (e^0.3021 + e^2.134 + … + 7 more) = 0.6127

Each rule works the cell out in double precision from the recorded operands, reading no more of them
than the cell needs. The observed number is kept beside the recomputed one, so that whoever shows
them can say where the two differ by more than the precision of the run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cyclesim.cost.names import canonical
from cyclesim.errors import CyclesimError
from cyclesim.explain.axes import axes_of
from cyclesim.explain.explanation import ascii_text
from cyclesim.explain.labels import labels_of_axis, row_header
from cyclesim.explain.numbers.backward import gradient_rule
from cyclesim.explain.numbers.cell import Cell, Found, Rule, number
from cyclesim.explain.numbers.choosing import CHOOSING
from cyclesim.explain.numbers.elements import ELEMENTS, same
from cyclesim.explain.numbers.host import row_sentence
from cyclesim.explain.numbers.picking import PICKING
from cyclesim.explain.numbers.products import PRODUCTS, linear_of_int8
from cyclesim.explain.numbers.rows import ROWS
from cyclesim.explain.numbers.update import update_rule
from cyclesim.explain.quote import printable
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.tensor import Value
from cyclesim.trace.trace import Trace

__all__ = ["Worked", "number", "row_sentence", "work_out", "worked"]

#: One rule for each torch function.
_RULES: dict[str, Rule] = {**PRODUCTS, **ELEMENTS, **ROWS, **PICKING, **CHOOSING}

#: How far apart two numbers may be, relative to the size of the terms, by the output's type.
_TOLERANCE = {"bfloat16": 3e-2, "float16": 4e-3, "float32": 1e-4, "float64": 1e-9}
#: The same for float32 where products may be of TF32.
_TF32 = 2e-3


@dataclass(frozen=True, slots=True)
class Worked:
    """One cell, worked out.

    Attributes:
        name: what it is: `p(Ada, Love)`.
        text: the right-hand side, with the numbers of the run.
        recomputed: its value in double precision.
        observed: what the run wrote.
        shown: `observed` as text; a truth value or a label by name.
        agrees: the two differ by no more than rounding.
        int8: they do so if what the cycle read is first rounded to int8, and only then.
    """

    name: str
    text: str
    recomputed: float
    observed: float
    shown: str
    agrees: bool
    int8: bool = False

    def line(self, *, ascii: bool = False) -> str:
        """`p(Ada, Love) = e^2.134 / (…) = 0.6127`, the observed number last."""
        # A token may hold a symbol that ASCII spells otherwise: only the formula is spelled out.
        text = f" = {self.text} = {self.shown}"
        if not ascii:
            return self.name + text
        symbol, bracket, tokens = self.name.partition("(")
        return ascii_text(symbol) + bracket + tokens + ascii_text(text)


def worked(
    cycle: Cycle,
    trace: Trace | None,
    index: Sequence[int],
    output: int = 0,
    *,
    ascii: bool = False,
) -> str | None:
    """The formula of `cycle` with the numbers of its output cell `index`, on one line.

    Args:
        cycle: any cycle of `trace`.
        trace: where operands and names of tokens are.
        index: position in the output, one integer for each axis; negative ones count back.
        output: which output, where the cycle has several: a gradient of each operand.
        ascii: spell the symbols in ASCII.

    Returns:
        The line, or None where the numbers were not kept, the index does not fit, or no rule
        gives the observed number.
    """
    try:
        found = work_out(cycle, trace, index, output)
    except CyclesimError:
        return None
    return found.line(ascii=ascii) if found is not None and found.agrees else None


def work_out(
    cycle: Cycle, trace: Trace | None, index: Sequence[int], output: int = 0
) -> Worked | None:
    """Work out cell `index` of an output of `cycle` from what the cycle read.

    Returns:
        None where there is no rule for this cycle, or no such cell.

    Raises:
        CyclesimError: a number that it needs was not kept.
    """
    if not 0 <= output < len(cycle.outputs):
        return None
    rule, wrote = _rule(cycle, output), cycle.outputs[output]
    place = _normal(index, wrote.shape)
    if rule is None or place is None:
        return None
    try:
        observed = float(wrote.numpy(place))
        with np.errstate(all="ignore"):
            found, int8 = _found(rule, Cell(cycle, trace, place, output), observed)
    except (LookupError, ValueError, TypeError, ArithmeticError):
        return None  # called in a way that the rule does not know
    return Worked(
        name=_cell_name(found.symbol, cycle, trace, place, output),
        text=found.text,
        recomputed=found.value,
        observed=observed,
        shown=_shown(cycle, wrote, place, observed),
        agrees=_agree(found, observed, cycle, wrote.dtype),
        int8=int8,
    )


def _found(rule: Rule, cell: Cell, observed: float) -> tuple[Found, bool]:
    """What the rule finds; where only that of a quantised layer gives the number, what that does.

    A trace does not say which layers are quantised. Their numbers do.
    """
    found, dtype = rule(cell), cell.cycle.outputs[cell.output].dtype
    if rule is PRODUCTS["linear"] and not _agree(found, observed, cell.cycle, dtype):
        quantised = linear_of_int8(cell)
        if _agree(quantised, observed, cell.cycle, dtype):
            return quantised, True
    return found, False


def _rule(cycle: Cycle, output: int) -> Rule | None:
    """The rule for an output of `cycle`; of a forward cycle only the first has one."""
    if cycle.forward is not None:
        return gradient_rule(cycle, cycle.outputs[output].name)
    if cycle.phase == "update":
        found = update_rule(cycle, cycle.outputs[output].name)
        if found is not None:
            return found
    if output:
        return None
    return same if cycle.nop else _RULES.get(canonical(cycle.op))


def _normal(index: Sequence[int], shape: tuple[int, ...]) -> tuple[int, ...] | None:
    if len(index) != len(shape):
        return None
    place = tuple(int(i) + n if i < 0 else int(i) for i, n in zip(index, shape, strict=True))
    return place if all(0 <= i < n for i, n in zip(place, shape, strict=True)) else None


def _agree(found: Found, observed: float, cycle: Cycle, dtype: str) -> bool:
    if not math.isfinite(observed) or not math.isfinite(found.value):
        return str(found.value) == str(observed)
    tolerance = _TOLERANCE.get(dtype, 0.0)
    if dtype == "float32" and cycle.device != "cpu":
        tolerance = _TF32
    return abs(found.value - observed) <= tolerance * max(found.size, abs(observed)) + 1e-9


def _shown(cycle: Cycle, output: Value, place: tuple[int, ...], observed: float) -> str:
    if output.dtype == "bool":
        return "true" if observed else "false"
    if cycle.step in ("labels", "argmax", "draw") and output.words and len(place) == 1:
        return f"{number(observed)}: {printable(output.words[place[0]])}"
    return number(observed)


def _cell_name(
    symbol: str, cycle: Cycle, trace: Trace | None, place: tuple[int, ...], output: int
) -> str:
    """`p(Ada, Love)`: the token or label of each axis, else its number; batch and head left out."""
    axes, shape = axes_of(cycle, trace)[output], cycle.outputs[output].shape
    header = trace.header if trace is not None else None
    if header is not None and "batch" in axes:
        row = axes.index("batch")
        header = row_header(header, place[row], shape[row])
    names = []
    for axis, i, size in zip(axes, place, shape, strict=True):
        if axis == "head" or (axis == "batch" and size == 1):
            continue
        known = labels_of_axis(axis, size, header, cycle) if header and axis != "batch" else ()
        names.append(printable(known[i]) if known else str(i))
    return f"{symbol}({', '.join(names)})" if names else symbol

"""From a tensor of a cycle to what can be drawn: a matrix with labels, or a small table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cyclesim.render.colour import Scale
from cyclesim.render.heatmap import Matrix
from cyclesim.trace import Cycle, Header, Value
from cyclesim.tui.text import number, printable

__all__ = ["Listing", "Slot", "is_probability", "leading", "picture", "slots_of"]

#: Above this many numbers the colour scale is taken from the part that is shown.
WHOLE = 4_000_000
#: A vector is wrapped into rows of this many.
ROW = 16


@dataclass(frozen=True, slots=True)
class Slot:
    """One tensor of a cycle that can be looked at: an output or one of the inputs."""

    title: str
    value: Value
    output: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """A small table: tokens, ids, offsets, labels. `columns` names them, `rows` are texts."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def slots_of(cycle: Cycle, left: str = "←", beside: tuple[Value, ...] = ()) -> list[Slot]:
    """Outputs first, then what is recomputed beside them, then inputs, then weights."""
    found = [Slot(_title(cycle, v), v, True) for v in cycle.outputs]
    found += [Slot(f"{v.name}, {v.kind}", v, False) for v in beside]
    inputs = sorted(cycle.inputs, key=lambda v: v.kind in ("parameter", "buffer"))
    for value in inputs:
        if value.parameter:
            title = ".".join(value.parameter.split(".")[-2:])
        elif value.source is not None:
            title = f"{value.name} {left} {value.source}"
        else:
            title = value.name
        found.append(Slot(title, value, False))
    return found


def _title(cycle: Cycle, value: Value) -> str:
    # The function's outputs have no names of their own; the step's name says more.
    if value.name == "output":
        return cycle.step
    if value.name.startswith("output "):
        return f"{cycle.step} {value.name[7:]}"
    return value.name


def is_probability(slot: Slot, cycle: Cycle) -> bool:
    """Whether each row of the tensor is a distribution."""
    if slot.value.kind == "recomputed":
        return slot.value.name == "probabilities"
    return slot.output and cycle.op == "softmax"


def leading(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Sizes of the dimensions that must be fixed to leave a matrix."""
    return shape[:-2] if len(shape) > 2 else ()


def picture(
    slot: Slot, cycle: Cycle, header: Header, fixed: tuple[int, ...], axes: tuple[str, ...] = ()
) -> Matrix | Listing:
    """What to draw of `slot`, at position `fixed` of the leading dimensions.

    Args:
        axes: names of the tensor's dimensions, where they are known.
    """
    value = slot.value
    shape = value.shape
    listed = tuple(s for i, s in enumerate(shape) if s != 1 or i >= len(shape) - 1)
    whole = value.dtype.startswith(("int", "uint", "bool"))
    wide = len(listed) == 2 and listed[1] > 6
    if len(listed) <= 2 and not wide and (whole or value.words is not None) and len(shape) <= 2:
        return _listing(value, cycle, header)
    if len(shape) < 2:
        return _vector(value)
    if len(shape) > 2 and len(axes) != len(shape):
        axes = ()
    values = value.numpy((*fixed, slice(None), slice(None)) if fixed else ...)
    values = np.asarray(values, dtype=np.float64)
    names = axes[-2:] if len(axes) == len(shape) else ("", "")
    rows = _labels(shape[-2], names[0], header, value, cycle, last=False)
    columns = _labels(shape[-1], names[1], header, value, cycle, last=True)
    return Matrix(values, rows, columns, _scale(value, values, slot, cycle))


def _scale(value: Value, values: np.ndarray, slot: Slot, cycle: Cycle) -> Scale:
    probability = is_probability(slot, cycle)
    if probability:
        return Scale.of(values, probability=True)
    # One scale for the whole tensor, so that two heads can be compared.
    count = int(np.prod(value.shape))
    return Scale.of(value.numpy() if count <= WHOLE else values)


def _labels(
    size: int, axis: str, header: Header, value: Value, cycle: Cycle, *, last: bool
) -> tuple[str, ...]:
    tokens, labels = header.tokens, header.labels
    if last and cycle.unit in ("classifier", "output") and size == len(labels):
        return tuple(map(printable, labels))
    if not axis:
        # With no name to go by: a dimension as long as the sentence is the sentence, but the last
        # one of a hidden state is as wide as the model, whatever its size.
        hidden = last and len(value.shape) == 3 and not cycle.step.startswith("ids")
        axis = "tokens" if size == len(tokens) and not hidden and not value.parameter else ""
    known = axis.lower() in {"tokens", "token", "seq", "sequence", "query", "key", "position"}
    if known and size == len(tokens):
        return tuple(map(printable, tokens))
    return ()


def _vector(value: Value) -> Matrix:
    values = np.asarray(value.numpy(), dtype=np.float64).ravel()
    rows = max(-(-values.size // ROW), 1)
    width = min(ROW, max(values.size, 1))
    square = np.zeros(rows * width)
    square[: values.size] = values
    return Matrix(
        square.reshape(rows, width),
        tuple(str(r * width) for r in range(rows)),
        tuple(f"+{c}" for c in range(width)),
        Scale.of(values),
        count=values.size,
    )


def _listing(value: Value, cycle: Cycle, header: Header) -> Listing:
    array: Any = np.asarray(value.numpy())
    array = array.reshape(array.shape[-2:] if array.ndim > 2 else array.shape)
    if array.ndim == 2 and array.shape[0] == 1 and value.shape[-1] != 2:
        array = array[0]
    array = array.reshape(1) if array.ndim == 0 else array
    count = array.shape[0]
    columns: list[tuple[str, list[str]]] = []
    words = value.words if value.words is not None and len(value.words) == count else None
    tokens = header.tokens
    if len(tokens) == count and (words is None or tuple(words) != tuple(tokens)):
        columns.append(("token", [printable(t) for t in tokens]))
    if words is not None:
        title = {"labels": "label", "spans": "entity"}.get(value.name, "token")
        columns.append((title, [printable(w) for w in words]))
    if array.ndim == 1:
        columns.append((value.name, [number(v) for v in array.tolist()]))
    else:
        wide = array.shape[-1]
        names = ("from", "to") if wide == 2 else tuple(map(str, range(wide)))
        for place, name in enumerate(names):
            columns.append((name, [number(v) for v in array[:, place].tolist()]))
    rows = zip(*(column for _, column in columns), strict=True)
    return Listing(
        ("#", *(name for name, _ in columns)),
        tuple((str(i), *row) for i, row in enumerate(rows)),
    )

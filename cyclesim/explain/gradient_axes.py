"""What the axes of gradients count: those of the tensor that a gradient is of.

A gradient has the shape of what it is the gradient of: an operand of the forward cycle, or a
parameter. An update works on parameters, so its axes are those of their gradients.
"""

from __future__ import annotations

from collections.abc import Callable

from cyclesim.cost.names import canonical
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.tensor import Value
from cyclesim.trace.trace import Trace

__all__ = ["learning_axes", "operand_axes"]

Axes = tuple[str, ...]
#: `axes_of`, handed in: it asks here for the cycles of a training step.
AxesOf = Callable[[Cycle, "Trace | None"], tuple[Axes, ...]]

_QUERIES = ("batch", "head", "query", "channel")
_KEYS = ("batch", "head", "key", "channel")
_TURNED_KEYS = ("batch", "head", "channel", "key")
_SCORES = ("batch", "head", "query", "key")
#: Operands whose axes the step says: they were split and turned on the way to it.
_BY_STEP: dict[str, dict[str, Axes]] = {
    "attention.scores": {"input": _QUERIES, "other": _TURNED_KEYS},
    "attention.context": {"input": _SCORES, "other": _KEYS},
    "attention.scaled_dot_product_attention": {"query": _QUERIES, "key": _KEYS, "value": _KEYS},
}
#: The operands of linear layers: what is read, the weight (its axes in this order), the bias.
_LINEAR: dict[str, tuple[str, str, bool, str]] = {
    "linear": ("input", "weight", True, "bias"),
    "addmm": ("mat1", "mat2", False, "input"),
}
#: Axes of an output that say what its places are.
_TELLING = frozenset({"label", "vocabulary", "start/end"})
_LOOKUPS = {"word_embeddings": "vocabulary"}


def learning_axes(cycle: Cycle, value: Value, trace: Trace | None, of: AxesOf) -> Axes | None:
    """The axes of what a cycle of backward or of the update wrote or read; None if not known."""
    if trace is None:
        return None
    if cycle.forward is not None:
        return _of_gradient(cycle, value, trace, of)
    if value.of is None:
        return None
    number, place = trace.learning.gradients.get(value.of, (-1, 0))
    if number < 0:
        return None
    cycle = trace.cycles[number]
    gradient = cycle.outputs[place]
    return _of_gradient(cycle, gradient, trace, of) if gradient.shape == value.shape else None


def _of_gradient(cycle: Cycle, value: Value, trace: Trace, of: AxesOf) -> Axes | None:
    if cycle.forward is None or cycle.forward >= len(trace):
        return None
    forward = trace.cycles[cycle.forward]
    name = value.name.removeprefix("grad ").partition(",")[0].partition("#")[0]
    if name.partition("[")[0].partition(" ")[0] == "output":
        wrote = forward.outputs[0]
        return of(forward, trace)[0] if value.shape == wrote.shape else None
    return operand_axes(forward, name, value.shape, trace, of)


def operand_axes(
    forward: Cycle, name: str, shape: tuple[int, ...], trace: Trace, of: AxesOf
) -> Axes | None:
    """The axes of the operand of `forward` that is called `name`; None if not known."""
    if not forward.outputs:
        return None
    written, out = of(forward, trace)[0], forward.outputs[0].shape
    op, rank = canonical(forward.op), len(shape)
    known = _BY_STEP.get(f"{forward.unit}.{forward.step}", {}).get(name)
    if known is not None and len(known) == rank:
        return known
    if op in _LINEAR:
        found = _of_linear(forward, name, rank, written, trace, of)
        if found is not None:
            return found
    if op == "embedding" and name == "weight":
        return (_LOOKUPS.get(forward.step, "row"), written[-1])
    if forward.unit == "loss" and rank == 2:
        return _of_logits(shape, trace)
    source = _source(forward, name, shape, trace, of)
    if source is not None:
        return source
    if shape == out or (0 < rank <= len(out) and shape[-1] == out[-1]):
        return written[len(written) - rank :]
    return None


def _of_linear(
    forward: Cycle, name: str, rank: int, written: Axes, trace: Trace, of: AxesOf
) -> Axes | None:
    read, weight, out_first, bias = _LINEAR[canonical(forward.op)]
    last = written[-1] if written[-1] in _TELLING else "output channel"
    if name == weight and rank == 2:
        return (last, "input channel") if out_first else ("input channel", last)
    if name == bias and rank == 1:
        return (last,)
    if name == read:
        given = next((v for v in forward.inputs if v.name == read), None)
        known = given and _source(forward, name, given.shape, trace, of)
        return known or (*written[:-1], "input channel")
    return None


def _of_logits(shape: tuple[int, ...], trace: Trace) -> Axes:
    """Logits, one row after the other, as a loss reads them."""
    classes = "label" if shape[1] == len(trace.header.labels) else "vocabulary"
    rows = max(len(trace.header.sequences), 1)
    return ("batch" if shape[0] == rows and shape[0] > 1 else "token", classes)


def _source(
    forward: Cycle, name: str, shape: tuple[int, ...], trace: Trace, of: AxesOf
) -> Axes | None:
    """The axes that the cycle has given them which wrote the operand, if it still has its shape."""
    given = next((v for v in forward.inputs if v.name == name), None)
    if given is None or given.source is None or not 0 <= given.source < len(trace):
        return None
    cycle = trace.cycles[given.source]
    for output, axes in zip(cycle.outputs, of(cycle, trace), strict=True):
        if output.shape == shape and axes[:1] != ("axis 0",):
            return axes
    return None

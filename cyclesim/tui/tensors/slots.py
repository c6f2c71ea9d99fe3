"""The tensors of a cycle that can be looked at, and the names of their rows and columns."""

from __future__ import annotations

from dataclasses import dataclass

from cyclesim.trace import Cycle, Header, Trace, Value
from cyclesim.tui.tensors.dimensions import Cut
from cyclesim.tui.words.text import printable

__all__ = ["Slot", "axes_of_slot", "counts_tokens", "is_probability", "labels_of", "slots_of"]


#: Dimensions that count the tokens of a sequence.
_TOKENS = frozenset({"token", "query", "key", "start", "end"})


@dataclass(frozen=True, slots=True)
class Slot:
    """One tensor of a cycle that can be looked at.

    Attributes:
        title: what it is called here.
        output: the cycle wrote it.
        place: which of the outputs it is.
    """

    title: str
    value: Value
    output: bool
    place: int = 0


def slots_of(cycle: Cycle, left: str = "←", beside: tuple[Value, ...] = ()) -> list[Slot]:
    """Outputs first, then what is recomputed beside them, then inputs, then weights."""
    found = [Slot(_title(cycle, v), v, True, i) for i, v in enumerate(cycle.outputs)]
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


def axes_of_slot(slot: Slot, cycle: Cycle, trace: Trace) -> tuple[str, ...]:
    """Names of the tensor's dimensions; () where they are not known.

    An input has those that its source wrote, where it still has that shape: wiring on the way may
    have turned it.
    """
    from cyclesim.explain import axes_of

    value = slot.value
    if value.kind == "recomputed":
        return ("batch", "head", "query", "key")[-len(value.shape) :]
    if slot.output:
        return axes_of(cycle, trace)[slot.place]
    if cycle.phase in ("backward", "update"):
        from cyclesim.explain.gradient_axes import learning_axes

        known = learning_axes(cycle, value, trace, axes_of)
        if known is not None:
            return known
    if value.source is None or not 0 <= value.source < len(trace):
        return ()
    source = trace.cycles[value.source]
    for output, axes in zip(source.outputs, axes_of(source, trace), strict=True):
        if output.shape == value.shape:
            return axes
    return _turned(value, cycle, len(trace.header.tokens))


def _turned(value: Value, cycle: Cycle, tokens: int) -> tuple[str, ...]:
    """What attention reads after its heads were split, where the sizes leave no doubt."""
    if cycle.unit != "attention" or len(value.shape) != 4 or tokens < 2:
        return ()
    last = ("token" if size == tokens else "channel" for size in value.shape[-2:])
    return ("batch", "head", *last) if value.shape[-1] != value.shape[-2] else ()


def counts_tokens(cut: Cut, dimension: int | None, tokens: int) -> bool:
    """Whether a dimension has one place for each of so many tokens."""
    if dimension is None:
        return False
    return cut.names[dimension] in _TOKENS and cut.shape[dimension] == tokens


def labels_of(cut: Cut, dimension: int | None, cycle: Cycle, header: Header) -> tuple[str, ...]:
    """A name for each place of a dimension: tokens, labels; () where numbers must do.

    Of a batch, tokens are those of the sequence that the cut stands at.
    """
    if dimension is None:
        return ()
    size = cut.shape[dimension]
    classes = dimension == len(cut.shape) - 1 and cycle.unit in ("classifier", "output")
    from cyclesim.explain.labels import labels_of_axis

    names = labels_of_axis(cut.names[dimension], size, _where(cut, header), cycle)
    if not names and classes and size == len(header.labels):
        names = header.labels
    return tuple(map(printable, names))


def _where(cut: Cut, header: Header) -> Header:
    """What is known of the row of the batch that the cut stands at."""
    from cyclesim.explain.labels import row_header

    row = cut.named("batch")
    return header if row is None else row_header(header, cut.at[row], cut.shape[row])

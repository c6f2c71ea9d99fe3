"""Of a batch, the sequence that is looked at: its outputs, its tokens, one token for an example."""

from __future__ import annotations

from cyclesim.explain.axes import Axes
from cyclesim.explain.labels import row_header
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.tensor import Value
from cyclesim.trace.trace import Header, Trace

__all__ = ["example_token", "own_header", "own_output", "rows_known"]


def own_output(cycle: Cycle, trace: Trace | None) -> Value:
    """What the cycle wrote about the sequence that is looked at, where it wrote one for each."""
    here = f"sequence {trace.header.sequence}" if trace is not None else ""
    named = (v for v in cycle.outputs if here in v.name.split(", "))
    return next(named, cycle.outputs[0])


def own_header(
    cycle: Cycle, trace: Trace | None, axes: Axes, cell: tuple[int, ...] | None
) -> Header | None:
    """What is known of the row of the batch that `cell` is in, else of the one looked at."""
    if trace is None:
        return None
    if cell is None or "batch" not in axes:
        return trace.header
    place = axes.index("batch")
    return row_header(trace.header, cell[place], cycle.outputs[0].shape[place])


def rows_known(trace: Trace | None, batch: int) -> bool:
    """Whether each row of a batch of this size is a sequence of tokens that are known."""
    return batch == 1 or (trace is not None and len(trace.header.sequences) == batch)


def example_token(header: Header | None, length: int) -> int | None:
    """Position of a token worth naming: the first that is part of the text."""
    if header is None or not length:
        return None
    offsets = header.offsets
    if len(offsets) == length:
        return next((i for i, o in enumerate(offsets) if o is not None), 0)
    return 0

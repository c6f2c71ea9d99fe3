"""Write the costs of a cycle into the cycle."""

from __future__ import annotations

from cyclesim.cost.flops import count_flops
from cyclesim.cost.traffic import traffic
from cyclesim.trace.cycle import Cycle

__all__ = ["annotate"]


def annotate(cycle: Cycle) -> None:
    """Set `cycle.flops`, `bytes_read` and `bytes_written` (bytes) from its shapes, in place.

    A NOP ran and changed nothing: it costs nothing. Never raises: an operation that no rule
    covers, or whose shapes a rule does not understand, counts 0 FLOPs.
    """
    if cycle.nop:
        cycle.flops = cycle.bytes_read = cycle.bytes_written = 0
        return
    cycle.flops = count_flops(cycle.op, cycle.inputs, cycle.outputs, cycle.arguments)
    moved = traffic(cycle)
    cycle.bytes_read, cycle.bytes_written = moved.read, moved.written

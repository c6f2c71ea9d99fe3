"""What a cycle costs, from shapes alone: floating-point operations and bytes moved.

Nothing here runs a model or reads a tensor's numbers (the rows an embedding looks up excepted);
everything is worked out after the run from the shapes that the trace holds.
"""

from cyclesim.cost.annotate import annotate
from cyclesim.cost.flops import FlopsKind, count_flops, flops_kind, is_counted
from cyclesim.cost.roofline import Mark, Peak, Work, place, work_of
from cyclesim.cost.traffic import Traffic, traffic

__all__ = [
    "FlopsKind",
    "Mark",
    "Peak",
    "Traffic",
    "Work",
    "annotate",
    "count_flops",
    "flops_kind",
    "is_counted",
    "place",
    "traffic",
    "work_of",
]

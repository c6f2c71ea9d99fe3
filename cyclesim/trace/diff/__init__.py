"""Two traces side by side: which cycle differs first, and by how much.

    diff = cyclesim.diff(cyclesim.open_trace("eager.safetensors"), trace)
    print(diff); diff.first_difference; diff.equal

Cycles are matched by what they are (path, call, step, and the repeated block), not by their number:
with padding, another attention implementation or another model of the same family, numbers shift,
and the softmax of layer 3 is still the softmax of layer 3. What has no counterpart is listed, and
what cannot be compared says why.
"""

from cyclesim.trace.diff.cycles import CycleDiff, Outcome, compare_cycles
from cyclesim.trace.diff.traces import SCHEMA, Diff, diff, keyed
from cyclesim.trace.diff.words import cosine_text, names_text, setting_text

__all__ = [
    "SCHEMA", "CycleDiff", "Diff", "Outcome", "compare_cycles", "cosine_text", "diff", "keyed",
    "names_text", "setting_text",
]  # fmt: skip

"""What every format says of a cycle and of a run: English, and safe to show anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cyclesim.cost import is_counted
from cyclesim.explain.quote import printable
from cyclesim.render.text import safe_text
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.json import run_to_json
from cyclesim.trace.tensor import Value
from cyclesim.trace.trace import Trace

__all__ = [
    "MEDIAN",
    "OBSERVED",
    "counted_flops",
    "full_speed",
    "module_of",
    "read_by",
    "run_facts",
    "step_of",
    "title",
    "what_was_timed",
    "written_by",
]

#: What a time is.
OBSERVED, MEDIAN = "self time in this run", "median self time of unpaused runs"

#: Most characters of a name that a model gave.
NAME = 200


def title(cycle: Cycle) -> str:
    """`layer 0 attention softmax`; of a training step also `…, backward`."""
    parts = [] if cycle.layer is None else [f"layer {cycle.layer}"]
    parts.append(cycle.unit)
    if cycle.step != cycle.unit:
        parts.append(safe_text(cycle.step, NAME))
    return _in_phase(" ".join(parts), cycle)


def step_of(cycle: Cycle) -> str:
    """`softmax`, or `softmax, backward`: short, for a slice."""
    return _in_phase(safe_text(cycle.step, 80) or cycle.unit, cycle)


def _in_phase(name: str, cycle: Cycle) -> str:
    """`name`, told apart from that of the forward cycle it differentiates."""
    return f"{name}, backward" if cycle.phase == "backward" else name


def what_was_timed(trace: Trace) -> str:
    """What the wall times of a run are of."""
    return "whole step" if trace.learning else "forward"


def module_of(cycle: Cycle) -> str:
    """The path of the module that was executing, with the number of the call from the second on."""
    path = safe_text(cycle.path, NAME)
    return f"{path}#{cycle.call}" if cycle.call > 1 else path


def read_by(cycle: Cycle) -> list[str]:
    """What it read, `input [1, 9, 64] float32 from cycle 12`; weights by their name."""
    return [f"{_tensor(value)}{_origin(value)}" for value in cycle.inputs]


def written_by(cycle: Cycle) -> list[str]:
    """What it wrote, `output [1, 9, 64] float32`."""
    return [_tensor(value) for value in cycle.outputs]


def counted_flops(cycle: Cycle) -> int | None:
    """Its FLOPs; None where no rule counts them, and its 0 means nothing."""
    known = cycle.flops or cycle.nop or (cycle.stack and is_counted(cycle.op))
    return cycle.flops if known else None


def full_speed(trace: Trace) -> Sequence[int] | None:
    """The median self time of each cycle over unpaused runs, nanoseconds; None if not known."""
    times = trace.timing.full_speed
    return times if len(times) == len(trace) and any(times) else None


def run_facts(trace: Trace) -> dict[str, Any]:
    """What ran, on what, how it went: the head of `trace --json`."""
    facts: dict[str, Any] = _printable(run_to_json(trace))
    return facts


def _tensor(value: Value) -> str:
    return f"{safe_text(value.name, NAME)} {list(value.shape)} {safe_text(value.dtype, 40)}"


def _origin(value: Value) -> str:
    if value.source is not None:
        return f" from cycle {value.source}"
    return f" from {safe_text(value.parameter, NAME)}" if value.parameter else f" ({value.kind})"


def _printable(value: Any) -> Any:
    """`value` with no text in it that could steer a screen, or that is no Unicode."""
    if isinstance(value, Mapping):
        return {printable(k): _printable(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_printable(v) for v in value]
    return printable(value) if isinstance(value, str) else value

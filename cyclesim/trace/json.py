"""The stable JSON form of a trace, `cyclesim trace --json`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cyclesim._version import __version__
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.prompt import TokenSequence
from cyclesim.trace.tensor import Value

if TYPE_CHECKING:
    from cyclesim.trace.trace import Trace

__all__ = ["SCHEMA", "cycle_to_json", "run_to_json", "trace_to_json"]

#: Raised when a reader of an older form would misread the new one.
SCHEMA = 1


def trace_to_json(trace: Trace) -> dict[str, Any]:
    """Everything but the tensors' numbers, as plain JSON types."""
    return {
        **run_to_json(trace),
        "cycles": [cycle_to_json(cycle) for cycle in trace.cycles],
        "result": _plain(trace.result),
        "sequences": [_sequence(row, trace) for row in trace.header.sequences],
    }


def run_to_json(trace: Trace) -> dict[str, Any]:
    """What ran, how it went and what it adds up to, without its cycles and its result."""
    header, verdict, timing = trace.header, trace.verdict, trace.timing
    return {
        "schema": SCHEMA,
        "cyclesim": __version__,
        "model": header.model,
        "task": header.task,
        "device": header.device,
        "dtype": header.dtype,
        "attention": header.attention,
        "text": header.text,
        "tokens": list(header.tokens),
        "target_tokens": list(header.target_tokens),
        "generated": header.generated,
        "verdict": {
            "bit_identical": verdict.bit_identical,
            "max_abs_diff": _number(verdict.max_abs_diff),
            "first_difference": verdict.first_difference,
            "reason": verdict.reason,
            "edited": list(verdict.edited),
        },
        "timing": {
            "traced_ns": timing.traced_ns,
            "untraced_ns": timing.untraced_ns,
            "overhead": _number(timing.overhead),
        },
        "totals": trace.totals,
    }


def _sequence(row: TokenSequence, trace: Trace) -> dict[str, Any]:
    """One row of the model's input, and the answer about it."""
    results = trace.results
    return {
        "texts": dict(row.texts),
        "tokens": list(row.tokens),
        "answer": row.answer,
        "result": _plain(results[row.answer]) if row.answer < len(results) else {},
    }


def cycle_to_json(cycle: Cycle) -> dict[str, Any]:
    """One element of `"cycles"`."""
    return {
        "number": cycle.number,
        "unit": cycle.unit,
        "step": cycle.step,
        "path": cycle.path,
        "call": cycle.call,
        "op": cycle.op,
        "phase": cycle.phase,
        "token": cycle.token,
        "forward": cycle.forward,
        "nop": cycle.nop,
        "edited": cycle.edited,
        "downstream": cycle.downstream,
        "inputs": [
            {"name": v.name, "shape": list(v.shape), "dtype": v.dtype, "from": v.source}
            for v in cycle.inputs
        ],
        "outputs": [_output(v) for v in cycle.outputs],
        "self_ns": cycle.self_ns,
        "flops": cycle.flops,
        "bytes_read": cycle.bytes_read,
        "bytes_written": cycle.bytes_written,
    }


def _output(value: Value) -> dict[str, Any]:
    stats = value.stats
    return {
        "shape": list(value.shape),
        "dtype": value.dtype,
        "min": _number(stats.min),
        "max": _number(stats.max),
        "mean": _number(stats.mean),
        "nan": stats.nan,
    }


def _number(value: float | None) -> float | None:
    # JSON has no NaN and no infinity; null says "no such number".
    return value if value is not None and math.isfinite(value) else None


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return _number(value) if isinstance(value, float) else value

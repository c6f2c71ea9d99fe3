"""What every view says about a whole run: sums, honest names for the clocks, the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cyclesim.cost import flops_kind, is_counted
from cyclesim.language import tr
from cyclesim.render.text import safe_text
from cyclesim.render.units import duration, factor, flops
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.trace import Trace

__all__ = [
    "Clocks",
    "Totals",
    "clocks",
    "entities",
    "first_nan",
    "header_words",
    "times_of",
    "totals",
    "verdict_mark",
    "work_text",
]


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over a run.

    Attributes:
        cycles, nops: how many cycles, and how many of them changed nothing.
        depth, ilp: longest dependency chain, and cycles ÷ depth.
        matmul, elementwise: FLOPs of the two families.
        uncounted: names of torch functions that no rule counts.
    """

    cycles: int
    nops: int
    depth: int
    ilp: float
    matmul: int
    elementwise: int
    uncounted: tuple[str, ...]


def totals(trace: Trace) -> Totals:
    """Sum up `trace`."""
    matmul = elementwise = 0
    uncounted: dict[str, None] = {}
    for cycle in trace.cycles:
        if flops_kind(cycle.op) == "matmul":
            matmul += cycle.flops
        else:
            elementwise += cycle.flops
        if cycle.stack and not cycle.nop and not is_counted(cycle.op):
            uncounted[safe_text(cycle.op, 40)] = None
    flow = trace.dataflow
    nops = sum(c.nop for c in trace.cycles)
    return Totals(len(trace), nops, flow.depth, flow.ilp, matmul, elementwise, tuple(uncounted))


def work_text(found: Totals) -> str:
    """How many operations, by their two families."""
    text = tr("{matmul} matmul + {elementwise} elementwise")
    return text.format(matmul=flops(found.matmul), elementwise=flops(found.elementwise))


@dataclass(frozen=True, slots=True)
class Clocks:
    """The three clocks as text, each with the name that says what was measured."""

    full_speed: str
    observed: str
    overhead: str

    def __str__(self) -> str:
        return f"{self.full_speed} · {self.observed} · {self.overhead}"


def clocks(trace: Trace, *, ascii: bool = False) -> Clocks:
    """Name and write the times of `trace`: forward pass only, one sentence part each."""
    timing = trace.timing
    run = tr("this run, every cycle kept {time}")
    if timing.stepped:
        run = tr("this stepped run, waiting left out {time}")
    known = timing.untraced_ns is not None
    full = duration(timing.untraced_ns, ascii=ascii) if known else tr("not measured")
    observed = duration(timing.traced_ns, ascii=ascii) if timing.traced_ns else tr("not measured")
    overhead = timing.overhead if timing.traced_ns else None
    ratio = factor(overhead, ascii=ascii) if overhead else tr("not known")
    return Clocks(
        tr("full speed {time}").format(time=full),
        run.format(time=observed),
        tr("ratio {ratio}").format(ratio=ratio),
    )


def times_of(trace: Trace) -> tuple[tuple[int, ...], str]:
    """Nanoseconds of each cycle, and what they are.

    Medians of unpaused runs where there are any: one preempted run can give a dropout half of it.
    """
    full = trace.timing.full_speed
    if len(full) == len(trace) and any(full):
        return full, tr("median self time of unpaused runs")
    return tuple(c.self_ns for c in trace.cycles), tr("self time in this run, measured once")


def header_words(trace: Trace) -> tuple[str, ...]:
    """Device, attention and type, without the empty ones."""
    header = trace.header
    parts = (header.device, header.attention, header.dtype)
    return tuple(safe_text(part, 40) for part in parts if part)


def verdict_mark(trace: Trace, *, ascii: bool = False) -> tuple[str, str, str]:
    """A sign, the sentence, and a style: the sign and the words say what the colour says."""
    identical = trace.verdict.bit_identical
    sentence = safe_text(trace.verdict)
    if identical:
        return ("[ok]" if ascii else "✓"), sentence, "green"
    if identical is None:
        return "?", sentence, "yellow"
    return ("[DIFFERS]" if ascii else "✗"), sentence, "red"


def entities(result: Mapping[str, Any], text: str | None) -> list[dict[str, Any]]:
    """The entities of a result that fit the text, in order, without overlaps."""
    found = []
    end = 0
    length = len(text or "")
    for entity in sorted(result.get("entities") or (), key=lambda e: int(e.get("start", 0))):
        start, stop = int(entity.get("start", 0)), int(entity.get("end", 0))
        if end <= start < stop <= length:
            found.append(dict(entity))
            end = stop
    return found


def first_nan(trace: Trace) -> Cycle | None:
    """The first cycle that wrote a NaN; reads every kept tensor once."""
    return next((c for c in trace.cycles if c.has_nan), None)

"""A trace as a Kanata log, for Konata and other viewers of processor pipelines.

The time of such a log is in ticks. Here a tick is one level of the *data order*: every cycle takes
one tick, and runs as early as the data it reads (and memory that is overwritten) allow, with room
for all. Real times have no place in it; they are in the texts.

A cycle of the run is an instruction with these stages:

- `W`, it waits: from when the first of the cycles that it reads from has run, until it runs itself;
  there is none where nothing is waited for.
- `X`, it executes: for one tick, the one that `trace.schedule()` says.

Nothing is fetched, decoded or issued in a run of a model, so there are no such stages. A line `W`
is a cycle that it reads from. The instruction's number is the cycle's number, so rows are in the
order in which the cycles ran, and its thread is the cycle's rank. It retires after `X`.

Of the format (Konata's `docs/kanata-log-format.md`, version 4), the lines `C=`, `C`, `I`, `L`, `S`,
`E`, `W` and `R` are used, all stages in lane 0, no flushes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cyclesim.export.words import (
    MEDIAN,
    OBSERVED,
    counted_flops,
    full_speed,
    module_of,
    read_by,
    title,
    written_by,
)
from cyclesim.render.text import safe_text
from cyclesim.render.units import duration, flops
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.trace import Trace

__all__ = ["kanata"]


def kanata(trace: Trace) -> str:
    """`trace` as the text of a Kanata log; the module says what its stages are.

    Example:
        >>> from cyclesim.export import kanata
        >>> print(kanata(trace)[:21])
        Kanata	0004
        C=	0
        I	0
    """
    return "\n".join(_lines(trace)) + "\n"


def _lines(trace: Trace) -> Iterator[str]:
    yield "Kanata\t0004"
    yield "C=\t0"
    starts = trace.schedule()
    sources = trace.dataflow.sources
    seen = [min((starts[s] + 1 for s in sources[k]), default=starts[k]) for k in range(len(trace))]
    last = max(starts, default=-1) + 1
    appear, begin = _by_tick(seen, last), _by_tick(starts, last)
    medians = full_speed(trace)
    times = medians or [c.self_ns for c in trace.cycles]
    time = MEDIAN if medians else OBSERVED
    retired = 0
    for tick in range(last + 1):
        if tick:
            yield "C\t1"
            for number in begin[tick - 1]:
                yield f"E\t{number}\t0\tX"
                yield f"R\t{number}\t{retired}\t0"
                retired += 1
        for number in appear[tick]:
            cycle = trace.cycles[number]
            yield f"I\t{number}\t{number}\t{cycle.rank}"
            yield f"L\t{number}\t0\t{number}: {title(cycle)}"
            spent = f"{duration(times[number], ascii=True)}, {time}"
            yield f"L\t{number}\t1\t{_details(cycle, spent, trace.dataflow.waits[number])}"
            if starts[number] > tick:
                yield f"S\t{number}\t0\tW"
        for number in begin[tick]:
            if seen[number] < tick:
                yield f"E\t{number}\t0\tW"
            yield f"S\t{number}\t0\tX"
            for source in sources[number]:
                yield f"W\t{number}\t{source}\t0"


def _by_tick(ticks: Sequence[int], last: int) -> list[list[int]]:
    """The cycles of each tick, in order."""
    found: list[list[int]] = [[] for _ in range(last + 1)]
    for number, tick in enumerate(ticks):
        found[tick].append(number)
    return found


def _details(cycle: Cycle, spent: str, waits: Sequence[int]) -> str:
    """One line; `\\n` stands for the end of a line in the viewer."""
    path = module_of(cycle)
    lines = [
        f"{safe_text(cycle.op, 80)} in {path}" if path else safe_text(cycle.op, 80),
        *(f"reads {tensor}" for tensor in read_by(cycle)),
        *(f"writes {tensor}" for tensor in written_by(cycle)),
        flops(counted) if (counted := counted_flops(cycle)) else "",
        spent,
        "NOP: it ran and changed nothing" if cycle.nop else "",
        f"memory is used again: after {', '.join(map(str, waits))}" if waits else "",
    ]
    return "\\n".join(line for line in lines if line)

"""A trace as Chrome's trace-event JSON, for ui.perfetto.dev and chrome://tracing.

The format is the *Trace Event Format* in its JSON object form. Three processes, one under another:

1. **this run**: the self time of each cycle as it was observed, one track a unit;
2. **full speed**: the same with the median self times of unpaused runs, where they are known;
3. **data order**: each cycle as early as its data allow, were there room for all of them. A track
   is a lane; what stands side by side does not wait for each other. The times are those of 2, or
   else of 1.

In 1 and 2 the self times are laid end to end. They were measured; *when* within the run a cycle
began was not, and waits for a person are no part of any time. What the forward pass took beyond its
cycles (Python and dispatch) is therefore one gap after the last of them, up to the end of a slice
that is the forward's wall time, or that of the whole training step.

A slice has the cycle's number, path, function, shapes, FLOPs, bytes and the tick of the data order;
arrows lead from who wrote to who reads; a counter adds up the bytes of the tensors that the trace
keeps (each piece of memory once, without the model's weights). Everything else is in `otherData`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from cyclesim.export.layout import Process, processes
from cyclesim.export.words import (
    counted_flops,
    module_of,
    read_by,
    run_facts,
    step_of,
    title,
    what_was_timed,
    written_by,
)
from cyclesim.render.text import safe_text
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.trace import Trace

__all__ = ["perfetto"]

Event = dict[str, Any]

_NOTES = {
    "laid end to end": "Self times were measured; when a cycle began was not. Waits for a person "
    "are left out. What the forward pass took beyond its cycles is the gap after the last of them.",
    "data order": "Computed: each cycle as early as its data allow, with room for all of them.",
}


def perfetto(trace: Trace) -> dict[str, Any]:
    """`trace` in the JSON object form of the trace-event format; the module says what is in it.

    Example:
        >>> from cyclesim.export import perfetto
        >>> events = perfetto(trace)["traceEvents"]
        >>> len([e for e in events if e["ph"] == "X" and e["pid"] == 1 and "cycle" in e["args"]])
        92
    """
    ticks = trace.schedule()
    events: list[Event] = []
    for process in processes(trace):
        events += _metadata(process)
        events += _slices(trace, process, ticks)
        if process.pid == 1:
            events += _kept(trace, process)
    facts = run_facts(trace) | {"notes": _NOTES}
    return {"displayTimeUnit": "ns", "otherData": facts, "traceEvents": events}


def _metadata(process: Process) -> Iterator[Event]:
    """Names and order of a process and of the tracks that something is on."""
    tid = process.tid(0)
    yield _meta("process_name", process.pid, tid, name=process.name)
    yield _meta("process_sort_index", process.pid, tid, sort_index=process.pid)
    for track in sorted({*process.tracks} | ({0} if process.wall else set())):
        tid = process.tid(track)
        yield _meta("thread_name", process.pid, tid, name=process.names[track])
        yield _meta("thread_sort_index", process.pid, tid, sort_index=track)


def _meta(what: str, pid: int, tid: int, **arguments: object) -> Event:
    return {"name": what, "ph": "M", "pid": pid, "tid": tid, "args": arguments}


def _slices(trace: Trace, process: Process, ticks: Sequence[int]) -> Iterator[Event]:
    """Each cycle, with the ends of its arrows: they belong to the slice that begins there."""
    if (wall := process.wall) is not None:
        told = {
            "wall_ns": wall.ns,
            "cycles_ns": wall.spent,
            "beyond_cycles_ns": max(wall.ns - wall.spent, 0),
        }
        yield _slice(process, wall.label, what_was_timed(trace), wall.start, wall.ns, 0, told)
    arrows: dict[tuple[int, int], int] = {}
    for number, sources in enumerate(trace.dataflow.sources):
        for source in sources:
            arrows[source, number] = process.unique(len(arrows))
    for place, cycle in enumerate(trace.cycles):
        start, ns, track = process.starts[place], process.times[place], process.tracks[place]
        told = _arguments(cycle) | {"tick": ticks[place], "time_ns": ns, "time": process.time}
        yield _slice(process, step_of(cycle), cycle.unit, start, ns, track, told)
        arrow = {
            "name": "data",
            "cat": "dataflow",
            "ts": _us(start),
            "pid": process.pid,
            "tid": process.tid(track),
        }
        for source in trace.dataflow.sources[place]:
            yield arrow | {"ph": "f", "bp": "e", "id": arrows[source, place]}
        for reader in trace.consumers(place):
            yield arrow | {"ph": "s", "id": arrows[place, reader]}


def _slice(
    process: Process, name: str, category: str, start: int, ns: int, track: int, arguments: Event
) -> Event:
    return {
        "name": name,
        "cat": category,
        "ph": "X",
        "ts": _us(start),
        "dur": _us(ns),
        "pid": process.pid,
        "tid": process.tid(track),
        "args": arguments,
    }


def _arguments(cycle: Cycle) -> Event:
    arguments: Event = {
        "cycle": cycle.number,
        "what": title(cycle),
        "path": module_of(cycle),
        "op": safe_text(cycle.op, 200),
        "reads": read_by(cycle),
        "writes": written_by(cycle),
        "bytes_read": cycle.bytes_read,
        "bytes_written": cycle.bytes_written,
    }
    if cycle.token is not None:
        arguments |= {"phase": cycle.phase, "token": cycle.token}
    if cycle.phase in ("backward", "update"):
        arguments["phase"] = cycle.phase
    if cycle.forward is not None:
        arguments["forward"] = cycle.forward
    told = {"where": safe_text(cycle.where, 200), "note": safe_text(cycle.note, 200)}
    flags = {name: True for name in ("nop", "edited", "downstream") if getattr(cycle, name)}
    if (flops := counted_flops(cycle)) is not None:
        arguments["flops"] = flops
    return arguments | {name: text for name, text in told.items() if text} | flags


def _kept(trace: Trace, process: Process) -> Iterator[Event]:
    """How many bytes of tensors the trace keeps up to the end of each cycle."""
    seen: set[object] = set()
    total = 0
    for place, cycle in enumerate(trace.cycles):
        before = total
        for value in (*cycle.inputs, *cycle.outputs):
            if value.data is None or value.kind in ("parameter", "buffer"):
                continue
            key, nbytes = value.data.storage
            if key not in seen:
                seen.add(key)
                total += nbytes
        if total != before:
            yield {
                "name": "tensors kept",
                "ph": "C",
                "ts": _us(process.starts[place] + process.times[place]),
                "pid": process.pid,
                "tid": process.tid(0),
                "args": {"bytes": total},
            }


def _us(ns: int) -> float:
    """Microseconds, from which a reader that cuts off what is below a nanosecond gets `ns` back."""
    us = ns / 1000
    return us if int(us * 1000) >= ns else math.nextafter(us, math.inf)

"""Chrome's trace-event JSON: valid for the strict reader, and every number in it is the trace's."""

from __future__ import annotations

import json

from hypothesis import given, settings

from cyclesim.export import FORMATS, perfetto
from cyclesim.trace import Trace
from tests.render.runs import hostile, run

from .samples import harmless, timed
from .trace_events import Read, Slice, read


def events(trace: Trace) -> Read:
    return read(FORMATS["perfetto"].content(trace).decode("utf-8"))


def cycles(found: Read, pid: int) -> dict[int, Slice]:
    """The slice of each cycle in a process."""
    every = [s for (p, _), track in found.slices.items() if p == pid for s in track]
    named = [s for s in every if "cycle" in s.event["args"]]
    numbers = [s.event["args"]["cycle"] for s in named]
    assert len(set(numbers)) == len(numbers)
    return dict(sorted(zip(numbers, named, strict=True)))


@settings(max_examples=60)
@given(timed())
def test_any_trace_is_valid_and_complete(trace: Trace) -> None:
    found = events(trace)
    edges = sorted((s, k) for k, sources in enumerate(trace.dataflow.sources) for s in sources)
    known = len(trace.timing.full_speed) == len(trace) and any(trace.timing.full_speed)
    observed = [c.self_ns for c in trace]
    expected = {1: observed, 3: list(trace.timing.full_speed) if known else observed}
    if known:
        expected[2] = list(trace.timing.full_speed)
    assert set(found.processes) == set(expected)
    for pid, times in expected.items():
        slices = cycles(found, pid)
        assert list(slices) == list(range(len(trace)))
        assert [s.end - s.start for s in slices.values()] == times
        drawn = [
            {
                (a.event["args"]["cycle"], b.event["args"]["cycle"])
                for a in begin for b in end if "cycle" in a.event["args"]
            }
            for begin, end in found.arrows[pid]
        ]  # fmt: skip
        assert len(drawn) == len(edges)
        assert all(any(edge in may for may in drawn) for edge in edges)


@settings(max_examples=60)
@given(timed())
def test_self_times_are_end_to_end_but_for_one_gap(trace: Trace) -> None:
    found = cycles(events(trace), 1)
    ran = [c.number for c in trace if c.stack]
    for number in range(1, len(trace)):
        gap = found[number].start - found[number - 1].end
        if ran and number - 1 == ran[-1]:
            spent = found[ran[-1]].end - found[ran[0]].start
            assert gap == max(trace.timing.traced_ns - spent, 0)
        else:
            assert gap == 0


@settings(max_examples=60)
@given(timed())
def test_nothing_starts_before_its_data(trace: Trace) -> None:
    found = cycles(events(trace), 3)
    for number, slice_ in found.items():
        waited = {*trace.dataflow.sources[number], *trace.dataflow.waits[number]}
        assert slice_.start == max((found[w].end for w in waited), default=0)


def test_the_embedded_model(real: Trace) -> None:
    found = events(real)
    assert [name[0] for _, name in sorted(found.processes.items())] == ["1", "2", "3"]
    ticks = real.schedule()
    for number, slice_ in cycles(found, 1).items():
        arguments, cycle = slice_.event["args"], real[number]
        assert (slice_.event["name"], slice_.event["cat"]) == (cycle.step, cycle.unit)
        assert arguments["path"].startswith(cycle.path) and arguments["op"] == cycle.op
        assert arguments.get("flops", 0) == cycle.flops
        assert arguments["bytes_read"] == cycle.bytes_read
        assert arguments["tick"] == ticks[number]
        assert all(str(list(v.shape)) in w for v, w in zip(cycle.outputs, arguments["writes"],
                                                           strict=True))  # fmt: skip
    # Units are tracks, and the lanes of the data order are as many as run side by side.
    assert sum(pid == 1 for pid, _ in found.slices) == len({c.unit for c in real}) + 1
    order = cycles(found, 3).values()
    widest = max(sum(b.start <= a.start < b.end for b in order) for a in order)
    assert sum(pid == 3 for pid, _ in found.slices) == widest > 1


def test_wall_time_and_what_is_beyond_the_cycles(real: Trace) -> None:
    found = events(real)
    for pid, wall in ((1, real.timing.traced_ns), (2, real.timing.untraced_ns)):
        every = [s for (p, _), track in found.slices.items() if p == pid for s in track]
        (forward,) = [s for s in every if s.event["cat"] == "forward"]
        told = forward.event["args"]
        assert forward.end - forward.start == told["wall_ns"] == wall
        assert told["beyond_cycles_ns"] == max(told["wall_ns"] - told["cycles_ns"], 0)
        ran = [c.number for c in real if c.stack]
        drawn = cycles(found, pid)
        assert forward.start == drawn[ran[0]].start
        assert drawn[ran[-1] + 1].start == max(forward.end, drawn[ran[-1]].end)


def test_the_counter_ends_at_what_the_trace_keeps(real: Trace) -> None:
    counters = events(real).counters
    kept = [c["args"]["bytes"] for c in counters]
    assert kept == sorted(set(kept)) and kept[-1] == real.kept_bytes


def test_what_is_not_known_is_not_there() -> None:
    trace = run()
    for cycle in trace:
        cycle.inputs = cycle.outputs = ()
    found = events(trace)
    assert not found.counters and not found.arrows
    assert len(found.processes) == 2  # no full speed
    assert "waits for a person are left out" in json.dumps(found.other["notes"]).lower()
    assert "flops" not in cycles(found, 1)[0].event["args"]


def test_hostile_names() -> None:
    found = events(hostile())
    assert harmless(found.other["model"])
    assert all(harmless(s.event["args"]["op"]) for s in cycles(found, 1).values())


def test_an_empty_trace() -> None:
    trace = run()
    trace.cycles.clear()
    assert not events(trace).slices
    assert {e["ph"] for e in perfetto(trace)["traceEvents"]} == {"M"}


def test_nanoseconds_survive_a_reader_that_cuts_them_off() -> None:
    trace = run()
    trace[0].self_ns = 66_399_127  # 66399.127 µs · 1000 is 66399126.99999999
    trace[1].self_ns = 0
    starts = [s.start for s in cycles(events(trace), 1).values()]
    assert starts[:3] == [0, 66_399_127, 66_399_127]

"""A strict reader of Chrome's trace-event format: what the specification asks, phase by phase.

Beyond it, what the Perfetto viewer needs: slices of a track do not overlap, a thread number belongs
to one process, every arrow has its two ends within a slice, and what is read as nanoseconds (cut
off, not rounded) is whole.
"""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import pairwise
from typing import Any, NamedTuple

from .samples import harmless

#: Keys of each phase: those it must have, and no others.
KEYS = {
    "X": {"name", "cat", "ph", "ts", "dur", "pid", "tid", "args"},
    "M": {"name", "ph", "pid", "tid", "args"},
    "C": {"name", "ph", "ts", "pid", "tid", "args"},
    "s": {"name", "cat", "ph", "ts", "pid", "tid", "id"},
    "f": {"name", "cat", "ph", "ts", "pid", "tid", "id", "bp"},
}
METADATA = {
    "process_name": ("name", str),
    "process_sort_index": ("sort_index", int),
    "thread_name": ("name", str),
    "thread_sort_index": ("sort_index", int),
}


class Slice(NamedTuple):
    start: int
    end: int
    event: dict[str, Any]


class Read(NamedTuple):
    """What was found: slices by track, arrows as pairs of slices, names of processes, counters."""

    slices: dict[tuple[int, int], list[Slice]]
    arrows: dict[int, list[tuple[Slice, Slice]]]
    processes: dict[int, str]
    counters: list[dict[str, Any]]
    other: dict[str, Any]


def nanoseconds(us: float) -> int:
    return int(us * 1000)


def read(text: str) -> Read:
    """Read a file; every rule that it breaks is an AssertionError."""

    def constant(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    document = json.loads(text, parse_constant=constant)
    assert set(document) == {"traceEvents", "displayTimeUnit", "otherData"}
    assert document["displayTimeUnit"] in ("ms", "ns")
    slices: dict[tuple[int, int], list[Slice]] = defaultdict(list)
    ends: dict[int, dict[str, dict[str, Any]]] = defaultdict(dict)
    names: dict[tuple[str, int], str] = {}
    owners: dict[int, int] = {}
    counters = []
    for event in document["traceEvents"]:
        phase = event["ph"]
        assert set(event) == KEYS[phase], event
        assert isinstance(event["name"], str) and harmless(event["name"])
        assert type(event["pid"]) is type(event["tid"]) is int
        assert event["pid"] > 0 and event["tid"] not in (0, event["pid"])
        assert owners.setdefault(event["tid"], event["pid"]) == event["pid"]
        if "ts" in event:
            assert isinstance(event["ts"], (int, float)) and event["ts"] >= 0
        if phase == "M":
            key, kind = METADATA[event["name"]]
            assert set(event["args"]) == {key} and isinstance(event["args"][key], kind)
            if kind is str:
                place = event["pid"] if event["name"] == "process_name" else event["tid"]
                assert names.setdefault((event["name"], place), event["args"][key])
        elif phase == "X":
            assert event["dur"] >= 0 and isinstance(event["args"], dict)
            start = nanoseconds(event["ts"])
            assert abs(event["ts"] * 1000 - start) < 0.5
            end = start + nanoseconds(event["dur"])
            slices[event["pid"], event["tid"]].append(Slice(start, end, event))
        elif phase == "C":
            assert event["args"] and all(type(v) in (int, float) for v in event["args"].values())
            counters.append(event)
        else:
            assert type(event["id"]) is int and event.get("bp", "e") == "e"
            assert phase not in ends[event["id"]], "an arrow has one end of each kind"
            ends[event["id"]][phase] = event
    for (_, tid), track in slices.items():
        assert ("thread_name", tid) in names
        ordered = sorted(track, key=lambda s: (s.start, s.end))
        assert all(a.end <= b.start for a, b in pairwise(ordered))
    arrows: dict[int, list[tuple[Slice, Slice]]] = defaultdict(list)
    for pair in ends.values():
        assert set(pair) == {"s", "f"}
        assert pair["s"]["pid"] == pair["f"]["pid"]
        assert (pair["s"]["cat"], pair["s"]["name"]) == (pair["f"]["cat"], pair["f"]["name"])
        assert pair["s"]["ts"] <= pair["f"]["ts"]
        found = tuple(_around(slices, pair[phase]) for phase in "sf")
        arrows[pair["s"]["pid"]].append(found)  # type: ignore[arg-type]
    processes = {pid: name for (what, pid), name in names.items() if what == "process_name"}
    assert {pid for pid, _ in slices} <= set(processes)
    return Read(slices, arrows, processes, counters, document["otherData"])


def _around(slices: dict[tuple[int, int], list[Slice]], end: dict[str, Any]) -> list[Slice]:
    """The slices that the end of an arrow may belong to; empty ones can share a place."""
    at = nanoseconds(end["ts"])
    found = [
        s for s in slices[end["pid"], end["tid"]] if s.start <= at < s.end or s.start == at == s.end
    ]
    assert found, "the end of an arrow is within a slice"
    return found

"""A run in sentences: for screen readers, logs and terminals without any art.

One complete sentence (or two) a cycle, each on a line of its own, with no drawing characters and
no colour. What a number is, is said in words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from cyclesim.explain import explain
from cyclesim.render.summary import first_nan, header_words, times_of, totals
from cyclesim.render.text import safe_text
from cyclesim.render.units import amount, duration, number, size
from cyclesim.trace.cycle import Cycle, Resolution
from cyclesim.trace.groups import Group
from cyclesim.trace.trace import Trace

__all__ = ["plain_lines"]


def plain_lines(
    trace: Trace, resolution: Resolution = "step", only: Collection[int] | None = None
) -> Iterator[str]:
    """Yield the run as lines: what ran, each cycle (or tick), times, verdict, result.

    Args:
        trace: a run, complete or not.
        resolution: one sentence for each `step` (cycle), `module` or `layer`.
        only: the numbers of the cycles to tell of, at resolution `step`; None for all.
    """
    yield _opening(trace)
    times, kind = times_of(trace)
    if resolution == "step":
        for cycle in trace.cycles:
            if only is not None and cycle.number not in only:
                continue
            yield _cycle(cycle, trace, times[cycle.number])
    else:
        for group in trace.groups(resolution):
            yield _group(group, trace, sum(times[group.first : group.last + 1]))
    yield from _closing(trace, kind)
    yield from _result(trace)


def _opening(trace: Trace) -> str:
    header = trace.header
    model = safe_text(header.model, 80)
    place = ", ".join(header_words(trace))
    text = f"Model {model}"
    text += f", task {safe_text(header.task, 40)}" if header.task else ""
    text += f", on {place}" if place else ""
    if header.tokens:
        text += f", reads {_count(len(header.tokens), 'token')}"
    return text + "."


def _cycle(cycle: Cycle, trace: Trace, ns: int) -> str:
    where = f"layer {cycle.layer}, {cycle.unit}" if cycle.layer is not None else cycle.unit
    step = safe_text(cycle.step, 60).replace("_", " ")
    name = f"Cycle {cycle.number}, {where}, {step}"
    said = _spoken(explain(cycle, trace).sentence)
    return f"{name}: {said} {_cost(cycle, ns)}"


def _spoken(sentence: str) -> str:
    """The sentence with signs that a screen reader stumbles over put into words."""
    for sign, word in (("×", "times"), ("→", "to"), ("√", "the square root of "), (" · ", ", ")):
        sentence = sentence.replace(sign, word)
    return sentence if sentence.endswith((".", "…")) else sentence + "."


def _cost(cycle: Cycle, ns: int) -> str:
    """What it read, wrote and took, as a second sentence."""
    sources = [str(s) for s in cycle.sources]
    read = ""
    if sources:
        numbers = " and ".join(filter(None, [", ".join(sources[:-1]), sources[-1]]))
        read = f"It reads cycle{'s' if len(sources) > 1 else ''} {numbers}, "
    shape = _shape(cycle)
    wrote = f"writes {shape}" if shape else "writes nothing"
    took = f" and takes {_time(ns)}" if ns else ""
    work = f" for {_operations(cycle.flops)}" if cycle.flops else ""
    head = f"{read}{wrote}{took}{work}"
    return (head if read else f"It {head}") + "."


def _shape(cycle: Cycle) -> str:
    if not cycle.outputs:
        return ""
    first = cycle.outputs[0].shape
    text = f"shape {' by '.join(map(str, first))}" if first else "a single number"
    more = len(cycle.outputs) - 1
    return text + (f" and {_count(more, 'more tensor')}" if more else "")


def _group(group: Group, trace: Trace, ns: int) -> str:
    members: list[Cycle] = trace.cycles[group.first : group.last + 1]
    title = safe_text(group.title, 60).replace(" · ", ", ")
    span = f"Cycles {group.first} to {group.last}" if len(group) > 1 else f"Cycle {group.first}"
    nops = sum(c.nop for c in members)
    flops = sum(c.flops for c in members)
    text = f"{span}, {title}: {_count(len(members), 'cycle')}"
    text += f", {nops} of them without effect" if nops else ""
    text += f", {_operations(flops)}" if flops else ""
    traffic = sum(c.bytes_read + c.bytes_written for c in members)
    text += f", {_bytes(traffic)} moved" if traffic else ""
    text += f", {_time(ns)}" if ns else ""
    return text + "."


def _closing(trace: Trace, kind: str) -> Iterator[str]:
    found = totals(trace)
    if not trace.complete:
        yield f"The run is not complete: {_count(found.cycles, 'cycle')} so far."
    yield (
        f"In all {_count(found.cycles, 'cycle')}, {found.nops} without effect; the longest chain "
        f"of dependent cycles is {found.depth:,}, so {number(found.ilp)} cycles could run side by "
        f"side on average; {_operations(found.matmul)} in matrix products and "
        f"{_operations(found.elementwise)} elementwise."
    )
    if found.uncounted:
        yield f"Operations that are not counted: {', '.join(found.uncounted)}."
    timing = trace.timing
    yield f"The time of each cycle is the {kind}."
    if timing.untraced_ns is not None:
        yield f"The forward pass takes {_time(timing.untraced_ns)} at full speed."
    if timing.traced_ns:
        how = "stepped, without the waiting" if timing.stepped else "with every cycle recorded"
        ratio = timing.overhead
        more = f", {number(ratio)} times as long as at full speed" if ratio else ""
        yield f"In this run, {how}, it took {_time(timing.traced_ns)}{more}."
    broken = first_nan(trace)
    if broken is not None:
        yield f"Cycle {broken.number} is the first to write a number that is not a number (NaN)."
    yield f"Verdict: {safe_text(trace.verdict).rstrip('.')}."


def _result(trace: Trace) -> Iterator[str]:
    result: Mapping[str, Any] = trace.result
    if not result:
        return
    try:
        if "entities" in result:
            found = result["entities"]
            yield f"Result: {_count(len(found), 'entity', 'entities')} found."
            for e in found:
                name, label = safe_text(e.get("text", ""), 200), safe_text(e.get("label", ""), 40)
                place = f"characters {int(e.get('start', 0))} to {int(e.get('end', 0))}"
                yield f"{name} is {label}, {place}, score {_score(e.get('score'))}."
        elif "label" in result:
            yield f"Result: {safe_text(result['label'], 80)}, score {_score(result.get('score'))}."
            scores = sorted((result.get("scores") or {}).items(), key=lambda item: -float(item[1]))
            if scores:
                listed = ", ".join(f"{safe_text(k, 40)} {_score(s)}" for k, s in scores[:20])
                yield f"Scores: {listed}."
        else:
            for key, value in result.items():
                yield f"Result, {safe_text(key, 40)}: {safe_text(value, 400)}."
    except (TypeError, ValueError, AttributeError) as error:
        yield f"The result cannot be shown: {safe_text(error, 200)}."


def _operations(flops: int) -> str:
    if flops < 1000:
        return _count(flops, "operation")
    words = {"k": "thousand", "M": "million", "G": "billion", "T": "trillion"}
    value, _, prefix = amount(flops).partition(" ")
    return f"{value} {words.get(prefix, prefix)} operations"


def _bytes(count: int) -> str:
    words = {"B": "bytes", "kB": "kilobytes", "MB": "megabytes", "GB": "gigabytes"}
    value, _, unit = size(count).partition(" ")
    return f"{value} {words.get(unit, unit)}"


def _time(ns: int | None) -> str:
    text = duration(ns, ascii=True)
    units = {" ns": "nanoseconds", " us": "microseconds", " ms": "milliseconds", " s": "seconds"}
    for short, long in units.items():
        if text.endswith(short):
            value = text[: -len(short)]
            return f"{value} {long[:-1] if value == '1' else long}"
    return text


def _count(number_: int, noun: str, plural: str = "") -> str:
    return f"{number_:,} {noun if number_ == 1 else plural or noun + 's'}"


def _score(score: Any) -> str:
    return f"{float(score):.3f}" if score is not None else "not known"

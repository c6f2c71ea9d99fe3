"""A run in sentences: for screen readers, logs and terminals without any art.

One complete sentence (or two) a cycle, each on a line of its own, with no drawing characters and
no colour. What a number is, is said in words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import reduce

from cyclesim.explain import explain
from cyclesim.explain.quote import join_words
from cyclesim.language import N_, tr, trn
from cyclesim.render.generation import cache_text, passes_text
from cyclesim.render.learning import learning_lines
from cyclesim.render.plain_answer import answer_sentences
from cyclesim.render.summary import first_nan, header_words, times_of, totals
from cyclesim.render.text import safe_text
from cyclesim.render.units import amount, duration, number, size
from cyclesim.trace.cycle import Cycle, Resolution
from cyclesim.trace.groups import Group
from cyclesim.trace.trace import Trace

__all__ = ["plain_lines"]

#: Signs that a screen reader stumbles over, in words.
_SPOKEN = {" × ": N_(" times "), " → ": N_(" to "), "√": N_("the square root of ")}
#: Large numbers of operations, by prefix.
_OPERATIONS = {
    "k": N_("{value} thousand operations"),
    "M": N_("{value} million operations"),
    "G": N_("{value} billion operations"),
    "T": N_("{value} trillion operations"),
}
_BYTES = {
    "B": N_("{value} bytes"),
    "kB": N_("{value} kilobytes"),
    "MB": N_("{value} megabytes"),
    "GB": N_("{value} gigabytes"),
}


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
    yield from answer_sentences(trace)


def _opening(trace: Trace) -> str:
    header = trace.header
    text = tr("Model {model}").format(model=safe_text(header.model, 80))
    if header.task:
        text = tr("{start}, task {task}").format(start=text, task=safe_text(header.task, 40))
    place = ", ".join(header_words(trace))
    if place:
        text = tr("{start}, on {place}").format(start=text, place=place)
    if header.tokens:
        # Of a decoder the header's tokens are what it read and what it wrote.
        read = len(header.tokens) - (0 if header.target_tokens else header.generated)
        tokens = _tokens(read)
        if len(header.sequences) > 1:
            several = tr("{count} sequences of {tokens}")
            tokens = several.format(count=f"{len(header.sequences):,}", tokens=tokens)
        text = tr("{start}, reads {tokens}").format(start=text, tokens=tokens)
    return _sentence(text)


def _cycle(cycle: Cycle, trace: Trace, ns: int) -> str:
    step = safe_text(cycle.step, 60).replace("_", " ")
    name = tr("Cycle {number}, {unit}, {step}")
    if cycle.layer is not None:
        name = tr("Cycle {number}, layer {layer}, {unit}, {step}")
    name = name.format(number=cycle.number, layer=cycle.layer, unit=cycle.unit, step=step)
    said = _spoken(explain(cycle, trace).sentence)
    text = tr("{cycle}: {sentence} {cost}")
    return text.format(cycle=name, sentence=said, cost=_cost(cycle, ns))


def _spoken(sentence: str) -> str:
    """The sentence with signs that a screen reader stumbles over put into words."""
    for sign, word in _SPOKEN.items():
        sentence = sentence.replace(sign, tr(word))
    sentence = sentence.replace(" · ", ", ")
    return sentence if sentence.endswith((".", "…", "。")) else _sentence(sentence)


def _sentence(words: str) -> str:
    return tr("{sentence}.").format(sentence=words)


def _cost(cycle: Cycle, ns: int) -> str:
    """What it read, wrote and took, as a second sentence."""
    shape = _shape(cycle)
    done = tr("writes {shape}").format(shape=shape) if shape else tr("writes nothing")
    if ns:
        done = tr("{writes} and takes {time}").format(writes=done, time=_time(ns))
    if cycle.flops:
        done = tr("{writes} for {operations}").format(
            writes=done, operations=_operations(cycle.flops)
        )
    sources = [str(s) for s in cycle.sources]
    if not sources:
        return tr("It {writes}.").format(writes=done)
    text = trn(
        "It reads cycle {numbers}, {writes}.", "It reads cycles {numbers}, {writes}.", len(sources)
    )
    return text.format(numbers=join_words(sources, len(sources)), writes=done)


def _shape(cycle: Cycle) -> str:
    if not cycle.outputs:
        return ""
    text = tr("a single number")
    for place, size_ in enumerate(map(str, cycle.outputs[0].shape)):
        text = tr("{shape} by {size}").format(shape=text, size=size_) if place else size_
    if cycle.outputs[0].shape:
        text = tr("shape {shape}").format(shape=text)
    more = len(cycle.outputs) - 1
    if more:
        text = trn(
            "{shape} and {count} more tensor", "{shape} and {count} more tensors", more
        ).format(shape=text, count=f"{more:,}")
    return text


def _group(group: Group, trace: Trace, ns: int) -> str:
    members: list[Cycle] = trace.cycles[group.first : group.last + 1]
    title = safe_text(group.title, 60).replace(" · ", ", ")
    span = tr("Cycles {first} to {last}") if len(group) > 1 else tr("Cycle {first}")
    parts = [
        tr("{cycles}, {title}: {count}").format(
            cycles=span.format(first=group.first, last=group.last),
            title=title,
            count=_cycles(len(members)),
        )
    ]
    nops = sum(c.nop for c in members)
    if nops:
        parts.append(tr("{count} of them without effect").format(count=nops))
    flops = sum(c.flops for c in members)
    if flops:
        parts.append(_operations(flops))
    traffic = sum(c.bytes_read + c.bytes_written for c in members)
    if traffic:
        parts.append(tr("{bytes} moved").format(bytes=_bytes(traffic)))
    if ns:
        parts.append(_time(ns))
    return _sentence(reduce(_clauses, parts))


def _clauses(first: str, second: str) -> str:
    return tr("{first}, {second}").format(first=first, second=second)


def _closing(trace: Trace, kind: str) -> Iterator[str]:
    found = totals(trace)
    if not trace.complete:
        yield tr("The run is not complete: {cycles} so far.").format(cycles=_cycles(found.cycles))
    text = tr(
        "In all {cycles}, {nops} without effect; the longest chain of dependent cycles is {depth}, "
        "so {ilp} cycles could run side by side on average; {matmul} in matrix products and "
        "{elementwise} elementwise."
    )
    yield text.format(
        cycles=_cycles(found.cycles),
        nops=found.nops,
        depth=f"{found.depth:,}",
        ilp=number(found.ilp),
        matmul=_operations(found.matmul),
        elementwise=_operations(found.elementwise),
    )
    if found.uncounted:
        uncounted = ", ".join(found.uncounted)
        yield tr("Operations that are not counted: {names}.").format(names=uncounted)
    for name, text in (
        (N_("Phases: {text}."), passes_text(trace, ascii=True)),
        (N_("Key-value cache: {text}."), cache_text(trace)),
    ):
        if text:
            yield tr(name).format(text=text.replace(" · ", ", "))
    yield tr("The time of each cycle is the {kind}.").format(kind=kind)
    timing = trace.timing
    if timing.untraced_ns is not None:
        full = tr("The forward pass takes {time} at full speed.")
        yield full.format(time=_time(timing.untraced_ns))
    if timing.traced_ns:
        text = tr("In this run, with every cycle recorded, it took {time}")
        if timing.stepped:
            text = tr("In this run, stepped, without the waiting, it took {time}")
        took = text.format(time=_time(timing.traced_ns))
        if timing.overhead:
            longer = tr("{number} times as long as at full speed")
            took = _clauses(took, longer.format(number=number(timing.overhead)))
        yield _sentence(took)
    yield from learning_lines(trace)
    broken = first_nan(trace)
    if broken is not None:
        text = tr("Cycle {number} is the first to write a number that is not a number (NaN).")
        yield text.format(number=broken.number)
    yield tr("Verdict: {verdict}.").format(verdict=safe_text(trace.verdict).rstrip("."))


def _cycles(count: int) -> str:
    return trn("{count} cycle", "{count} cycles", count).format(count=f"{count:,}")


def _tokens(count: int) -> str:
    return trn("{count} token", "{count} tokens", count).format(count=f"{count:,}")


def _operations(flops: int) -> str:
    if flops < 1000:
        return trn("{count} operation", "{count} operations", flops).format(count=flops)
    value, _, prefix = amount(flops).partition(" ")
    # Beyond trillions nobody says the number: its prefix stands for it.
    return tr(_OPERATIONS.get(prefix, "{value} " + prefix)).format(value=value)


def _bytes(count: int) -> str:
    value, _, unit = size(count).partition(" ")
    return tr(_BYTES.get(unit, "{value} " + unit)).format(value=value)


def _time(ns: int | None) -> str:
    text = duration(ns, ascii=True)
    value, _, unit = text.partition(" ")
    several = 1 if value == "1" else 2
    if unit == "ns":
        text = trn("{value} nanosecond", "{value} nanoseconds", several)
    elif unit == "us":
        text = trn("{value} microsecond", "{value} microseconds", several)
    elif unit == "ms":
        text = trn("{value} millisecond", "{value} milliseconds", several)
    elif unit == "s":
        text = trn("{value} second", "{value} seconds", several)
    return text.format(value=value)

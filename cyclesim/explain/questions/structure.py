"""Questions about how a cycle is connected and what shape it writes: the rehearsal knows these."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from cyclesim.cost.names import canonical
from cyclesim.explain.questions.question import Asked, Finding, Question, turn
from cyclesim.explain.quote import join_words
from cyclesim.explain.shapes import shape_text
from cyclesim.language import tr
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.trace import Trace

__all__ = ["nop", "shape", "source", "tokens", "waits"]

Shape = tuple[int, ...]

#: So many choices, at most.
MOST = 4


def shape(asked: Asked) -> Question | None:
    """Which shape will it write?"""
    cycle = asked.cycle
    true = cycle.outputs[0].shape
    shapes = [true]
    for other in _confusions(cycle, _heads(asked.trace)):
        if len(shapes) < MOST and other not in shapes:
            shapes.append(other)
    shapes.sort(key=lambda s: (len(s), s))
    choices = [shape_text(s) for s in shapes]
    text = tr("Which shape will {cycle}, write?").format(cycle=asked.named)
    read = [shape_text(v.shape) for v in cycle.inputs]
    if read:
        text += " " + tr("It reads {shapes}.").format(shapes=join_words(read))

    def rule(ran: Cycle, trace: Trace) -> Finding:
        wrote = ran.outputs[0].shape
        right = frozenset(i for i, s in enumerate(shapes) if s == wrote)
        return Finding(right, tr("It wrote {shape}.").format(shape=shape_text(wrote)))

    return asked.question("shape", text, choices, rule)


def _heads(trace: Trace) -> int:
    """How many heads the attention has; 0 if that is not seen."""
    for cycle in trace.cycles:
        if cycle.unit == "attention" and cycle.outputs and len(cycle.outputs[0].shape) == 4:
            return cycle.outputs[0].shape[1]
    return 0


def _confusions(cycle: Cycle, heads: int) -> Iterator[Shape]:
    """Shapes that one could take for that of the output, the likeliest mistakes first."""
    true = cycle.outputs[0].shape
    rank = len(true)
    if rank >= 2:
        yield (*true[:-2], true[-1], true[-2])  # transposed
    if rank == 4:
        batch, head, token, width = true
        yield (batch, token, head * width)  # the heads side by side
    if rank == 3 and heads > 1 and true[2] % heads == 0:
        yield (true[0], heads, true[1], true[2] // heads)  # split into heads
    for value in cycle.inputs:
        yield value.shape  # as what it read
    for value in cycle.inputs:
        if value.kind == "parameter" and len(value.shape) == 2 and rank:
            yield (*true[:-1], value.shape[0])
            yield (*true[:-1], value.shape[1])
    if rank >= 2:
        yield true[:-1]  # one number for each row
        yield (*true[:-1], 1)
    yield (*true, 1)
    yield (prod(true),)  # all in a row
    yield (1, *true)


def source(asked: Asked) -> Question | None:
    """Whose output does it read?"""
    cycle, known = asked.cycle, asked.cycle.sources
    if not known or known == (cycle.number - 1,):  # nothing, or what everybody would guess
        return None
    true = known[turn(cycle.number, len(known))]
    cycles = asked.trace.cycles
    others = [n for n in range(cycle.number - 1, -1, -1) if n not in known and not cycles[n].nop]
    numbers = sorted([true, *others[: MOST - 1]])
    text = tr("What does {cycle}, read?").format(cycle=asked.named)

    def rule(ran: Cycle, trace: Trace) -> Finding:
        right = frozenset(i for i, n in enumerate(numbers) if n in ran.sources)
        read = join_words([f"{n} {trace.cycles[n].step}" for n in ran.sources])
        return Finding(right, tr("It reads {cycles}.").format(cycles=read))

    return asked.question("source", text, [asked.step(n) for n in numbers], rule)


def waits(asked: Asked) -> Question | None:
    """Must it wait for the cycle before it?"""
    cycle = asked.cycle
    before = cycle.number - 1
    if before < 0 or not cycle.inputs or asked.trace.cycles[before].nop:
        return None
    if cycle.sources == (before,):
        return None  # everybody would guess it
    text = tr("Must {cycle}, wait for {before}?")
    text = text.format(cycle=asked.named, before=asked.step(before))
    choices = [
        tr("Yes: it needs what that wrote, directly or not"),
        tr("No: by their data the two could run side by side"),
    ]

    def rule(ran: Cycle, trace: Trace) -> Finding:
        needed = before in trace.upstream(ran.number)
        if needed:
            said = tr("It needs what {before} wrote.")
        else:
            said = tr("It needs nothing that {before} wrote: they could run side by side.")
        name = f"{before} {trace.cycles[before].step}"
        return Finding(frozenset({0 if needed else 1}), said.format(before=name))

    return asked.question("waits", text, choices, rule)


def nop(asked: Asked) -> Question | None:
    """Will it change anything?"""
    cycle = asked.cycle
    optional = canonical(cycle.op) == "dropout" or cycle.step in ("truncation", "padding")
    if not cycle.nop and not optional:
        return None
    text = tr("Will {cycle}, change anything?").format(cycle=asked.named)
    choices = [tr("No: it runs and changes nothing (a NOP)"), tr("Yes")]

    def rule(ran: Cycle, trace: Trace) -> Finding:
        said = tr("It ran and changed nothing: a NOP.") if ran.nop else tr("It changed something.")
        return Finding(frozenset({0 if ran.nop else 1}), said)

    return asked.question("nop", text, choices, rule)


def tokens(asked: Asked) -> Question | None:
    """Into how many tokens will the text be cut?"""
    cycle, text = asked.cycle, asked.trace.header.text
    if cycle.step != "tokenize" or not text:
        return None
    true = cycle.outputs[0].shape[0]
    counts = sorted({true, len(text.split()), len(text), true + 2})
    asks = tr("Into how many tokens will the tokenizer cut the text?")

    def rule(ran: Cycle, trace: Trace) -> Finding:
        made = ran.outputs[0].shape[0]
        right = frozenset(i for i, n in enumerate(counts) if n == made)
        return Finding(right, tr("Into {count}.").format(count=f"{made:,}"))

    return asked.question("tokens", asks, [f"{n:,}" for n in counts], rule)

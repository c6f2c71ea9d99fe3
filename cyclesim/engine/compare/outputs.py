"""What a variant computed, beside what the baseline computed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import torch

from cyclesim.engine.compare.forms import Form, silent, threads_set
from cyclesim.engine.compare.generated import Generated
from cyclesim.engine.running.tracing import trace
from cyclesim.engine.running.verdict import compare as same_bits
from cyclesim.engine.running.verdict import snapshot
from cyclesim.machine import Encoding, Machine, drive
from cyclesim.trace import Trace
from cyclesim.trace.answer import said
from cyclesim.trace.diff import diff
from cyclesim.versus import Answer, Change, Difference, First
from cyclesim.versus.sentences import NO_CYCLES, OTHER_CYCLES, OTHER_INPUT, OTHER_WORK

__all__ = ["Reference", "answers", "difference", "first_difference"]


class Reference:
    """The baseline's outputs, answers and trace, to hold others against."""

    def __init__(self, form: Form) -> None:
        run = form.run()
        self.written: Generated | None = run if isinstance(run, Generated) else None
        self.kind = ""
        self.answers: list[tuple[str, str]] = []
        if self.written is not None:
            self.outputs = self.written.logits
        else:
            self.outputs = snapshot(run)
            self.kind, self.answers = answers(form.machine, form.encoding, form.run())
        self.cached = _cached(form.machine)
        self.trace = recorded(form)

    def beside(self, form: Form, outputs: Any, sequences: int) -> tuple[Difference, Answer | None]:
        """How far the outputs of `form` are from these, and which answers are others.

        Of a text, the logits are compared as long as the tokens before them are the same.
        """
        if self.written is None:
            apart = difference(self.outputs, snapshot(outputs))
            return apart, answer(self, form, outputs, sequences)
        count = self.written.alike(outputs)
        theirs = [_last(t, o) for t, o in zip(outputs.logits, self.written.logits, strict=False)]
        apart = difference(self.written.logits[:count], theirs[:count])
        return apart, self.written.answer(outputs)


def difference(ours: list[torch.Tensor], theirs: list[torch.Tensor]) -> Difference:
    """Their numbers beside ours. A batch of repeated inputs is held against ours repeated."""
    if len(ours) != len(theirs):
        return Difference(math.nan, math.nan, False)
    largest, scale = 0.0, 0.0
    for one, other in zip(ours, theirs, strict=True):
        one = _repeated(one, other)
        if one.shape != other.shape:
            return Difference(math.nan, math.nan, False)
        if not one.numel():
            continue
        kind = torch.complex128 if one.is_complex() else torch.float64
        one, other = one.detach().cpu().to(kind), other.detach().cpu().to(kind)
        apart = torch.where(one == other, 0.0, (one - other).abs())  # ∞ equals itself
        both = one.isnan() & other.isnan()
        amount = float(torch.where(both, 0.0, apart).max())
        if math.isnan(amount):
            return Difference(math.nan, math.nan, False)
        largest = max(largest, amount)
        finite = one.abs()[one.isfinite()]
        scale = max(scale, float(finite.max()) if finite.numel() else 0.0)
    same = same_bits(list(map(_repeated, ours, theirs)), theirs).bit_identical is True
    return Difference(largest, largest / scale if scale else (math.inf if largest else 0.0), same)


def answers(
    machine: Machine, encoding: Encoding, outputs: Any
) -> tuple[str, list[tuple[str, str]]]:
    """The answers read out of `outputs`: what kind they are, and (where, what) of each.

    They are the labels that the task reads, else the largest of the logits; of a model without
    logits there are none.
    """
    results = drive(machine.decode(encoding, outputs))
    found = [
        (f"sequence {place}, {where}" if len(results) > 1 else where, what)
        for place, result in enumerate(results)
        for where, what in said(result)
    ]
    if found:
        return "labels", found
    logits = getattr(outputs, "logits", None)
    if not isinstance(logits, torch.Tensor) or logits.dim() < 2:
        return "", []
    best = logits.detach().argmax(-1).reshape(logits.shape[0], -1).tolist()
    return "argmax", [
        (f"sequence {row}, place {i}" if len(best) > 1 else f"place {i}", machine.task.label(label))
        for row, places in enumerate(best)
        for i, label in enumerate(places)
    ]


def answer(reference: Reference, form: Form, outputs: Any, sequences: int) -> Answer | None:
    """Which answers are others than the baseline's; None where the model gives none.

    Of a batch of repeated inputs, each repetition is read and held against the one.
    """
    if not reference.answers:
        return None
    rows = _rows(outputs, sequences)
    changes: list[Change] = []
    for number, row in enumerate(rows):
        _, theirs = answers(form.machine, form.encoding, row)
        where = f"repetition {number}, " if len(rows) > 1 else ""
        changes += [
            Change(where + place, before, after)
            for (place, before), (_, after) in zip(reference.answers, theirs, strict=True)
            if before != after
        ]
    return Answer(reference.kind, len(reference.answers) * len(rows), tuple(changes))


def first_difference(reference: Reference, form: Form, *, repeated: bool) -> First:
    """The first cycle that computes other numbers than the baseline's."""
    if form.compiled is not None:
        return First(reason=NO_CYCLES)
    if not form.same_input:
        return First(reason=OTHER_INPUT)
    if repeated:
        return First(reason=OTHER_WORK)
    if _cached(form.machine) != reference.cached:
        return First(reason=OTHER_CYCLES)
    found = diff(reference.trace, recorded(form))
    compared = sum(c.outcome != "unknown" for c in found.cycles)
    first = found.first_difference
    if first is None:
        return First(compared=compared)
    a, b = first.a, first.b
    return First(a.number, b.number, a.label, a.path, first.max_abs, compared)


def recorded(form: Form) -> Trace:
    """The forward of a form, every cycle recorded."""
    with threads_set(form.threads), silent():
        return trace(form.machine, **form.source, measure=False)


def _cached(machine: Machine) -> bool:
    """Whether keys and values are kept from token to token, if there are tokens."""
    return machine.generation is None or machine.generation.use_cache


def _last(logits: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """As many of the last positions as `like` has: without a cache there are all of them."""
    return logits[:, -like.shape[1] :]


def _rows(outputs: Any, sequences: int) -> list[Any]:
    """The outputs of each repetition."""
    named = outputs if isinstance(outputs, Mapping) else {}
    tensors = {k: v for k, v in named.items() if isinstance(v, torch.Tensor) and v.dim()}
    count = max((v.shape[0] for v in tensors.values()), default=sequences)
    if count == sequences:
        return [outputs]
    parts = {k: v.split(sequences) for k, v in tensors.items() if v.shape[0] == count}
    return [
        SimpleNamespace(**{k: v[place] for k, v in parts.items()})
        for place in range(count // sequences)
    ]


def _repeated(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    if one.dim() and one.dim() == other.dim() and one.shape[1:] == other.shape[1:]:
        times, rest = divmod(other.shape[0], max(one.shape[0], 1))
        if times > 1 and not rest:
            return one.repeat(times, *[1] * (one.dim() - 1))
    return one

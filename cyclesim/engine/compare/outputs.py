"""What a variant computed, beside what the baseline computed."""

from __future__ import annotations

import math
from typing import Any

import torch

from cyclesim.engine.compare.forms import Form, silent, threads_set
from cyclesim.engine.run import trace
from cyclesim.engine.verdict import compare as same_bits
from cyclesim.engine.verdict import snapshot
from cyclesim.machine import Encoding, Machine, drive
from cyclesim.trace import Trace
from cyclesim.trace.diff import diff
from cyclesim.versus import Answer, Change, Difference, First
from cyclesim.versus.sentences import NO_CYCLES, OTHER_INPUT, OTHER_WORK

__all__ = ["Reference", "answers", "difference", "first_difference"]


class Reference:
    """The baseline's outputs, answers and trace, to hold others against."""

    def __init__(self, form: Form, sequences: int) -> None:
        self.outputs = snapshot(form.run())
        self.kind, self.answers = answers(form.machine, form.encoding, form.run(), sequences)
        self.trace = recorded(form)


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
    machine: Machine, encoding: Encoding, outputs: Any, sequences: int
) -> tuple[str, list[tuple[str, str]]]:
    """The answers read out of `outputs`: what kind they are, and (where, what) of each.

    They are the labels that the task reads, else the largest of the logits; of a model without
    logits there are none.
    """
    found: list[tuple[str, str]] = []
    logits = getattr(outputs, "logits", None)
    if not isinstance(logits, torch.Tensor) or logits.dim() < 2:
        return "", []
    if sequences == 1:
        result = drive(machine.decode(encoding, outputs))
        if "tokens" in result and "ids" not in result:
            for index, token in enumerate(result["tokens"]):
                found.append((f"token {index} {token['text']}", str(token["label"])))
        elif "label" in result:
            found.append(("text", str(result["label"])))
        if found:
            return "labels", found
    best = logits.detach().argmax(-1).reshape(logits.shape[0], -1).tolist()
    for row, places in enumerate(best):
        start = f"sequence {row}, " if len(best) > 1 else ""
        for index, label in enumerate(places):
            found.append((f"{start}place {index}", machine.task.label(label)))
    return "argmax", found


def answer(reference: Reference, form: Form, outputs: Any, sequences: int) -> Answer | None:
    """Which answers are others than the baseline's; None where the model gives none.

    Of a batch of repeated inputs, each repetition is read and held against the one.
    """
    if not reference.answers:
        return None
    rows = _rows(outputs, sequences)
    changes: list[Change] = []
    for number, row in enumerate(rows):
        _, theirs = answers(form.machine, form.encoding, row, sequences)
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


def _rows(outputs: Any, sequences: int) -> list[Any]:
    """The outputs of each repetition."""
    logits = outputs.logits
    if logits.shape[0] == sequences:
        return [outputs]
    return [_Logits(part) for part in logits.split(sequences)]


class _Logits:
    """What a task reads of a model's output."""

    def __init__(self, logits: torch.Tensor) -> None:
        self.logits = logits


def _repeated(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    if one.dim() and one.dim() == other.dim() and one.shape[1:] == other.shape[1:]:
        times, rest = divmod(other.shape[0], max(one.shape[0], 1))
        if times > 1 and not rest:
            return one.repeat(times, *[1] * (one.dim() - 1))
    return one

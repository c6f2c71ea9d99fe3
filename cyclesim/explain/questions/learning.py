"""Questions about backward and the update: what gradients add up to, which layer learns most."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from cyclesim.cost.learning import forward_op
from cyclesim.explain.axes import axes_of
from cyclesim.explain.numbers.cell import number
from cyclesim.explain.questions.question import Asked, Finding, Question
from cyclesim.language import tr
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.learning import Moved
from cyclesim.trace.trace import Trace

__all__ = ["balance", "clipped", "largest", "moved"]

#: How far from 0 a row of gradients may sum, compared with its largest number.
_NEAR = {"bfloat16": 3e-2, "float16": 5e-3}


def balance(asked: Asked) -> Question | None:
    """To what will each row of a softmax's gradients sum?"""
    cycle = asked.cycle
    axes = axes_of(cycle, asked.trace)[0]
    if forward_op(cycle.op) != "softmax" or not axes or axes[-1] != "key":
        return None
    text = tr("To what will each row of gradients that {cycle}, writes sum?")
    choices = [tr("To 0"), tr("To 1"), tr("To other numbers")]

    def rule(ran: Cycle, trace: Trace) -> Finding:
        values = np.asarray(ran.outputs[0].numpy(), np.float64)
        # What rounding leaves is as large as the gradients that were weighed against each other.
        sums, size = values.sum(-1), np.abs(ran.inputs[0].numpy()).max(-1)
        if not np.isfinite(sums).all():
            return Finding(frozenset())
        near = _NEAR.get(ran.outputs[0].dtype, 1e-3)
        right = 0 if (np.abs(sums) <= near * size + 1e-12).all() else 2
        said = tr("The rows sum to numbers from {low} to {high}.")
        said = said.format(low=number(float(sums.min())), high=number(float(sums.max())))
        return Finding(frozenset({right}), said)

    return asked.question("balance", text.format(cycle=asked.named), choices, rule)


def largest(asked: Asked) -> Question | None:
    """Which layer has the largest gradient? Asked when all have theirs."""
    if asked.cycle.step != "clip.norms":
        return None
    text = tr("Which part of the model has the largest gradient?")
    return _about_layers(asked, "largest", text, lambda layer: layer.gradient)


def moved(asked: Asked) -> Question | None:
    """Which layer has moved most? Asked when the last parameter is about to be updated."""
    cycle, updates = asked.cycle, asked.trace.learning.updates
    if not updates or cycle.number != max(updates.values()):
        return None
    text = tr("Which part of the model does this update move most, compared with its weights?")
    return _about_layers(asked, "moved", text, lambda layer: layer.ratio)


def _about_layers(
    asked: Asked, kind: str, text: str, figure: Callable[[Moved], float | None]
) -> Question | None:
    names = [layer.name for layer in asked.trace.learning.layers()]

    def rule(ran: Cycle, trace: Trace) -> Finding:
        found = {layer.name: figure(layer) for layer in trace.learning.layers(ran.number)}
        known = [found.get(name) for name in names]
        if any(value is None or not math.isfinite(value) for value in known):
            return Finding(frozenset())
        values = [float(value or 0.0) for value in known]
        right = frozenset(i for i, value in enumerate(values) if value == max(values))
        return Finding(right, "", tuple(number(value) for value in values))

    return asked.question(kind, text, names, rule)  # type: ignore[arg-type]


def clipped(asked: Asked) -> Question | None:
    """Will the gradients be clipped?"""
    if asked.cycle.step != "clip.coefficient":
        return None
    text = tr("Are all gradients together longer than the clip allows?")
    choices = [tr("Yes: they will be scaled down"), tr("No: they stay as they are")]

    def rule(ran: Cycle, trace: Trace) -> Finding:
        factor = float(ran.outputs[0].numpy())
        said = tr("The factor is {factor}.").format(factor=number(factor))
        return Finding(frozenset({0 if factor < 1 else 1}), said)

    return asked.question("clipped", text, choices, rule)

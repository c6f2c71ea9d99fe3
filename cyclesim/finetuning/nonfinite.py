"""Why a loss is not a number: the batch is run again, cycle by cycle, up to the first NaN."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import torch

from cyclesim.engine import trace
from cyclesim.engine.running.state import Randomness
from cyclesim.errors import CyclesimError
from cyclesim.finetuning.encode import Batch
from cyclesim.language import N_, tr
from cyclesim.machine import Machine

__all__ = ["explain_gradient", "explain_loss"]

_ADVICE = N_("the last checkpoint is kept; try a lower --rate.")


def explain_loss(
    model: Any,
    batch: Batch,
    update: int,
    randomness: tuple[torch.Tensor, ...],
    precision: Callable[[], AbstractContextManager[Any]],
) -> CyclesimError:
    """The sentence for a loss that is not finite.

    Args:
        batch: what the model was run on.
        update: the number of the update that it was for, from 1.
        randomness: the random state before that run: dropout drops the same again.
        precision: makes the context that the model was run in.
    """
    Randomness(model).put(randomness)
    with precision():
        made = trace(Machine.of(model), inputs=batch.inputs, measure=False)
    cycle = next((cycle for cycle in made.cycles if cycle.has_nan), None)
    if cycle is None:
        said = tr(
            "the loss of update {update} is not finite, though no cycle wrote a NaN; {advice}"
        )
        return CyclesimError(said.format(update=update, advice=tr(_ADVICE)))
    said = tr(
        "the loss of update {update} is not a number: the first cycle that wrote a NaN is "
        "{number}, {label} in {path}; {advice}"
    )
    weight = _not_finite(model)
    if weight is not None:
        said = tr(
            "the loss of update {update} is not a number: the first cycle that wrote a NaN is "
            "{number}, {label} in {path}, and the weight {weight} is not finite; {advice}"
        )
    return CyclesimError(
        said.format(
            update=update, number=cycle.number, label=cycle.label, path=cycle.path or "–",
            weight=weight, advice=tr(_ADVICE),
        )
    )  # fmt: skip


def explain_gradient(model: Any, update: int) -> CyclesimError:
    """The sentence for gradients that are not finite where the loss was."""
    names = [
        name
        for name, parameter in model.named_parameters()
        if parameter.grad is not None and not bool(parameter.grad.isfinite().all())
    ]
    # The backward pass comes from the end, so the last parameter got its gradient first.
    said = tr(
        "the gradient of update {update} is not a number, first that of {name}, and was not "
        "applied; {advice}"
    )
    return CyclesimError(said.format(update=update, name=names[-1], advice=tr(_ADVICE)))


def _not_finite(model: Any) -> str | None:
    parameters = model.named_parameters()
    return next((name for name, p in parameters if not bool(p.isfinite().all())), None)

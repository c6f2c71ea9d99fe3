"""The training step of a session, in its log: written as plain values, and checked when read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from cyclesim.errors import CyclesimError
from cyclesim.machine.training.spec import Training

__all__ = ["told", "understood"]

_MOST_TEXT, _MOST_LABELS = 10_000, 1000
#: The fields that a log has, with their types. It names no folder to write to, and no code.
_FIELDS: Mapping[str, tuple[type, ...]] = {
    "labels": (str, list),
    "optimizer": (str,),
    "lr": (float, int),
    "weight_decay": (float, int),
    "momentum": (float, int),
    "clip": (float, int, type(None)),
    "schedule": (str,),
    "warmup": (int,),
    "steps": (int,),
    "seed": (int,),
    "dropout": (bool,),
}


def told(training: Training | None) -> dict[str, Any] | None:
    """What was chosen otherwise than usual, as JSON has it; None for no training step."""
    if training is None:
        return None
    chosen = {
        field.name: getattr(training, field.name)
        for field in fields(Training)
        if field.name in _FIELDS and getattr(training, field.name) != field.default
    }
    return {name: value for name, value in chosen.items() if isinstance(value, _FIELDS[name])}


def understood(content: Any) -> Training | None:
    """The training step that a log says.

    Raises:
        ValueError: it says none.
    """
    if content is None:
        return None
    for name, value in content.items():
        if name not in _FIELDS or type(value) not in _FIELDS[name]:
            raise ValueError(name)
        texts = value if isinstance(value, list) else [value] if isinstance(value, str) else []
        if len(texts) > _MOST_LABELS or not all(
            isinstance(text, str) and len(text) <= _MOST_TEXT for text in texts
        ):
            raise ValueError(name)
    try:
        return Training(**content)
    except CyclesimError as error:
        raise ValueError(str(error)) from None

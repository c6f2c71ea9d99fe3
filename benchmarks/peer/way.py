"""One way of watching a forward, and what writing one down takes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import torch

from peer.subject import Subject

__all__ = ["Way", "forward", "nothing", "tensors_in"]


class Way(NamedTuple):
    """One way of watching the forward.

    Attributes:
        name: what it is, in the table.
        run: runs the model once; the logits (or what finds them), and what the tool has kept.
        tensors: the tensors in what it has kept, weights and all.
        save, load: write what it has kept into a folder, and read all numbers of it again.
        around: what to be in, off the clock, for `run`.
        note: what it keeps, if not tensors.
    """

    name: str
    run: Callable[[], tuple[Any, Any]]
    tensors: Callable[[Any], list[torch.Tensor]]
    save: Callable[[Any, Path], None] | None = None
    load: Callable[[Path], Any] | None = None
    around: Callable[[], AbstractContextManager[Any]] = nullcontext
    note: str = ""


def tensors_in(value: Any) -> list[torch.Tensor]:
    """Every tensor in a nest of containers, in order."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        return []
    return [tensor for item in value for tensor in tensors_in(item)]


def nothing(kept: Any) -> list[torch.Tensor]:
    return []


def forward(model: Any, subject: Subject, context: Any = None) -> Any:
    with torch.no_grad(), context or nullcontext():
        return model(**subject.batch).logits

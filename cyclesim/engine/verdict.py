"""The certificate of a run: is it, bit for bit, what the model computes when nothing watches?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import torch

from cyclesim.language import N_
from cyclesim.trace import Verdict

__all__ = ["compare", "output_tensors", "snapshot"]

_NOTHING = N_("no tensor was found in the model's output, so nothing was compared")


def output_tensors(outputs: Any) -> Iterator[torch.Tensor]:
    """Every tensor in a model's output: nests, dataclasses, caches; each once, in order."""
    seen: set[int] = set()
    pending = [outputs]
    while pending:
        item = pending.pop(0)
        if item is None or isinstance(item, (str, bytes, int, float, bool)) or id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, torch.Tensor):
            yield item
        elif isinstance(item, Mapping):
            pending += list(item.values())
        elif isinstance(item, (list, tuple, set)):
            pending += list(item)
        elif is_dataclass(item) and not isinstance(item, type):
            pending += [getattr(item, f.name) for f in fields(item)]
        elif type(item).__module__.startswith("transformers."):  # a key-value cache
            pending += list(vars(item).values())


def snapshot(outputs: Any) -> list[torch.Tensor]:
    """Copies of a model's output tensors, which nothing that runs later can overwrite.

    A model may return memory that it keeps (a buffer, its own input). Two runs then return the
    same memory, which always equals itself and proves nothing.
    """
    return [tensor.detach().clone() for tensor in output_tensors(outputs)]


def compare(traced: Any, untraced: Any) -> Verdict:
    """Compare two outputs of one model, tensor by tensor.

    Bits are compared, not values: NaN equals the same NaN, and 0.0 differs from −0.0.
    """
    ours = [_dense(t) for t in output_tensors(traced)]
    theirs = [_dense(t) for t in output_tensors(untraced)]
    if not theirs and not ours:
        return Verdict(reason=_NOTHING)
    if [(t.shape, t.dtype) for t in ours] != [(t.shape, t.dtype) for t in theirs]:
        return Verdict(False, math.nan, reason=N_("the outputs have other shapes or types"))
    if all(_same_bits(a, b) for a, b in zip(ours, theirs, strict=True)):
        return Verdict(True, 0.0)
    return Verdict(False, max(_distance(a, b) for a, b in zip(ours, theirs, strict=True)))


def _dense(tensor: torch.Tensor) -> torch.Tensor:
    tensor = tensor.detach()
    return tensor if tensor.layout == torch.strided else tensor.to_dense()


def _same_bits(a: torch.Tensor, b: torch.Tensor) -> bool:
    a, b = a.detach().contiguous().cpu(), b.detach().contiguous().cpu()
    if a.numel() == 0:
        return True
    return torch.equal(a.reshape(-1).view(torch.uint8), b.reshape(-1).view(torch.uint8))


def _distance(a: torch.Tensor, b: torch.Tensor) -> float:
    wide = torch.complex128 if a.is_complex() else torch.float64
    difference = (a.detach().to(wide) - b.detach().to(wide)).abs()
    if difference.numel() == 0:
        return 0.0
    return float(torch.nan_to_num(difference, nan=math.inf).max())

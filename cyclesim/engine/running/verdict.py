"""The certificate of a run: is it, bit for bit, what the model computes when nothing watches?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import torch

from cyclesim.language import N_
from cyclesim.machine import ModelCall
from cyclesim.trace import Verdict

__all__ = ["Outputs", "compare", "output_tensors", "snapshot"]

_NOTHING = N_("no tensor was found in the model's output, so nothing was compared")


class Outputs:
    """What the calls of a program returned, and the tokens that it generated.

    One plain call is kept as it is. Of a text that is generated, each call's numbers are copied at
    once, and the cache, which every call hands back grown, counts as it is after the last.

    Attributes:
        parts: what each call returned, or the copies.
    """

    def __init__(self) -> None:
        self.parts: list[Any] = []
        self._whole: set[int] = set()
        self._last: Any = None

    def add(self, call: ModelCall, outputs: Any) -> None:
        """Take in what `call` returned."""
        if call.token is None:
            self.parts.append(outputs)
            self._whole.update(map(id, output_tensors(outputs)))
        else:
            # A decoder returns what the encoder had returned, with every token.
            new = (t for t in output_tensors(outputs, caches=False) if id(t) not in self._whole)
            self.parts.append(snapshot(list(new)))
            self._last = outputs

    def end(self, results: Sequence[Mapping[str, Any]]) -> None:
        """The program has ended with `results`."""
        self.parts += [torch.tensor(result["ids"]) for result in results if "ids" in result]

    def tensors(self) -> Iterator[torch.Tensor]:
        """All of them; the same for two runs of one program that computed the same."""
        return output_tensors([*self.parts, self._last])


def output_tensors(outputs: Any, *, caches: bool = True) -> Iterator[torch.Tensor]:
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
        elif caches and type(item).__module__.startswith("transformers."):  # a key-value cache
            pending += list(vars(item).values())


def snapshot(outputs: Any) -> list[torch.Tensor]:
    """Copies of a model's output tensors, which nothing that runs later can overwrite.

    A model may return memory that it keeps (a buffer, its own input). Two runs then return the
    same memory, which always equals itself and proves nothing.
    """
    tensors = outputs.tensors() if isinstance(outputs, Outputs) else output_tensors(outputs)
    return [tensor.detach().clone() for tensor in tensors]


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

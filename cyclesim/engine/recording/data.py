"""The numbers behind a recorded torch tensor, handed out as NumPy slices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from cyclesim.trace import Stats, Value
from cyclesim.trace.tensor import Index, Kind, Raw

__all__ = ["TorchData", "dtype_name", "read_as", "storage_key", "to_numpy", "value_of"]


class _Names(dict[Any, str]):
    """What torch's types and devices are called, looked up for every tensor of a run."""

    def __missing__(self, thing: torch.dtype | torch.device) -> str:
        name = self[thing] = str(thing).removeprefix("torch.")
        return name


_names = _Names()


def dtype_name(dtype: torch.dtype) -> str:
    """`torch.float32` → `float32`."""
    return _names[dtype]


def to_numpy(tensor: torch.Tensor) -> np.ndarray:
    """A copy on the CPU. NumPy has no bfloat16 or float8: those become float32, exactly."""
    tensor = tensor.detach()
    if tensor.is_floating_point() and tensor.dtype not in (
        torch.float16,
        torch.float32,
        torch.float64,
    ):
        tensor = tensor.float()
    return np.array(tensor.cpu().resolve_neg().resolve_conj().numpy())


def storage_key(tensor: torch.Tensor) -> tuple[int, int]:
    """Address and size of the memory a tensor looks at; equal for a tensor and its views.

    An empty or storage-less tensor gets an address of its own.
    """
    try:
        storage = tensor.untyped_storage()
        return storage.data_ptr() or -id(tensor), storage.nbytes()
    except (NotImplementedError, RuntimeError):
        return -id(tensor), tensor.numel() * tensor.element_size()


def _plain(tensor: torch.Tensor) -> torch.Tensor:
    """`tensor`, or the numbers that a quantised one of torchao stands for: it has none to read."""
    quantised = type(tensor) not in (torch.Tensor, torch.nn.Parameter)
    return tensor.dequantize() if quantised and hasattr(tensor, "qdata") else tensor


class TorchData:
    """A reference to a tensor of the run: no copy is made until somebody reads.

    Attributes:
        storage: see `storage_key`.
    """

    __slots__ = ("storage", "tensor")

    def __init__(self, tensor: torch.Tensor, storage: tuple[int, int] | None = None) -> None:
        self.tensor = tensor
        self.storage = storage or storage_key(tensor)

    def read(self, index: Index = ...) -> np.ndarray:
        """`tensor[index]`, sliced where it lives, then copied to the CPU."""
        return to_numpy(_plain(self.tensor.detach())[index])

    def stats(self) -> Stats:
        """Computed on the tensor's own device; only five numbers travel."""
        tensor = _plain(self.tensor.detach())
        if tensor.device.type == "cpu" and tensor.dtype != torch.bfloat16:
            return Stats.of(to_numpy(tensor))
        if tensor.numel() == 0:
            return Stats(math.nan, math.nan, math.nan, 0, 0)
        wide = tensor.to(torch.float64 if not tensor.is_complex() else tensor.dtype)
        nans = torch.isnan(wide)
        valid = wide[~nans]
        if valid.numel() == 0:
            return Stats(math.nan, math.nan, math.nan, int(nans.sum()), 0)
        return Stats(
            float(valid.min()),
            float(valid.max()),
            float(valid.mean()),
            int(nans.sum()),
            int(torch.isinf(wide).sum()),
        )

    def raw(self) -> Raw | None:
        """The bytes of the storage, read where they are; of a GPU only what is asked for."""
        tensor = self.tensor.detach()
        if _plain(tensor) is not tensor:
            return None
        odd = tensor.is_meta or tensor.is_quantized or tensor.is_nested
        if odd or tensor.layout != torch.strided:
            return None
        # A lazy conjugate or minus sign is not in the bytes: make it so.
        tensor = tensor.resolve_conj().resolve_neg()
        try:
            storage = tensor.untyped_storage()
        except (NotImplementedError, RuntimeError):
            return None
        size = tensor.element_size()

        def fetch(start: int, stop: int) -> np.ndarray:
            flat = torch.empty(0, dtype=torch.uint8, device=tensor.device)
            with torch.no_grad():
                flat.set_(storage, start, (stop - start,))
            return flat.cpu().numpy()

        return Raw(
            (str(tensor.device), self.storage[0]),
            dtype_name(tensor.dtype),
            tensor.storage_offset() * size,
            tuple(tensor.shape),
            tuple(s * size for s in tensor.stride()),
            fetch,
        )


def value_of(
    name: str,
    tensor: torch.Tensor,
    *,
    source: int | None = None,
    kind: Kind = "observed",
    parameter: str | None = None,
    keep: bool = True,
    storage: tuple[int, int] | None = None,
) -> Value:
    """Describe `tensor`, keeping a reference to it unless `keep` is False.

    `storage` is its `storage_key`, where that is known.
    """
    data = None
    if keep:
        # What has no gradient function holds no graph that would live as long as the trace.
        data = TorchData(tensor if tensor.grad_fn is None else tensor.detach(), storage)
    shape, dtype = tuple(tensor.shape), _names[tensor.dtype]
    device = "cpu" if tensor.is_cpu else _names[tensor.device]
    # By place and not by name: a run makes thousands of these.
    nbytes = tensor.numel() * tensor.itemsize
    return Value(name, shape, dtype, device, nbytes, source, kind, parameter, data)


def read_as(name: str, value: Value, source: int | None, kind: Kind, *, keep: bool = True) -> Value:
    """`value`, which was described before, as an argument called `name` that came from `source`."""
    data = value.data if keep else None
    shape, dtype, device, nbytes = value.shape, value.dtype, value.device, value.nbytes
    return Value(name, shape, dtype, device, nbytes, source, kind, value.parameter, data)

"""How much memory a form needs: its weights, and the most that a forward has at one time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import torch

from cyclesim.collecting import uncollected
from cyclesim.engine.compare.forms import Form
from cyclesim.versus import Memory

__all__ = ["measure_memory", "weight_bytes"]

#: The profiler's C++ side announces on stderr that it starts, unless told to be quiet.
_LOG_LEVEL = "KINETO_LOG_LEVEL"
_QUIET = "99"


def measure_memory(form: Form) -> Memory:
    """Weights of a form, and the peak of one forward over what was there before."""
    weights = weight_bytes(form.machine.model)
    device = form.machine.device
    try:
        if device.type == "cuda":
            return Memory(weights, _peak_cuda(form, device), "torch.cuda")
        return Memory(weights, _peak_cpu(form), "torch.profiler")
    except (RuntimeError, AttributeError):  # a build of torch without profiler
        return Memory(weights)


def weight_bytes(model: torch.nn.Module) -> int:
    """Bytes of parameters and buffers, each storage once."""
    sizes: dict[int, int] = {}
    for tensor in (*model.parameters(), *model.buffers()):
        for part in _plain(tensor):
            storage = part.untyped_storage()
            sizes[storage.data_ptr()] = storage.nbytes()
    return sum(sizes.values())


def _plain(tensor: torch.Tensor) -> Iterator[torch.Tensor]:
    """The tensors that a quantised one is made of."""
    if hasattr(tensor, "__tensor_flatten__"):
        for name in tensor.__tensor_flatten__()[0]:
            yield from _plain(getattr(tensor, name))
    else:
        yield tensor.detach()


def _peak_cuda(form: Form, device: torch.device) -> int:
    torch.cuda.synchronize(device)
    before = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    _: Any = form.run()
    torch.cuda.synchronize(device)
    return torch.cuda.max_memory_allocated(device) - before


def _peak_cpu(form: Form) -> int:
    from torch.profiler import ProfilerActivity, profile

    before = os.environ.get(_LOG_LEVEL)
    os.environ[_LOG_LEVEL] = _QUIET
    try:
        # The profiler watches one thread: this one, in which the allocator is called. Of garbage
        # that was there before it, it would warn on the screen that it does not know it.
        with (
            form.ready() as forward,
            uncollected(),
            profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen,
        ):
            _: Any = forward()
    finally:
        if before is None:
            del os.environ[_LOG_LEVEL]
        else:
            os.environ[_LOG_LEVEL] = before
    events = [e for e in seen.profiler.kineto_results.events() if e.name() == "[memory]"]
    now = top = 0
    for event in sorted(events, key=lambda e: e.start_ns()):
        now += event.nbytes()
        top = max(top, now)
    return top

"""What a forward may change besides its result: random state and buffers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

__all__ = ["ModelState", "Randomness"]


class Randomness:
    """Torch's random state, on the CPU and on the GPUs that a model lives on."""

    def __init__(self, model: torch.nn.Module) -> None:
        tensors = (*model.parameters(), *model.buffers())
        self.devices = [d for d in {t.device for t in tensors} if d.type == "cuda"]

    def now(self) -> tuple[torch.Tensor, ...]:
        """The state as it is."""
        return (torch.get_rng_state(), *(torch.cuda.get_rng_state(d) for d in self.devices))

    def put(self, state: tuple[torch.Tensor, ...]) -> None:
        """Go back to `state`."""
        torch.set_rng_state(state[0])
        for device, part in zip(self.devices, state[1:], strict=True):
            torch.cuda.set_rng_state(part, device)


class ModelState:
    """Lets a second forward start where the first one did, and leave nothing behind."""

    def __init__(self, model: torch.nn.Module) -> None:
        self._model = model
        self.randomness = Randomness(model)
        self._random: Any = None
        self._buffers: dict[str, torch.Tensor] = {}
        # The same by module and name: whether they have changed is asked without walking the model.
        self._places: list[tuple[torch.nn.Module, str, torch.Tensor]] = []

    @property
    def noted(self) -> bool:
        """Whether the start of a forward is known."""
        return self._random is not None

    @property
    def changed(self) -> bool:
        """Whether buffers are not what they were at the start (running statistics, counters)."""
        now = ((getattr(module, name, None), old) for module, name, old in self._places)
        return any(new is not None and not _equal(new, old) for new, old in now)

    def note(self) -> None:
        """The first forward starts here."""
        self._random = self.randomness.now()
        self._buffers = self._copies()
        self._places = []
        for path, module in self._model.named_modules():
            for name, _ in module._buffers.items():
                copy = self._buffers.get(f"{path}.{name}" if path else name)
                if copy is not None:
                    self._places.append((module, name, copy))

    def rewind(self) -> None:
        """Go back to where the first forward started, for good."""
        self.randomness.put(self._random)
        self._restore(self._buffers)

    @contextmanager
    def again(self) -> Iterator[None]:
        """Start where the first forward did; afterwards put everything back as it is now."""
        now = self._copies()
        with torch.random.fork_rng(devices=self.randomness.devices):
            if self._random is not None:
                self.randomness.put(self._random)
            self._restore(self._buffers)
            try:
                yield
            finally:
                self._restore(now)

    def _copies(self) -> dict[str, torch.Tensor]:
        return {n: b.detach().clone() for n, b in self._model.named_buffers()}

    def _restore(self, copies: Mapping[str, torch.Tensor]) -> None:
        with torch.no_grad():
            for name, buffer in self._model.named_buffers():
                if name in copies and not _equal(buffer, copies[name]):
                    buffer.copy_(copies[name])


def _equal(a: torch.Tensor, b: torch.Tensor) -> bool:
    return a.shape == b.shape and torch.equal(a, b)

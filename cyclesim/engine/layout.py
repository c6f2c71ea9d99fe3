"""The names of a model's parts, looked up by identity: made once, used by every run of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import torch

from cyclesim.engine.data import storage_key
from cyclesim.trace.tensor import Kind

__all__ = ["Layout"]


class Layout:
    """Modules, parameters and buffers of `model`. Each table is made when it is first needed."""

    def __init__(self, model: torch.nn.Module) -> None:
        self.model = model
        # In training, what the parameters of the copy were when the step began, by their ids.
        self._originals: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}

    @cached_property
    def paths(self) -> dict[torch.nn.Module, str]:
        """Qualified name of each module; a module that has several is called by the first."""
        return {module: path for path, module in self.model.named_modules()}

    @property
    def cuda(self) -> bool:
        """Whether any parameter or buffer lives on a GPU."""
        # Where CUDA has not been started, nothing does: the usual case need not look.
        return torch.cuda.is_initialized() and any(t.is_cuda for _, t, _ in self._tensors())

    @cached_property
    def parameters(self) -> dict[int, tuple[str, Kind]]:
        """Qualified name and kind (`parameter` or `buffer`), by the tensor's id.

        A tied weight has several names; the first is the one shown.
        """
        found: dict[int, tuple[str, Kind]] = {}
        for name, tensor, kind in self._tensors():
            found.setdefault(id(tensor), (name, kind))
        return found

    @cached_property
    def storages(self) -> dict[int, int]:
        """Id of the parameter that owns a piece of memory, by its address."""
        found: dict[int, int] = {}
        for _, tensor, _ in self._tensors():
            found.setdefault(storage_key(tensor)[0], id(tensor))
        return found

    def remember(self, originals: Mapping[str, torch.Tensor]) -> None:
        """The model is a copy, and these are the tensors of the original, by name."""
        named = (*self.model.named_parameters(), *self.model.named_buffers())
        pairs = ((tensor, originals.get(name)) for name, tensor in named)
        self._originals = {id(t): (t, old.detach()) for t, old in pairs if old is not None}

    def shown(self, tensor: torch.Tensor, owner: int) -> torch.Tensor:
        """What a trace shows of `tensor`: the parameter with the id `owner`, or a view of it.

        In training the parameter changes in place later, and what was read is what it was before.
        """
        if owner not in self._originals:
            return tensor
        parameter, old = self._originals[owner]
        if tensor is parameter:
            return old
        offset = tensor.storage_offset() - parameter.storage_offset() + old.storage_offset()
        return old.as_strided(tensor.shape, tensor.stride(), offset)

    def _tensors(self) -> Iterator[tuple[str, torch.Tensor, Kind]]:
        kinds: tuple[tuple[str, Kind], ...] = (("_parameters", "parameter"), ("_buffers", "buffer"))
        for module, path in self.paths.items():
            for table, kind in kinds:
                for name, tensor in getattr(module, table).items():
                    if tensor is not None:
                        yield (f"{path}.{name}" if path else name), tensor, kind

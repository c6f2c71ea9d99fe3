"""The names of a model's parts, looked up by identity: made once, used by every run of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

import torch

from cyclesim.engine.recording.data import storage_key, value_of
from cyclesim.trace import Call, Value
from cyclesim.trace.tensor import Kind

__all__ = ["Layout", "Own"]


class Own(NamedTuple):
    """A parameter or buffer: what it is, where its memory is, and the last word of its name.

    The tensor is held, so that its id stays its own.
    """

    value: Value
    address: int
    last: str
    tensor: torch.Tensor


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

    @cached_property
    def calls(self) -> dict[torch.nn.Module, Call]:
        """The first call of each module, as a trace shows it."""
        return {module: _first_call(module, path) for module, path in self.paths.items()}

    @property
    def cuda(self) -> bool:
        """Whether any parameter or buffer lives on a GPU."""
        # Where CUDA has not been started, nothing does: the usual case need not look.
        return torch.cuda.is_initialized() and any(t.is_cuda for _, t, _ in self._tensors())

    @cached_property
    def own(self) -> dict[int, Own]:
        """The model's own tensors, by id. A tied weight has several names: the first is shown."""
        found: dict[int, Own] = {}
        for name, tensor, kind in self._tensors():
            if id(tensor) not in found:
                last = name.rpartition(".")[2]
                shown = self.shown(tensor, id(tensor))
                value = value_of(last, shown, kind=kind, parameter=name)
                found[id(tensor)] = Own(value, storage_key(tensor)[0], last, tensor)
        return found

    @cached_property
    def memory(self) -> dict[int, Own]:
        """Whose a piece of memory is, by its address."""
        found: dict[int, Own] = {}
        for own in self.own.values():
            found.setdefault(own.address, own)
        return found

    def name_of(self, tensor: torch.Tensor | None) -> str | None:
        """Qualified name of a tensor of the model; None for any other."""
        own = self.own.get(id(tensor))
        return own.value.parameter if own is not None else None

    def remember(self, originals: Mapping[str, torch.Tensor]) -> None:
        """The model is a copy, and these are the tensors of the original, by name."""
        named = (*self.model.named_parameters(), *self.model.named_buffers())
        pairs = ((tensor, originals.get(name)) for name, tensor in named)
        self._originals = {id(t): (t, old.detach()) for t, old in pairs if old is not None}
        self.__dict__.pop("own", None)  # it shows them
        self.__dict__.pop("memory", None)

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


def _first_call(module: torch.nn.Module, path: str) -> Call:
    leaf = not any(child is not None for child in module._modules.values())
    return Call(path, 1, type(module).__name__, leaf)

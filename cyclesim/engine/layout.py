"""The names of a model's parts, looked up by identity: made once, used by every run of it."""

from __future__ import annotations

import torch

from cyclesim.engine.data import storage_key
from cyclesim.trace.tensor import Kind

__all__ = ["Layout"]

_FUSED = (
    torch.nn.TransformerEncoder,
    torch.nn.TransformerEncoderLayer,
    torch.nn.MultiheadAttention,
)


class Layout:
    """Modules, parameters and buffers of `model`.

    Attributes:
        modules: qualified name and module, by the index that `Node.module` holds.
        index_of: that index, by the module's id.
        parameters: qualified name and kind (`parameter` or `buffer`), by the tensor's id.
        storages: id of the parameter that owns a piece of memory, by its address.
        cuda: whether any parameter lives on a GPU.
        fused: modules that take a fused path when nothing observes them, as far as they would
            take it now: in eval mode, with the fast path enabled.
    """

    def __init__(self, model: torch.nn.Module) -> None:
        self.model = model
        self.modules = list(model.named_modules())
        self.index_of = {id(module): index for index, (_, module) in enumerate(self.modules)}
        self.parameters: dict[int, tuple[str, Kind]] = {}
        self.storages: dict[int, int] = {}
        self.cuda = False
        fast = torch.backends.mha.get_fastpath_enabled()
        self.fused = {
            module
            for _, module in self.modules
            if fast and isinstance(module, _FUSED) and not module.training
        }
        for path, module in self.modules:
            self._add(path, module._parameters, "parameter")
            self._add(path, module._buffers, "buffer")

    def _add(self, path: str, tensors: dict[str, torch.Tensor | None], kind: Kind) -> None:
        for name, tensor in tensors.items():
            if tensor is not None:
                # A tied weight has several names; the first is the one shown.
                full = f"{path}.{name}" if path else name
                self.parameters.setdefault(id(tensor), (full, kind))
                self.storages.setdefault(storage_key(tensor)[0], id(tensor))
                self.cuda = self.cuda or tensor.is_cuda

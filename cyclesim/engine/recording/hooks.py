"""Hooks on every module at once.

They cost two registrations, not two for each module, and leave the model's own hooks alone. They
are called for every model in every thread: who is called must look whether it is meant.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch.nn.modules.module import (
    _global_forward_hooks_with_kwargs,
    register_module_forward_hook,
    register_module_forward_pre_hook,
)
from torch.utils.hooks import RemovableHandle

__all__ = ["ModuleHooks"]


class ModuleHooks:
    """One pair of hooks, while it is wanted."""

    def __init__(self) -> None:
        self._handles: list[RemovableHandle] = []

    def add(self, enter: Callable[..., None], leave: Callable[..., Any]) -> None:
        """Call `enter` before each module and `leave` after it, also when it raised."""
        self._handles = [
            register_module_forward_pre_hook(enter),
            register_module_forward_hook(leave, with_kwargs=True, always_call=True),
        ]

    def remove(self) -> None:
        """Call them no more."""
        while self._handles:
            handle = self._handles.pop()
            handle.remove()
            # The handle forgets this table, and `torch.compile` would see a hook for ever.
            _global_forward_hooks_with_kwargs.pop(handle.id, None)

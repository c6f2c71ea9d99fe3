"""Hooks on every module at once, or on a few.

On every module they cost two registrations, not two for each module, and leave the model's own
hooks alone. They are called for every model in every thread: who is called must look whether it is
meant. A module that has no hook to call is quicker to call, so where only a few need to be watched
these have hooks of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
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

    def add(
        self,
        enter: Callable[..., None],
        leave: Callable[..., Any],
        only: Sequence[torch.nn.Module] | None = None,
    ) -> None:
        """Call `enter` before each module and `leave` after it, also when it raised.

        With `only`, before and after these.
        """
        if only is None:
            self._handles = [
                register_module_forward_pre_hook(enter),
                register_module_forward_hook(leave, with_kwargs=True, always_call=True),
            ]
            return
        for module in dict.fromkeys(only):
            self._handles += [
                module.register_forward_pre_hook(enter),
                module.register_forward_hook(leave, with_kwargs=True, always_call=True),
            ]

    def remove(self) -> None:
        """Call them no more."""
        while self._handles:
            handle = self._handles.pop()
            handle.remove()
            # The handle forgets this table, and `torch.compile` would see a hook for ever.
            _global_forward_hooks_with_kwargs.pop(handle.id, None)

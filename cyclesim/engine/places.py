"""Where an event stands: the module calls that were executing, and the block they are in."""

from __future__ import annotations

from typing import Any

import torch

from cyclesim.engine.layout import Layout
from cyclesim.engine.recorder import Node
from cyclesim.trace import Call

__all__ = ["Places"]

_UNKNOWN: Any = object()


class Places:
    """The stacks of one run's module calls, each made once."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        # By id of the node, which is held, so that the id stays its own.
        self._stacks: dict[int, tuple[Node, tuple[Call, ...]]] = {}
        self._modules: dict[str, tuple[Call, ...]] = {}
        self._counts: dict[torch.nn.Module, int] = {}
        # By id of the stack: all are held above.
        self._layer_of: dict[int, int | None] = {}
        self._blocks: dict[tuple[Call, str], dict[Call, int]] = {}

    def stack(self, node: Node | None) -> tuple[Call, ...]:
        """The module calls that `node` stands in, outermost first."""
        if node is None:
            return ()
        known = self._stacks.get(id(node))
        if known is None:
            stack = self.stack(node.parent)
            if node.module in self._layout.paths:  # the model may call what is no part of it
                stack = (*stack, self._call(node.module))
            known = self._stacks[id(node)] = (node, stack)
        return known[1]

    def module(self, path: str) -> tuple[Call, ...]:
        """The first calls of the modules down to the one at `path`.

        A parameter belongs to a module, whichever calls of it used it.
        """
        known = self._modules.get(path)
        if known is None:
            kinds = {name: module for module, name in self._layout.paths.items()}
            prefixes = [path[:at] for at, sign in enumerate(f"{path}.") if sign == "." and path]
            known = self._modules[path] = tuple(
                Call(name, 1, type(module).__name__, next(module.children(), None) is None)
                for name in ("", *prefixes)
                if (module := kinds.get(name)) is not None
            )
        return known

    def layer(self, stack: tuple[Call, ...]) -> int | None:
        """Index of the repeated block: how many of its list ran before it in this model call."""
        known = self._layer_of.get(id(stack), _UNKNOWN)
        if known is _UNKNOWN:
            known = self._layer_of[id(stack)] = self._find_layer(stack)
        return known

    def _call(self, module: torch.nn.Module) -> Call:
        count = self._counts[module] = self._counts.get(module, 0) + 1
        leaf = next(module.children(), None) is None
        return Call(self._layout.paths[module], count, type(module).__name__, leaf)

    def _find_layer(self, stack: tuple[Call, ...]) -> int | None:
        for call in stack:
            prefix, _, last = call.path.rpartition(".")
            if last.isdigit() and not call.leaf:
                seen = self._blocks.setdefault((stack[0], prefix), {})
                return seen.setdefault(call, len(seen))
        return None

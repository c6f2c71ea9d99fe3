"""Where an event stands: the module calls that were executing, and the block they are in."""

from __future__ import annotations

import torch

from cyclesim.engine.recording.events import Node
from cyclesim.engine.recording.layout import Layout
from cyclesim.trace import Call

__all__ = ["Places"]


class Places:
    """The stacks of one run's module calls, each made once."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        # By id of the node, which is held, so that the id stays its own.
        self._stacks: dict[int, tuple[Node, tuple[Call, ...]]] = {}
        self._modules: dict[str, tuple[Call, ...]] = {}
        self._counts: dict[torch.nn.Module, int] = {}
        # By id of the stack, which is held.
        self._layers: dict[int, tuple[tuple[Call, ...], int | None]] = {id(()): ((), None)}
        self._blocks: dict[tuple[Call, str], dict[Call, int]] = {}

    def stack(self, node: Node | None) -> tuple[Call, ...]:
        """The module calls that `node` stands in, outermost first."""
        if node is None:
            return ()
        known = self._stacks.get(id(node))
        if known is not None:
            return known[1]
        stack = self.stack(node.parent)
        first = self._layout.calls.get(node.module)
        if first is not None:  # the model may call what is no part of it
            count = self._counts[node.module] = self._counts.get(node.module, 0) + 1
            stack = self._within(stack, first if count == 1 else first._replace(call=count))
        self._stacks[id(node)] = (node, stack)
        return stack

    def module(self, path: str) -> tuple[Call, ...]:
        """The first calls of the modules down to the one at `path`.

        A parameter belongs to a module, whichever calls of it used it.
        """
        known = self._modules.get(path)
        if known is None:
            calls = {call.path: call for call in self._layout.calls.values()}
            prefixes = [path[:at] for at, sign in enumerate(f"{path}.") if sign == "." and path]
            known = ()
            for name in ("", *prefixes):
                if (call := calls.get(name)) is not None:
                    known = self._within(known, call)
            self._modules[path] = known
        return known

    def layer(self, stack: tuple[Call, ...]) -> int | None:
        """Index of the repeated block: how many of its list ran before it in this model call."""
        return self._layers[id(stack)][1]

    def _within(self, stack: tuple[Call, ...], call: Call) -> tuple[Call, ...]:
        """The stack of `call`, made under `stack`, and in the same block if that is in one."""
        layer = self.layer(stack)
        longer = (*stack, call)
        if layer is None and not call.leaf:
            prefix, _, last = call.path.rpartition(".")
            if last.isdigit():
                seen = self._blocks.setdefault((longer[0], prefix), {})
                layer = seen.setdefault(call, len(seen))
        self._layers[id(longer)] = (longer, layer)
        return longer

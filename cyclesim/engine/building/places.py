"""Where an event stands: the module calls that were executing, and the block they are in."""

from __future__ import annotations

from collections.abc import Sequence

from cyclesim.engine.recording.events import Node
from cyclesim.engine.recording.layout import Layout
from cyclesim.trace import Call, Cycle

__all__ = ["Places"]


class Places:
    """The stacks of one run's module calls, each made once."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        # By id of the node, which is held, so that the id stays its own.
        self._stacks: dict[int, tuple[Node, tuple[Call, ...]]] = {}
        self._modules: dict[str, tuple[Call, ...]] = {}
        self._counts: dict[str, int] = {}
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
            count = self._counts[first.path] = self._counts.get(first.path, 0) + 1
            stack = self._within(stack, first if count == 1 else first._replace(call=count))
        self._stacks[id(node)] = (node, stack)
        return stack

    def adopt(self, cycles: Sequence[Cycle], node: Node | None) -> None:
        """Count the module calls of `cycles`, which an earlier run has placed; the last in `node`.

        Calls that have returned are only counted: nothing will stand in them again.
        """
        counts = self._counts
        stack: tuple[Call, ...] = ()
        block: Call | None = None
        for cycle in cycles:
            if cycle.stack is stack:
                continue
            stack = cycle.stack
            for call in reversed(stack):
                if call.call <= counts.get(call.path, 0):
                    break  # and so are those around it
                counts[call.path] = call.call
            if cycle.layer is not None and block not in stack:
                block = next(c for c in stack if self._block(stack[0], c) is not None)
        known: tuple[Call, ...] = ()
        for running, call in zip(self._running(node), stack, strict=False):
            if self._layout.calls[running.module].path != call.path:
                break
            known = self._within(known, call)
            self._stacks[id(running)] = (running, known)

    def _running(self, node: Node | None) -> list[Node]:
        """The calls of the model's modules around `node`, and it itself, outermost first."""
        around = () if node is None else node.outwards()
        return [call for call in around if call.module in self._layout.calls][::-1]

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
        if layer is None:
            layer = self._block(longer[0], call)
        self._layers[id(longer)] = (longer, layer)
        return longer

    def _block(self, outermost: Call, call: Call) -> int | None:
        """Index of the block that `call` is, in the model call `outermost`; None if it is none."""
        if call.leaf:
            return None
        prefix, _, last = call.path.rpartition(".")
        if not last.isdigit():
            return None
        seen = self._blocks.setdefault((outermost, prefix), {})
        return seen.setdefault(call, len(seen))

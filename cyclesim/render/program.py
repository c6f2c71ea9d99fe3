"""The program of a run as a tree: layers, their modules, their steps."""

from __future__ import annotations

from dataclasses import dataclass

from cyclesim.render.learning import step_title
from cyclesim.trace import Trace, Unit

__all__ = ["Node", "program_tree"]


@dataclass(slots=True)
class Node:
    """A layer, a module of a layer, or a step."""

    title: str
    first: int
    last: int
    depth: int
    unit: Unit
    children: list[Node] | None = None

    @property
    def leaf(self) -> bool:
        """Whether it is a step."""
        return self.children is None

    def holds(self, number: int) -> bool:
        """Whether cycle `number` is in it."""
        return self.first <= number <= self.last


def program_tree(trace: Trace) -> list[Node]:
    """Layers, their modules, their steps, from the same groups that the clock ticks by."""
    cycles = trace.cycles
    modules = trace.groups("module")
    roots: list[Node] = []
    for layer in trace.groups("layer"):
        root = Node(layer.title, layer.first, layer.last, 0, cycles[layer.first].unit, [])
        parts = [m for m in modules if layer.first <= m.first <= layer.last]
        for part in parts:
            steps = range(part.first, part.last + 1)
            depth = 1
            into = root
            if len(parts) > 1:
                title = part.place.rpartition(" · ")[2]
                into = Node(title, part.first, part.last, 1, cycles[part.first].unit, [])
                assert root.children is not None
                root.children.append(into)
                depth = 2
            assert into.children is not None
            into.children += [
                Node(step_title(cycles[n]), n, n, depth, cycles[n].unit) for n in steps
            ]
        roots.append(root)
    return roots

"""Which torch function of the forward made which node of autograd's graph.

A forward in training leaves a graph behind: each function adds a node, or several (a `linear` adds
the product, the transposed weight and two views). Backward then runs through these nodes. To show a
backward cycle beneath the forward cycle that it differentiates, each node must be *claimed* by its
function, and at once: a later in-place function would hide it behind a node of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch.autograd.graph import get_gradient_edge

from cyclesim.engine.recording.events import Event
from cyclesim.engine.recording.functions import argument_names, tensors_in, written
from cyclesim.engine.training.events import Saved

__all__ = [
    "Edge",
    "Graph",
    "Node",
    "is_accumulator",
    "named_tensors",
    "reachable",
    "saved_by",
]

#: A node of autograd's graph (`torch.autograd.graph.Node`). Not a module call.
Node = Any
#: Where a gradient goes: a node, and which of the node's gradients it is.
Edge = tuple[Node, int]


class Graph:
    """The nodes that a forward made, claimed event by event.

    Attributes:
        made_by: index of the event that made a node.
        arguments: for each event, the names of the arguments whose gradient goes to an edge; more
            than one where the same tensor was given twice.
    """

    def __init__(self) -> None:
        # The nodes are held here: their identity is what everything else goes by.
        self.made_by: dict[Node, int] = {}
        self.arguments: dict[int, dict[Edge, list[str]]] = {}

    def clear(self) -> None:
        """Let go of the nodes, and of what they have kept of the forward."""
        self.made_by.clear()
        self.arguments.clear()

    def claim(self, index: int, event: Event) -> None:
        """Event number `index` has just run: what is new in the graph is its."""
        made = written(event.func, event.args, event.output)
        pending = [t.grad_fn for t in made if t.grad_fn is not None]
        if not pending:
            return
        leaves: list[Node] = []
        while pending:
            node = pending.pop()
            if node is None or node in self.made_by:
                continue
            if is_accumulator(node):
                leaves.append(node)
                continue
            self.made_by[node] = index
            pending += [following for following, _ in node.next_functions]
        self.arguments[index] = self._edges(index, event, leaves)

    def _edges(self, index: int, event: Event, leaves: Sequence[Node]) -> dict[Edge, list[str]]:
        """Where the gradients of the event's arguments go; `leaves`: what it adds up in."""
        named: dict[Edge, list[str]] = {}
        # Asking a leaf itself would make a view of it first.
        reached = {id(node.variable): node for node in leaves}
        for name, tensor in named_tensors(event.func, event.args, event.kwargs):
            if tensor.requires_grad:
                node, place = reached.get(id(tensor)), 0
                if node is None:
                    node, place, *_ = get_gradient_edge(tensor)
                # A tensor that was overwritten has the new node by now, and its name is left over.
                if self.made_by.get(node) != index:
                    named.setdefault((node, place), []).append(name)
        return named


def is_accumulator(node: Node) -> bool:
    """Whether a node adds a gradient into the `.grad` of a leaf: a parameter, as a rule."""
    return type(node).__name__ == "AccumulateGrad"


def reachable(root: Node) -> dict[Node, int]:
    """The nodes that backward will run through, with the number of edges that lead to each."""
    found: dict[Node, int] = {root: 0}
    pending = [root]
    while pending:
        for following, _ in pending.pop().next_functions:
            if following is None:
                continue
            if following not in found:
                found[following] = 0
                pending.append(following)
            found[following] += 1
    return found


def named_tensors(
    func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Iterator[tuple[str, torch.Tensor]]:
    """The tensors that a call was given, under the names that a cycle's inputs have."""
    named = zip(argument_names(func, args), args, strict=True)
    for name, value in (*named, *kwargs.items()):
        for place, tensor in enumerate(tensors_in(value)):
            yield (name if tensor is value else f"{name}[{place}]"), tensor


def saved_by(node: Node) -> Iterator[Saved]:
    """What the forward kept for `node`."""
    for name in _saved_names(type(node)):
        try:
            value = getattr(node, name)
        except RuntimeError:  # overwritten since: backward itself will say so
            continue
        label = name.removeprefix("_saved_")
        for place, tensor in enumerate(value if isinstance(value, (tuple, list)) else (value,)):
            if isinstance(tensor, torch.Tensor):
                own = label if tensor is value else f"{label}[{place}]"
                yield Saved(node.name(), own, tensor)


_SAVED_NAMES: dict[type, tuple[str, ...]] = {}


def _saved_names(kind: type) -> tuple[str, ...]:
    if kind not in _SAVED_NAMES:
        names = tuple(n for n in dir(kind) if n.startswith("_saved_") or n == "saved_tensors")
        _SAVED_NAMES[kind] = names
    return _SAVED_NAMES[kind]

"""Backward, cycle by cycle: autograd's own pass, watched and paused by hooks on its nodes.

`loss.backward()` runs as it always does. A hook before and one after each node say when it ran,
what gradient it was given and what it gave on. The nodes that one forward function made run one
after the other, so together they are one cycle: the backward of that function. Nodes that wiring
made (`view`, `transpose`) are followed and not numbered.

Which cycle wrote the gradient that a cycle reads is told by the edges of the graph, never by the
identity of tensors: where several gradients meet, autograd adds them up into a tensor that none of
them wrote.

Hooks on *nodes* change nothing. Hooks on modules (`register_full_backward_hook`) put nodes of their
own into the graph, which changes the last bits of the gradients. On a GPU these hooks are called by
autograd's own threads, so nothing here depends on the thread it runs in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from time import perf_counter_ns
from typing import Any, Protocol

import torch

from cyclesim.engine.recording.events import Event
from cyclesim.engine.training.events import (
    Arrival,
    BackwardEvent,
    Delivery,
    Gradient,
    Marks,
    Part,
)
from cyclesim.engine.training.graph import Edge, Graph, Node, is_accumulator, reachable, saved_by

__all__ = ["Backward", "Watcher"]

Gradients = tuple[torch.Tensor | None, ...]


class Watcher(Protocol):
    """What a backward pass tells of itself."""

    def begins(self, event: BackwardEvent) -> None:
        """The first node of a cycle is about to run. May block; may raise to cancel the run."""

    def ended(self, event: BackwardEvent) -> None:
        """The last node of a cycle has run. May block or raise."""

    def replacement(self, event: BackwardEvent, name: str) -> torch.Tensor | None:
        """What the user wants in place of the gradient of this cycle that is called `name`."""


class Backward:
    """One backward pass from `loss` through the graph that a recorded forward left behind.

    Args:
        graph: which event of the forward made which node.
        events: the events of the forward.
        numbered: indices of the events that are cycles; the others are wiring.
        watcher: told of each cycle.
        cuda: whether to put marks in a GPU's stream.
    """

    def __init__(
        self,
        graph: Graph,
        events: Sequence[Any],
        numbered: frozenset[int],
        watcher: Watcher,
        *,
        cuda: bool = False,
    ) -> None:
        self._graph = graph
        self._events = events
        self._numbered = numbered
        self._watcher = watcher
        self._cuda = cuda
        #: How the gradient of each leaf came to its `.grad`.
        self.gradients: dict[torch.Tensor, Delivery] = {}
        self._cycles: dict[int, BackwardEvent] = {}
        #: How many nodes of a cycle have still to run.
        self._left: dict[int, int] = {}
        #: How many gradients have still to come to the accumulator of a leaf.
        self._awaited: dict[Node, int] = {}
        #: The cycle whose gradient is the last to come to an accumulator: it runs as part of that.
        self._last_to: dict[Node, BackwardEvent] = {}
        self._coming: dict[Edge, list[Delivery]] = {}
        self._names: dict[tuple[int, Edge], Iterator[str]] = {}

    def run(self, loss: torch.Tensor) -> None:
        """Run backward. Leaves no hook behind, however it ends."""
        nodes = reachable(loss.grad_fn)
        for node, edges in nodes.items():
            if is_accumulator(node):
                self._awaited[node] = edges
            elif (event := self._event_of(node)) is not None:
                self._left[event] = self._left.get(event, 0) + 1
        handles = []
        try:
            for node in nodes:
                before, after = self._hooks(node)
                handles += [node.register_prehook(before), node.register_hook(after)]
            loss.backward()
        finally:
            for handle in handles:
                handle.remove()
            self._forget()

    def _forget(self) -> None:
        for held in (self._coming, self._cycles, self._last_to, self._awaited, self._names):
            held.clear()

    def _event_of(self, node: Node) -> int | None:
        """The event whose backward `node` is part of; None for wiring."""
        event = self._graph.made_by.get(node)
        return event if event in self._numbered else None

    def _hooks(self, node: Node) -> tuple[Callable[..., Any], Callable[..., Any]]:
        if is_accumulator(node):
            return self._accumulator_hooks(node)
        event = self._event_of(node)
        return self._wiring_hooks(node) if event is None else self._cycle_hooks(node, event)

    # -- the nodes of a cycle ----------------------------------------------------------------

    def _cycle_hooks(self, node: Node, of: int) -> tuple[Callable[..., Any], Callable[..., Any]]:
        started = 0
        marks: Marks | None = None

        def before(totals: Gradients) -> None:
            nonlocal started, marks
            cycle = self._cycles.get(of)
            if cycle is None:
                cycle = self._cycles[of] = BackwardEvent(of, _module_call(self._events[of]))
                self._watcher.begins(cycle)
            cycle.arrived += self._arrived(node, totals, inner=bool(cycle.ran))
            cycle.saved += saved_by(node)
            cycle.ran.append(node.name())
            marks = self._mark()
            started = perf_counter_ns()

        def after(written: Gradients, totals: Gradients) -> Gradients | None:
            ended = perf_counter_ns()
            cycle = self._cycles[of]
            if marks is not None:
                marks[1].record()
                cycle.marks.append(marks)
            cycle.spent += ended - started
            new = self._hand_on(node, cycle, written)
            self._ran_one(cycle)
            return new

        return before, after

    def _hand_on(self, node: Node, cycle: BackwardEvent, written: Gradients) -> Gradients | None:
        """Note the gradients that leave the cycle; what to hand on instead, if anything."""
        handed = list(written)
        for place, (edge, tensor) in enumerate(zip(node.next_functions, written, strict=False)):
            if tensor is None or edge[0] is None or self._event_of(edge[0]) == cycle.of:
                continue
            name = self._name(cycle, edge)
            new = self._watcher.replacement(cycle, name)
            if new is not None:
                handed[place], tensor, cycle.replaced = new, new, True
            leaf = edge[0].variable if is_accumulator(edge[0]) else None
            cycle.gradients.append(Gradient(name, tensor, leaf))
            self._deliver(edge, Delivery((Part(cycle.origin, tensor),)), cycle)
        return tuple(handed) if cycle.replaced else None

    def _name(self, cycle: BackwardEvent, edge: Edge) -> str:
        """What the gradient on `edge` is called: after the forward's argument that it is of."""
        key = cycle.of, edge
        if key not in self._names:
            named = self._graph.arguments.get(cycle.of, {})
            # A tensor that the function overwrote goes by no edge that it had before: it is the
            # first argument.
            self._names[key] = iter(named.get(edge) or ["input"])
        name = f"grad {next(self._names[key], 'input')}"
        again = sum(g.name.partition("#")[0] == name for g in cycle.gradients)
        return f"{name}#{again + 1}" if again else name

    def _ran_one(self, cycle: BackwardEvent) -> None:
        self._left[cycle.of] -= 1
        if self._left[cycle.of] == 0:
            self._watcher.ended(cycle)

    def _mark(self) -> Marks | None:
        if not self._cuda:
            return None
        marks = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        marks[0].record()
        return marks

    # -- the way between cycles --------------------------------------------------------------

    def _deliver(self, edge: Edge, delivery: Delivery, by: BackwardEvent | None) -> None:
        self._coming.setdefault(edge, []).append(delivery)
        node = edge[0]
        if is_accumulator(node):
            self._awaited[node] -= 1
            if self._awaited[node] == 0 and by is not None:
                # It runs at once, and what it adds up is part of this cycle.
                self._last_to[node] = by
                self._left[by.of] += 1

    def _arrived(self, node: Node, totals: Gradients, *, inner: bool) -> list[Arrival]:
        """The gradients that came to `node` from outside its cycle."""
        found = []
        for place, total in enumerate(totals):
            deliveries = self._coming.pop((node, place), [])
            if total is not None and (deliveries or not inner):
                found.append(Arrival(total, Delivery.meeting(deliveries)))
        return found

    def _wiring_hooks(self, node: Node) -> tuple[Callable[..., Any], Callable[..., Any]]:
        arrived: list[Arrival] = []

        def before(totals: Gradients) -> None:
            arrived[:] = self._arrived(node, totals, inner=False)

        def after(written: Gradients, totals: Gradients) -> None:
            came = Delivery.meeting([arrival.by for arrival in arrived])
            if len(arrived) > 1:  # several outputs of one function: `split`, `unbind`
                came = came._replace(added=any(a.by.added for a in arrived), joined=True)
            arrived.clear()
            for edge, tensor in zip(node.next_functions, written, strict=False):
                if tensor is not None and edge[0] is not None:
                    # Of one gradient, wiring shows the same numbers in another shape.
                    one = len(came.parts) == 1
                    parts = (Part(came.parts[0].origin, tensor),) if one else came.parts
                    self._deliver(edge, came._replace(parts=parts), None)

        return before, after

    def _accumulator_hooks(self, node: Node) -> tuple[Callable[..., Any], Callable[..., Any]]:
        leaf, started = node.variable, 0

        def before(totals: Gradients) -> None:
            nonlocal started
            started = perf_counter_ns()

        def after(written: Gradients, totals: Gradients) -> None:
            ended = perf_counter_ns()
            came = Delivery.meeting(self._coming.pop((node, 0), []))
            cycle = self._last_to.get(node)
            if cycle is not None:
                cycle.spent += ended - started
                if len(came.parts) > 1 and totals[0] is not None:
                    total = self._summed(cycle, leaf, totals[0], came)
                    came = Delivery((Part(cycle.origin, total),))
            self.gradients[leaf] = came
            if cycle is not None:
                self._ran_one(cycle)

        return before, after

    def _summed(
        self, cycle: BackwardEvent, leaf: torch.Tensor, total: torch.Tensor, came: Delivery
    ) -> torch.Tensor:
        """Note the gradient of a leaf that several cycles contributed to, `cycle` last."""
        name = next(g.name for g in cycle.gradients if g.leaf is leaf) + ", sum"
        new = self._watcher.replacement(cycle, name)
        if new is not None:
            with torch.no_grad():
                leaf.grad.copy_(new)
            total, cycle.replaced = new, True
        else:
            total = total.clone()  # it may be the memory of `.grad`, which clipping overwrites
        earlier = tuple(part for part in came.parts if part.origin is not cycle.origin)
        cycle.gradients.append(Gradient(name, total, leaf, earlier))
        return total


def _module_call(event: Any) -> Any:
    return event.node if isinstance(event, Event) else None

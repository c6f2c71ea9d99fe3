"""From an event of backward to its cycle: what it read, where that came from, what it wrote.

The cycle stands where the forward cycle stands that it differentiates: same unit, step, path and
layer. It reads the gradient of that cycle's output, and of the forward what the formula of its
derivative needs (`softmax` its own probabilities, `linear` its input and its weight). It writes a
gradient for each argument that has one, under the argument's name: `grad input`, `grad weight`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import replace

import torch

from cyclesim.engine.building.builder import Builder
from cyclesim.engine.recording.data import storage_key, value_of
from cyclesim.engine.recording.events import Event
from cyclesim.engine.recording.functions import written
from cyclesim.engine.training.events import BackwardEvent, Delivery, Gradient, Part, Saved
from cyclesim.engine.training.graph import named_tensors
from cyclesim.trace import Cycle, Value
from cyclesim.trace.tensor import Kind

__all__ = ["backward_cycle", "number_of"]

#: Operands that a function copies into another layout before it multiplies them: the node has the
#: copy, with the numbers of this argument.
_COPIED = {
    "matmul": {"self": "input", "mat2": "other"},
    "bmm": {"self": "input", "mat2": "mat2"},
    "linear": {"self": "input", "mat1": "input", "mat2": "weight"},
    "addmm": {"mat1": "mat1", "mat2": "mat2"},
}
#: What a function computes on the way and keeps for backward, in words.
_KEPT = {
    "layer_norm": {"result1": "mean", "result2": "rstd"},
    "dropout": {"other": "mask", "result1": "mask"},
    "cross_entropy": {"self": "log_probabilities", "result": "log_probabilities"},
    "scaled_dot_product_attention": {"result": "probabilities"},
}


def backward_cycle(event: BackwardEvent, builder: Builder) -> Cycle:
    """The next cycle of `builder`, which is that of `event`."""
    forward = builder.cycles[number_of(event.of, builder)]
    makes = _Values(event, builder, forward)
    inputs = tuple(makes.inputs())
    outputs = tuple(makes.outputs())
    return Cycle(
        number=len(builder.cycles),
        unit=forward.unit,
        step=forward.step,
        path=forward.path,
        call=forward.call,
        op=f"{forward.op}_backward",
        phase="backward",
        inputs=inputs,
        outputs=outputs,
        arguments={**forward.arguments, "nodes": ", ".join(event.ran)},
        stack=forward.stack,
        layer=forward.layer,
        self_ns=event.self_ns,
        where=forward.where,
        note="; ".join(_notes(event, builder)),
        edited=event.replaced,
        device=outputs[0].device if outputs else forward.device,
        forward=forward.number,
    )


def number_of(event: int, builder: Builder) -> int:
    """The number of the cycle that event number `event` is."""
    return bisect_left(builder.event_of, event)


class _Values:
    """Makes the values of one cycle."""

    def __init__(self, event: BackwardEvent, builder: Builder, forward: Cycle) -> None:
        self._event = event
        self._builder = builder
        self._forward = forward
        self._given: dict[str, torch.Tensor] = {}
        self._made: list[torch.Tensor] = []
        call = builder.events[event.of]
        if isinstance(call, Event):
            self._given = dict(named_tensors(call.func, call.args, call.kwargs))
            self._made = written(call.func, call.args, call.output)

    def inputs(self) -> Iterator[Value]:
        """The gradients that arrived, what was kept of the forward, and what sums began with."""
        several = len(self._event.arrived) > 1
        for place, (total, by) in enumerate(self._event.arrived):
            name = f"grad output {place}" if several else "grad output"
            yield from self._gathered(name, total, by)
        yield from _once(map(self._saved, self._event.saved))
        for gradient in self._event.gradients:
            for place, part in enumerate(gradient.earlier):
                yield self._part(f"{gradient.name.partition(',')[0]}[{place}]", part)

    def outputs(self) -> Iterator[Value]:
        """A gradient for each argument that has one; those that go on come first."""
        for gradient in sorted(self._event.gradients, key=self._rank):
            value = value_of(gradient.name, gradient.tensor, keep=self._builder.keep)
            value.of = self._leaf(gradient)
            yield value

    def _rank(self, gradient: Gradient) -> tuple[bool, int]:
        named = gradient.name.removeprefix("grad ").partition(",")[0]
        order = list(self._given)
        place = order.index(named) if named in order else len(order)
        return gradient.leaf is not None, place

    def _leaf(self, gradient: Gradient) -> str | None:
        return self._builder.layout.name_of(gradient.leaf)

    def _gathered(self, name: str, total: torch.Tensor, by: Delivery) -> Iterator[Value]:
        """A gradient as it arrived and, if it is made of several, each of them."""
        sources = [self._source(part) for part in by.parts]
        one = sources[0] if len(sources) == 1 else None
        kind: Kind = "observed" if by.parts else "constant"
        yield value_of(name, total, source=one, kind=kind, keep=self._builder.keep)
        if len(by.parts) > 1:
            for place, part in enumerate(by.parts):
                yield self._part(f"{name}[{place}]", part)

    def _part(self, name: str, part: Part) -> Value:
        return value_of(name, part.tensor, source=self._source(part), keep=self._builder.keep)

    def _source(self, part: Part) -> int | None:
        event = part.origin.event
        return None if event is None else number_of(event, self._builder)

    def _saved(self, item: Saved) -> Value | None:
        """What backward reads of the forward, under the name that the forward has for it."""
        forward, key = self._forward, storage_key(item.tensor)[0]
        argument = self._argument(item, key)
        known = next((v for v in forward.inputs if v.name == argument), None)
        if known is not None:
            kept = known.data
            if kept is None and self._builder.keep and not item.tensor.is_floating_point():
                # Labels that were shifted and laid out anew: nothing else shows which they were.
                kept = value_of(known.name, item.tensor).data
            return replace(known, data=kept)
        for value, tensor in zip(forward.outputs, self._made, strict=False):
            if storage_key(tensor)[0] == key:
                return replace(value, name="output", source=forward.number)
        if item.name in forward.arguments:  # a plain number
            return None
        # Nothing else has it: the function made it on the way, for this moment.
        plain = item.name if len(self._event.ran) == 1 else f"{item.node}.{item.name}"
        name = _KEPT.get(forward.op, {}).get(item.name, plain)
        return value_of(name, item.tensor, source=forward.number, keep=self._builder.keep)

    def _argument(self, item: Saved, key: int) -> str | None:
        """The argument of the forward that `item` is, seen another way or copied."""
        size = item.tensor.numel()
        for name, tensor in self._given.items():
            if storage_key(tensor)[0] == key and tensor.numel() == size:
                return name
        copied = _COPIED.get(self._forward.op, {}).get(item.name)
        given = self._given.get(copied or "")
        return copied if given is not None and given.numel() == size else None


def _once(values: Iterable[Value | None]) -> Iterator[Value]:
    """Each value once: several nodes of a function may have kept the same."""
    seen: set[str] = set()
    for value in values:
        if value is not None and value.name not in seen:
            seen.add(value.name)
            yield value


def _notes(event: BackwardEvent, builder: Builder) -> Iterator[str]:
    """What is to be said of how gradients came together."""
    for _, by in event.arrived:
        count = len(by.parts)
        if by.added and by.joined:
            yield f"its gradient is put together from {count} gradients"
        elif by.added:
            yield f"its gradient is the sum of {count} gradients"
        elif by.joined:
            yield f"its gradient is {count} gradients side by side"
    for gradient in event.gradients:
        if gradient.earlier:
            name = builder.layout.name_of(gradient.leaf) or gradient.name
            yield f"{name} is used more than once: {len(gradient.earlier) + 1} gradients are added"

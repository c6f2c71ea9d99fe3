"""From an event of the update to its cycle: gradient, moments and value before, and after."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from cyclesim.engine.building.builder import Builder
from cyclesim.engine.recording.data import value_of
from cyclesim.engine.training.update import Changed, UpdateEvent, module_of
from cyclesim.trace import Cycle, Value

__all__ = ["update_cycle"]


def update_cycle(event: UpdateEvent, builder: Builder) -> Cycle:
    """The next cycle of `builder`, which is that of `event`."""
    stack, layer = event.place(builder)
    one = event.changed[0].parameter
    several = len(event.changed) > 1
    makes = [_Values(changed, builder) for changed in event.changed]
    return Cycle(
        number=len(builder.cycles),
        unit="optimizer",
        step=event.kind.lower(),
        path=module_of(one, builder) if stack else "",
        call=1,
        op=f"{event.kind}.step",
        phase="update",
        inputs=tuple(_apart((v for m in makes for v in m.read()), several)),
        outputs=tuple(_apart((v for m in makes for v in m.wrote()), several)),
        arguments=dict(event.options),
        stack=stack,
        layer=layer,
        inplace=True,
        self_ns=event.self_ns,
        note=_note(event, builder),
        edited=event.replaced,
        device=str(one.device),
    )


def _apart(values: Iterator[Value], several: bool) -> Iterator[Value]:
    """Of several parameters in one cycle, each value is called after its own."""
    for value in values:
        if several:
            value.name = f"{value.name} of {value.of}"
        yield value


def _note(event: UpdateEvent, builder: Builder) -> str:
    if len(event.changed) != 1:
        return f"{len(event.changed)} parameters at once: this optimizer mixes them"
    return parameter_name(event.changed[0].parameter, builder) or ""


def parameter_name(parameter: torch.Tensor, builder: Builder) -> str | None:
    """Qualified name of a parameter of the model."""
    return builder.layout.name_of(parameter)


class _Values:
    """Makes the values of one parameter's update."""

    def __init__(self, changed: Changed, builder: Builder) -> None:
        self._changed = changed
        self._builder = builder
        self._name = parameter_name(changed.parameter, builder)

    def read(self) -> Iterator[Value]:
        """The parameter, its gradient, and what the optimizer remembers of it, all before."""
        parameter, layout = self._changed.parameter, self._builder.layout
        before = self._value("value", layout.shown(parameter, id(parameter)))
        before.kind, before.parameter = "parameter", self._name
        yield before
        yield self._gradient()
        for key, tensor in self._changed.before.items():
            remembered = self._value(key, tensor)
            remembered.kind = "constant"  # no cycle of this run made it
            yield remembered

    def _gradient(self) -> Value:
        value = self._value("gradient", self._changed.gradient)
        value.source = self._builder.source(self._changed.gradient)
        if value.source is not None and value.data is not None:
            # Autograd keeps a copy for itself: the cycle that wrote the gradient has the numbers.
            written = (v for v in self._builder.cycles[value.source].outputs if v.of == self._name)
            value.data = next((v.data for v in reversed([*written])), value.data)
        return value

    def wrote(self) -> Iterator[Value]:
        """The new value, and what the optimizer remembers from here on."""
        yield self._value("value", self._changed.parameter)
        for key, tensor in self._changed.after.items():
            yield self._value(key, tensor)

    def _value(self, name: str, tensor: torch.Tensor) -> Value:
        value = value_of(name, tensor, keep=self._builder.keep)
        value.of = self._name
        return value

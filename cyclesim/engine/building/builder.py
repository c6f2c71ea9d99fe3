"""From raw events to cycles: numbers, names, and who produced what.

The builder reads the recorder's events in order. It follows every tensor by identity, through
wiring, from the cycle that wrote it to the cycles that read it. It can be fed one event at a time
(the live clock does, at each pause) or all at once after a run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Any

import torch

from cyclesim import cost
from cyclesim.engine.building.adopting import NOTHING, Adopter, Known
from cyclesim.engine.building.flow import Flow
from cyclesim.engine.building.holding import Holding
from cyclesim.engine.building.host_cycles import HostCycles
from cyclesim.engine.building.hosts import Hosts
from cyclesim.engine.building.increments import Increments
from cyclesim.engine.building.naming import Name, Namer, Seen
from cyclesim.engine.building.places import Places
from cyclesim.engine.building.reading import Read, Reader
from cyclesim.engine.building.shown import Shown
from cyclesim.engine.building.sites import Site, site_of
from cyclesim.engine.building.writing import Writer
from cyclesim.engine.recording.data import storage_key, value_of
from cyclesim.engine.recording.events import Event, HostEvent, Node, Standing
from cyclesim.engine.recording.functions import is_wiring, overwritten, tensors_in, traits, written
from cyclesim.engine.recording.recorder import Recorder
from cyclesim.machine import HostResult
from cyclesim.trace import Call, Cycle, Phase, Value

__all__ = ["Builder"]


#: Makes a named tuple without its Python constructor.
_new = tuple.__new__
#: What stands in no module call.
_OUTSIDE = Call("", 1, "")


class Builder:
    """Turns the events of one `Recorder` into cycles.

    Args:
        recorder: where the events come from.
        keep: keep references to the tensors (False: shapes and names only).
        known: what an earlier run made of the events that this run replays.
    """

    def __init__(self, recorder: Recorder, *, keep: bool = True, known: Known = NOTHING) -> None:
        self.cycles: list[Cycle] = []
        #: For each cycle, the index of its event.
        self.event_of: list[int] = []
        #: And what it is called.
        self.names: list[Name] = []
        #: By cycle, how a host step that can be edited makes its result from other numbers.
        self.rewrites: dict[int, Callable[[tuple[Any, ...]], HostResult]] = {}
        self.layout = recorder.layout
        self._recorder = recorder
        self._keep = keep
        self._known = known
        self._namer = Namer()
        self._places = Places(recorder.layout)
        self._flow = Flow()
        self._shown = Shown()
        self._hosts = Hosts(keep)
        self._reader = Reader(self.layout, self._flow, self._shown, self._hosts, keep=keep)
        self._writer = Writer(self.layout, self._flow, self._shown, keep=keep)
        self._host_cycles = HostCycles(self._hosts, self._flow, self._shown, self.source)
        self.increments = Increments(self.views_of)
        self._adopter = Adopter(
            known, self._flow, self._shown, self.increments, self._pass_on, self._part_with
        )
        self.holding = Holding(recorder, self._flow, self._hosts)
        self._read = 0
        self._part = 0
        self._edited = any(cycle.edited for cycle in known.cycles)

    @property
    def keep(self) -> bool:
        """Whether values refer to their tensors."""
        return self._keep

    @property
    def events(self) -> Sequence[Any]:
        """What the cycles are built of."""
        return self._recorder.events

    def update(self) -> list[Cycle]:
        """Read the events recorded since the last call; return the new cycles."""
        before = len(self.cycles)
        events = self._recorder.events
        if self._read < self._known.end:
            self._take_over(events)
        while self._read < len(events):
            event = events[self._read]
            if isinstance(event, Event):
                self._add(event)
            elif isinstance(event, HostEvent):
                self._add_host(event)
            else:
                self._add_standing(event)
            self._read += 1
        return self.cycles[before:]

    def place(self, node: Node | None) -> tuple[tuple[Call, ...], int | None]:
        """The module calls that `node` stands in, outermost first, and the block's index."""
        stack = self._places.stack(node)
        return stack, self._places.layer(stack)

    def module(self, path: str) -> tuple[tuple[Call, ...], int | None]:
        """The first calls of the modules down to the one at `path`, and the block's index."""
        stack = self._places.module(path)
        return stack, self._places.layer(stack)

    def remember(self, tensor: torch.Tensor, number: int) -> None:
        """Whoever reads `tensor` from here on reads from cycle `number`."""
        self._flow.wrote(number, tensor)

    def source(self, tensor: torch.Tensor) -> int | None:
        """The cycle that whoever reads `tensor` now reads from; None for what is the model's."""
        origin = self._flow.of(tensor)
        return None if origin is None or id(tensor) in self.layout.own else origin.cycle

    def views_of(self, address: int) -> tuple[list[Value], list[Value]]:
        """The outputs and inputs that look at this memory; tracked no more."""
        return self._shown.take(address)

    def part_with(self, address: int) -> None:
        """Something writes over this memory: show what was there before from the saved copies."""
        self._shown.part_with(address, self._recorder.overwrites.saved, self._keep)

    def close(self, *, resumable: bool = False) -> None:
        """Let go of everything that only building needed."""
        self._flow.clear()
        if not resumable:  # a run that goes on from this one has some of its memory
            self._shown.clear()
        self._hosts.clear()

    def _add_standing(self, event: Standing) -> None:
        """An event of another kind, for a builder that knows it."""
        raise NotImplementedError

    def _add_host(self, event: HostEvent) -> None:
        step, number = event.step, len(self.cycles)
        edited = self._read in self._recorder.rewrites
        self._edited = self._edited or edited
        if step.rewrite is not None:
            self.rewrites[number] = step.rewrite
        self._append(self._host_cycles.make(event, number, self._read, edited=edited))

    # -- functions of the model --------------------------------------------------------------

    def _add(self, event: Event) -> None:
        func, args, output = event.func, event.args, event.output
        known = traits[func]
        if known.lends:
            self._part_with(args[:1])
            return
        results = [output] if isinstance(output, torch.Tensor) else written(func, args, output)
        if (known.rearranges or not results) and is_wiring(func, args, results):
            self._wire(event, results)
            return
        number = len(self.cycles)
        targets: Sequence[torch.Tensor] = ()
        if event.kwargs or known.overwrites:
            targets = overwritten(func, args, event.kwargs)
        if targets:
            self._part_with(targets)
        read = self._reader.read(event, targets)
        site = site_of(func, event.code, event.instruction)
        stack = self._places.stack(event.node)
        name = self._name(read, results[0], site, stack)
        outputs, same = self._writer.write(results, read, number, self._read)
        if targets:
            for address in {storage_key(tensor)[0] for tensor in results}:
                self._flow.overwrote(number, address)
        innermost = stack[-1] if stack else _OUTSIDE
        phase, token = self._phase()
        cycle = Cycle(
            number,
            *name,
            innermost.path,
            innermost.call,
            site.op,
            phase,
            tuple(read.values),
            outputs,
            read.arguments,
            stack,
            self._places.layer(stack),
            # Handing back the very memory it was given is how a switched-off dropout does nothing.
            nop=same and not targets,
            inplace=bool(targets),
            self_ns=event.self_ns,
            where=site.where,
            device=outputs[0].device,
            token=token,
        )
        self._append(cycle, name)
        if token is not None:
            self.increments.add(cycle, event)

    def _name(self, read: Read, result: torch.Tensor, site: Site, stack: tuple[Call, ...]) -> Name:
        names, values, dtype = self.names, read.values, result.dtype
        shape = tuple(result.shape)
        fields = (
            site.name,
            len(values),
            [value.shape for value in values].count(shape) >= 2,
            tuple([names[v.source] for v in values if v.source is not None]),
            tuple(read.weights),
            not (dtype.is_floating_point or dtype.is_complex),
            site.function,
            site.file,
        )
        return self._namer.name(_new(Seen, fields), stack)

    # -- what is replayed --------------------------------------------------------------------

    def _take_over(self, events: Sequence[Any]) -> None:
        """Make of the replayed events what the earlier run made of them."""
        known = self._known
        while replayed := events[self._read : known.end]:
            if isinstance(replayed[0], HostEvent):
                self._add_host(replayed[0])  # these steps do run again
                self._read += 1
                continue
            calls = list(takewhile(lambda event: isinstance(event, Event), replayed))
            first = len(self.cycles)
            end = self._adopter.take(calls, self._read, first)
            adopted = known.cycles[first:end]
            if adopted:
                self._places.adopt(adopted, events[known.events[end - 1]].node)
                self._namer.adopt(adopted)
            self.cycles += adopted
            self.names += known.names[first:end]
            self.event_of += known.events[first:end]
            self._read += len(calls)

    def edit(self, tensors: Sequence[torch.Tensor]) -> None:
        """The last cycle's outputs were replaced by `tensors` before they were handed on."""
        cycle = self.cycles[-1]
        self._shown.forget(cycle.outputs)  # the old numbers may belong to another branch
        outputs = []
        for place, (old, tensor) in enumerate(zip(cycle.outputs, tensors, strict=True)):
            storage = storage_key(tensor)
            value = value_of(old.name, tensor, keep=self._keep, storage=storage)
            value.words = old.words
            self._flow.wrote(cycle.number, tensor, storage, value)
            self._shown.output(storage[0], value, self._read - 1, place)
            outputs.append(value)
        # A new cycle: a run that was rewound shares the old one with the branch it left.
        self.cycles[-1] = replace(cycle, edited=True, nop=False, outputs=tuple(outputs))
        self._edited = True

    def rewrite(self, event: HostEvent) -> None:
        """The last cycle, a host step, was rewritten to `event` before the run went on."""
        cycle = self.cycles[-1]
        outputs = self._host_cycles.outputs(event, cycle.number, self._read - 1)
        self.cycles[-1] = replace(
            cycle, edited=True, nop=False, outputs=outputs, note=event.result.note
        )
        self._edited = True

    def _append(self, cycle: Cycle, name: Name | None = None) -> None:
        cost.annotate(cycle)
        if self._edited:
            sources = (self.cycles[s] for s in cycle.sources)
            cycle.downstream = any(s.edited or s.downstream for s in sources)
        self.names.append(name or Name(cycle.unit, cycle.step))
        self.cycles.append(cycle)
        self.event_of.append(self._read)

    def _pass_on(self, event: Event) -> None:
        """This event is known to be no cycle."""
        if traits[event.func].lends:
            self._part_with(event.args[:1])
        else:
            self._wire(event, tensors_in(event.output))

    def _wire(self, event: Event, outputs: Sequence[torch.Tensor]) -> None:
        first = event.args[0] if event.args else None  # nearly always it is that
        source = self.source(first) if isinstance(first, torch.Tensor) else None
        if source is None:
            sources = map(self.source, tensors_in((event.args, event.kwargs)))
            source = next((found for found in sources if found is not None), None)
        if source is not None:
            for output in outputs:
                self._flow.wrote(source, output)

    def _part_with(self, targets: Sequence[torch.Tensor]) -> None:
        for address in {storage_key(target)[0] for target in targets}:
            self.part_with(address)

    def _phase(self) -> tuple[Phase, int | None]:
        """What the event that is read now is part of."""
        parts = self._recorder.parts
        while self._part + 1 < len(parts) and parts[self._part + 1].first <= self._read:
            self._part += 1
        return parts[self._part][1:] if parts else ("forward", None)

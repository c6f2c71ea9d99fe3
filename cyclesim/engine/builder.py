"""From raw events to cycles: numbers, names, and who produced what.

The builder reads the recorder's events in order. It follows every tensor by identity, through
wiring, from the cycle that wrote it to the cycles that read it. It can be fed one event at a time
(the live clock does, at each pause) or all at once after a run.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from types import CodeType
from typing import Any

import torch
from torch.overrides import handle_torch_function

from cyclesim import cost
from cyclesim.engine.data import TorchData, storage_key, value_of
from cyclesim.engine.functions import (
    Kind,
    argument_names,
    is_wiring,
    kind_of,
    op_name,
    overwritten,
    same_view,
    tensors_in,
    written,
)
from cyclesim.engine.increments import Increments
from cyclesim.engine.naming import Namer, Seen
from cyclesim.engine.recorder import Event, HostEvent, Node, Recorder, Standing
from cyclesim.machine import HostResult, Written
from cyclesim.trace import ArrayData, Call, Cycle, Phase, TensorData, Value

__all__ = ["Builder"]


_UNKNOWN: Any = object()


class Builder:
    """Turns the events of one `Recorder` into cycles.

    Args:
        recorder: where the events come from.
        keep: keep references to the tensors (False: shapes and names only).
        known: cycles of an earlier run that this run replays; taken over as they are.
    """

    def __init__(
        self,
        recorder: Recorder,
        *,
        keep: bool = True,
        known: Sequence[Cycle] = (),
    ) -> None:
        self.cycles: list[Cycle] = []
        #: For each cycle, the index of its event.
        self.event_of: list[int] = []
        #: By cycle, how a host step that can be edited makes its result from other numbers.
        self.rewrites: dict[int, Callable[[tuple[Any, ...]], HostResult]] = {}
        self._recorder = recorder
        self._keep = keep
        self._known = known
        self._namer = Namer()
        self._read = 0
        self._nodes: list[Node] = []
        self._stacks: dict[int, tuple[Call, ...]] = {}
        self._call_counts: dict[torch.nn.Module, int] = {}
        self._modules: dict[str, tuple[Call, ...]] = {}
        self._part = 0
        self._layers: dict[tuple[Call, str], dict[Call, int]] = {}
        self._layer_of: dict[int, Any] = {}
        self._producer: dict[int, int] = {}
        # Ids are only unique while the object lives: everything in `_producer` is held here, or,
        # once it was let go of, watched.
        self._held: dict[int, torch.Tensor | weakref.ref[torch.Tensor]] = {}
        self._forgotten = 0
        # What the trace shows of each piece of memory: outputs as (event, place), and inputs.
        self._outputs_in: dict[int, list[tuple[Value, int, int]]] = {}
        self._inputs_in: dict[int, list[Value]] = {}
        self.layout = recorder.layout
        self.increments = Increments(self.views_of)
        self._host: dict[int, tuple[Written, int]] = {}
        self._given: dict[int, Value] = {}
        self._given_in: dict[int, Value] = {}

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
        stack = self._stack(node)
        return stack, self._layer(stack)

    def module(self, path: str) -> tuple[tuple[Call, ...], int | None]:
        """The first calls of the modules down to the one at `path`, and the block's index.

        A parameter belongs to a module, whichever calls of it used it.
        """
        known = self._modules.get(path)
        if known is None:
            kinds = {name: module for module, name in self.layout.paths.items()}
            prefixes = [path[:at] for at, sign in enumerate(f"{path}.") if sign == "." and path]
            known = self._modules[path] = tuple(
                Call(name, 1, type(module).__name__, next(module.children(), None) is None)
                for name in ("", *prefixes)
                if (module := kinds.get(name)) is not None
            )
        return known, self._layer(known)

    def forget(self, last: int) -> None:
        """Let go of the tensors of the events up to number `last`; their cycles stay.

        The model may still hold some of them and read them later, so they are watched: when one
        dies, its id may be given to another tensor.
        """
        events = self._recorder.events
        for index in range(self._forgotten, min(last + 1, len(events))):
            event = events[index]
            if isinstance(event, Event):
                for tensor in tensors_in(event.output):
                    self._watch(tensor)
                events[index] = event._replace(args=(), kwargs={}, output=None)
        self._forgotten = max(self._forgotten, last + 1)
        self._recorder.forget(last)

    def release(self, keys: set[int], first: int) -> list[int]:
        """Let go of the memory at `keys` in the events from number `first` on; their cycles stay.

        Returns the numbers of the events whose outputs were let go of.
        """
        events, gone = self._recorder.events, []
        for index in range(first, len(events)):
            event = events[index]
            if isinstance(event, HostEvent):
                if any(_lies_in(item.value, keys) for item in event.result.outputs):
                    events[index] = self._released(event)
            elif event.edits is None and event.args:
                outputs = tensors_in(event.output)
                out = any(_lies_in(t, keys) for t in outputs)
                given = tensors_in((event.args, event.kwargs))
                if out or any(_lies_in(t, keys) for t in given):
                    for tensor in outputs if out else ():
                        self._watch(tensor)
                    output = None if out else event.output
                    events[index] = event._replace(args=(), kwargs={}, output=output)
                    gone += [index] * out
        self._recorder.release(keys)
        return gone

    def _released(self, event: HostEvent) -> HostEvent:
        for item in event.result.outputs:
            self._host.pop(id(item), None)
            if isinstance(item.value, torch.Tensor):
                self._watch(item.value)
        nothing = HostResult(())
        step = replace(event.step, reads=(), run=lambda: nothing)
        return event._replace(step=step, result=nothing, copies=())

    def views_of(self, key: int) -> tuple[list[Value], list[Value]]:
        """The outputs and inputs that look at the memory at `key`; tracked no more."""
        outputs = [value for value, _, _ in self._outputs_in.pop(key, ())]
        return outputs, self._inputs_in.pop(key, [])

    def _watch(self, tensor: torch.Tensor) -> None:
        name = id(tensor)

        def gone(_: object) -> None:
            self._held.pop(name, None)
            self._producer.pop(name, None)

        if name in self._held:
            self._held[name] = weakref.ref(tensor, gone)

    def close(self) -> None:
        """Let go of everything that only building needed."""
        self._held.clear()
        self._producer.clear()
        self._host.clear()
        self._given.clear()
        self._given_in.clear()
        self._outputs_in.clear()
        self._inputs_in.clear()

    # -- events ------------------------------------------------------------------------------

    def _add_standing(self, event: Standing) -> None:
        """An event of another kind, for a builder that knows it."""
        raise NotImplementedError

    def _add_host(self, event: HostEvent) -> None:
        step, number = event.step, len(self.cycles)
        inputs = []
        for read in step.reads:
            source = self._source_of_written(read)
            value = self._host_value(read)
            value.source = source
            inputs.append(value)
        outputs = self._host_outputs(event, number)
        cycle = Cycle(
            number=number,
            unit=step.unit,
            step=step.step,
            path="",
            call=1,
            op=step.op,
            inputs=tuple(inputs),
            outputs=outputs,
            arguments=dict(step.arguments),
            nop=event.result.nop,
            phase=step.phase,
            token=step.token,
            self_ns=event.self_ns,
            note=event.result.note,
            edited=self._read in self._recorder.rewrites,
            device=outputs[0].device if outputs else "cpu",
        )
        if step.rewrite is not None:
            self.rewrites[number] = step.rewrite
        self._append(cycle)

    def _host_outputs(self, event: HostEvent, number: int) -> tuple[Value, ...]:
        outputs = []
        pairs = zip(event.result.outputs, event.copies, strict=True)
        for place, (item, copy) in enumerate(pairs):
            self._host[id(item)] = (item, number)
            if isinstance(item.value, torch.Tensor):
                self.remember(item.value, number)
            value = self._host_value(replace(item, value=copy))
            if item.lasting:
                self._keep_output(value, copy, place)
            elif isinstance(item.value, torch.Tensor):
                self._given[id(item.value)] = value
                self._given_in[storage_key(item.value)[0]] = value
            outputs.append(value)
        return tuple(outputs)

    def _add(self, event: Event) -> None:
        if kind_of(event.func) is Kind.LEND:
            self._part_with(list(event.args[:1]))
            return
        if is_wiring(event.func, event.args, event.kwargs, event.output):
            self._wire(event)
            return
        number = len(self.cycles)
        if number < len(self._known):
            self._adopt(event, self._known[number])
            return
        op = op_name(event.func)
        stack = self._stack(event.node)
        targets = overwritten(event.func, event.args, event.kwargs)
        self._part_with(targets)
        inputs, arguments = self._read_arguments(event, targets)
        results = written(event.func, event.args, event.kwargs, event.output)
        given = tensors_in((event.args, event.kwargs))
        phase, token = self._phase()
        name = self._namer.name(
            Seen(
                op=op,
                stack=stack,
                operands=len(given),
                same_shape=_same_shape(given, results),
                sources=tuple([self.cycles[v.source] for v in inputs if v.source is not None]),
                weights=tuple([v.parameter.rpartition(".")[2] for v in inputs if v.parameter]),
                integer=not (results[0].is_floating_point() or results[0].is_complex()),
                function=event.code.co_name,
                file=_file_name(event.code.co_filename),
            )
        )
        # Handing back the very memory it was given is how a switched-off dropout does nothing.
        nop = not targets and all(any(same_view(r, g) for g in given) for r in results)
        outputs = []
        self._remember_all(results, number, through_storage=bool(targets))
        for place, tensor in enumerate(results):
            label = "output" if len(results) == 1 else f"output {place}"
            # Memory of the model itself (a buffer) can be written to when the run is over.
            lent = storage_key(tensor)[0] in self.layout.storages
            value = value_of(label, tensor.clone() if lent else tensor, keep=self._keep)
            self._keep_output(value, tensor, place)
            outputs.append(value)
        cycle = Cycle(
            number=number,
            unit=name.unit,
            step=name.step,
            path=stack[-1].path if stack else "",
            call=stack[-1].call if stack else 1,
            op=op.strip("_") or op,
            phase=phase,
            token=token,
            inputs=tuple(inputs),
            outputs=tuple(outputs),
            arguments=arguments,
            stack=stack,
            layer=self._layer(stack),
            nop=nop,
            inplace=bool(targets),
            self_ns=event.self_ns,
            where=_where(event.code, event.instruction),
            device=outputs[0].device,
        )
        self._append(cycle)
        self.increments.add(cycle, event)

    def _adopt(self, event: Event, cycle: Cycle) -> None:
        """Take over the cycle of a replayed event: only the dataflow has to be followed again."""
        stack = self._stack(event.node)
        self._layer(stack)
        self._namer.adopt(cycle)
        if cycle.inplace:
            self._part_with(overwritten(event.func, event.args, event.kwargs))
        results = written(event.func, event.args, event.kwargs, event.output)
        self._remember_all(results, cycle.number, through_storage=cycle.inplace)
        for place, (value, tensor) in enumerate(zip(cycle.outputs, results, strict=True)):
            self._keep_output(value, tensor, place)
        self.cycles.append(cycle)
        self.event_of.append(self._read)
        self.increments.add(cycle, event)

    def edit(self, tensors: Sequence[torch.Tensor]) -> None:
        """The last cycle's outputs were replaced by `tensors` before they were handed on."""
        cycle = self.cycles[-1]
        for kept in self._outputs_in.values():  # the old numbers may belong to another branch
            kept[:] = [entry for entry in kept if not any(entry[0] is v for v in cycle.outputs)]
        outputs = []
        for place, (old, tensor) in enumerate(zip(cycle.outputs, tensors, strict=True)):
            self.remember(tensor, cycle.number)
            value = value_of(old.name, tensor, keep=self._keep)
            value.words = old.words
            self._keep_output(value, tensor, place, event=self._read - 1)
            outputs.append(value)
        # A new cycle: a run that was rewound shares the old one with the branch it left.
        self.cycles[-1] = replace(cycle, edited=True, nop=False, outputs=tuple(outputs))

    def rewrite(self, event: HostEvent) -> None:
        """The last cycle, a host step, was rewritten to `event` before the run went on."""
        cycle = self.cycles[-1]
        outputs = self._host_outputs(event, cycle.number)
        self.cycles[-1] = replace(
            cycle, edited=True, nop=False, outputs=outputs, note=event.result.note
        )

    def _append(self, cycle: Cycle) -> None:
        cost.annotate(cycle)
        sources = (self.cycles[s] for s in cycle.sources)
        cycle.downstream = any(s.edited or s.downstream for s in sources)
        self.cycles.append(cycle)
        self.event_of.append(self._read)

    def _wire(self, event: Event) -> None:
        source = next(
            (
                s
                for t in tensors_in((event.args, event.kwargs))
                if (s := self.source(t)) is not None
            ),
            None,
        )
        if source is None:
            return
        for tensor in tensors_in(event.output):
            self.remember(tensor, source)

    # -- dataflow ----------------------------------------------------------------------------

    def remember(self, tensor: torch.Tensor, number: int) -> None:
        """Whoever reads `tensor` from here on reads from cycle `number`."""
        self._held[id(tensor)] = tensor
        self._producer[id(tensor)] = number

    def _remember_all(
        self, tensors: Sequence[torch.Tensor], number: int, *, through_storage: bool
    ) -> None:
        for tensor in tensors:
            self.remember(tensor, number)
        if through_storage:
            # An overwrite is also seen through every other view of the same memory.
            keys = {storage_key(tensor)[0] for tensor in tensors}
            for name, held in self._held.items():
                other = held() if isinstance(held, weakref.ref) else held
                if other is not None and storage_key(other)[0] in keys:
                    self._producer[name] = number

    def source(self, tensor: torch.Tensor) -> int | None:
        """The cycle that whoever reads `tensor` now reads from."""
        if id(tensor) in self.layout.parameters:
            return None
        return self._producer.get(id(tensor))

    def _source_of_written(self, read: Written) -> int | None:
        if read.view_of is not None:
            return self._source_of_written(read.view_of)
        known = self._host.get(id(read))
        if known is not None:
            return known[1]
        return self.source(read.value) if isinstance(read.value, torch.Tensor) else None

    def _keep_output(
        self, value: Value, tensor: torch.Tensor, place: int, event: int | None = None
    ) -> None:
        key = storage_key(tensor)[0]
        number = self._read if event is None else event
        self._outputs_in.setdefault(key, []).append((value, number, place))

    def _part_with(self, targets: list[torch.Tensor]) -> None:
        """This event overwrote `targets`: show what was there before from the saved copies.

        Views of the old numbers that were inputs have no copy of their own; the cycle that wrote
        them has, and says so.
        """
        for key in {storage_key(t)[0] for t in targets}:
            for value, event, place in self._outputs_in.pop(key, ()):
                saved = self._recorder.saved.get(event, {}).get(place)
                value.data = TorchData(saved) if saved is not None and self._keep else None
            for value in self._inputs_in.pop(key, ()):
                value.data = None

    # -- values ------------------------------------------------------------------------------

    def _read_arguments(
        self, event: Event, targets: list[torch.Tensor]
    ) -> tuple[list[Value], dict[str, str]]:
        """Split the arguments into tensors and the rest, by name."""
        names = argument_names(event.func, event.args)
        named = [
            (names[i] if i < len(names) else f"argument {i}", value)
            for i, value in enumerate(event.args)
        ]
        named += list(event.kwargs.items())
        inputs: list[Value] = []
        arguments: dict[str, str] = {}
        fused = op_name(event.func) == "scaled_dot_product_attention"
        for name, value in named:
            if name.startswith("_"):  # private to torch
                continue
            tensors = tensors_in(value)
            for place, tensor in enumerate(tensors):
                label = name if tensor is value else f"{name}[{place}]"
                value_in = self._input(label, tensor, fused=fused)
                if targets and any(storage_key(t)[0] == storage_key(tensor)[0] for t in targets):
                    value_in.data = None  # it holds the new numbers by now
                inputs.append(value_in)
            if not tensors and value is not None:
                arguments[name] = _text(value)
        return inputs, arguments

    def _input(self, name: str, tensor: torch.Tensor, *, fused: bool = False) -> Value:
        known = self.layout.parameters.get(id(tensor))
        if known is not None:
            tensor = self.layout.shown(tensor, id(tensor))
            return value_of(name, tensor, kind=known[1], parameter=known[0], keep=self._keep)
        source = self.source(tensor)
        key = storage_key(tensor)[0]
        owner = self.layout.storages.get(key)
        if source is None and owner is not None:  # a view of a weight
            parameter, kind = self.layout.parameters[owner]
            tensor = self.layout.shown(tensor, owner)
            return value_of(name, tensor, kind=kind, parameter=parameter, keep=self._keep)
        kind = "observed" if source is not None else "constant"
        # A copy that wiring made (`contiguous`) would be kept twice: its producer has the numbers.
        # A fused attention is recomputed from exactly what it read, so there it is kept.
        own = source is None or key in self._outputs_in or fused
        keep = self._keep and own
        value = value_of(name, tensor, source=source, kind=kind, keep=keep)
        if not keep:
            value.data = self._given_data(tensor, key)
        if keep:
            self._inputs_in.setdefault(key, []).append(value)
        return value

    def _given_data(self, tensor: torch.Tensor, key: int) -> TensorData | None:
        """The numbers of an input of the run, or of a view of all of it: its copy has them."""
        given = self._given.get(id(tensor))
        if given is not None:
            return given.data
        given = self._given_in.get(key)
        if given is None or not isinstance(given.data, TorchData):
            return None
        copy = given.data.tensor
        whole = copy.numel() == tensor.numel() and copy.dtype == tensor.dtype
        if whole and copy.is_contiguous() and tensor.is_contiguous():
            return TorchData(copy.view(tensor.shape))
        return None

    def _host_value(self, item: Written) -> Value:
        if isinstance(item.value, torch.Tensor):
            value = value_of(item.name, item.value, keep=self._keep)
            value.words = item.words
            return value
        array = item.value
        return Value(
            name=item.name,
            shape=tuple(array.shape),
            dtype=str(array.dtype),
            nbytes=array.nbytes,
            data=ArrayData(array) if self._keep else None,
            words=item.words,
        )

    # -- where -------------------------------------------------------------------------------

    def _phase(self) -> tuple[Phase, int | None]:
        """What the event that is read now is part of."""
        parts = self._recorder.parts
        while self._part + 1 < len(parts) and parts[self._part + 1].first <= self._read:
            self._part += 1
        return parts[self._part][1:] if parts else ("forward", None)

    def _stack(self, node: Node | None) -> tuple[Call, ...]:
        if node is None:
            return ()
        known = self._stacks.get(id(node))
        if known is None:
            known = self._stack(node.parent)
            if node.module in self.layout.paths:  # the model may call what is no part of it
                known = (*known, self._call(node))
            self._stacks[id(node)] = known
            self._nodes.append(node)  # so that its id stays its own
        return known

    def _call(self, node: Node) -> Call:
        module = node.module
        count = self._call_counts[module] = self._call_counts.get(module, 0) + 1
        leaf = next(module.children(), None) is None
        return Call(self.layout.paths[module], count, type(module).__name__, leaf)

    def _layer(self, stack: tuple[Call, ...]) -> int | None:
        """Index of the repeated block: how many of its list ran before it in this model call."""
        known = self._layer_of.get(id(stack), _UNKNOWN)
        if known is _UNKNOWN:  # the stacks live as long as the builder: their ids are their own
            known = self._layer_of[id(stack)] = self._find_layer(stack)
        return known

    def _find_layer(self, stack: tuple[Call, ...]) -> int | None:
        for call in stack:
            prefix, _, last = call.path.rpartition(".")
            if last.isdigit() and not call.leaf:
                seen = self._layers.setdefault((stack[0], prefix), {})
                return seen.setdefault(call, len(seen))
        return None


def _lies_in(item: Any, keys: set[int]) -> bool:
    return isinstance(item, torch.Tensor) and storage_key(item)[0] in keys


def _same_shape(given: list[torch.Tensor], results: list[torch.Tensor]) -> bool:
    if not results:
        return False
    shape = results[0].shape
    return sum(t.shape == shape for t in given) >= 2


@lru_cache(maxsize=4096)
def _where(code: CodeType, instruction: int) -> str:
    """`modeling_bert.py:126 eager_attention_forward`, from a code object and its position in it."""
    if code is handle_torch_function.__code__:  # the caller is not Python
        return ""
    line = code.co_firstlineno
    if instruction >= 0:
        for start, end, number in code.co_lines():
            if start <= instruction < end and number is not None:
                line = number
                break
    return f"{_file_name(code.co_filename)}:{line} {code.co_name}"


@cache
def _file_name(path: str) -> str:
    return os.path.basename(path)


def _text(value: Any) -> str:
    if isinstance(value, torch.dtype):
        return str(value).removeprefix("torch.")
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"

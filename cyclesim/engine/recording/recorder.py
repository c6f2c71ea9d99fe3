"""The recorder: one torch function mode that sees every computation of a forward pass.

Why a function mode and not hooks or a tracer: it sees what the model's code *says* (`matmul`,
`softmax`), in the order it says it, whatever the gradient mode, without changing which kernel runs.
Module hooks only keep a stack of where we are. While the model runs the recorder does as little as
it can, so that watching costs little: it keeps references to what went in and out, and two clock
readings. What a cycle *is* (its unit, its producers, its FLOPs) is worked out from these events,
after the run by `trace`, or at each pause by the live `Clock`.

    with Recorder(model) as recorder:
        model(**inputs)
    recorder.events
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from threading import get_ident
from time import perf_counter_ns
from typing import Any

import torch
from torch.overrides import TorchFunctionMode, handle_torch_function

from cyclesim.engine.recording.events import Event, Gate, HostEvent, Node, Part, Player, copies_of
from cyclesim.engine.recording.functions import overwritten, tensors_in, traits
from cyclesim.engine.recording.hooks import ModuleHooks
from cyclesim.engine.recording.layout import Layout
from cyclesim.engine.recording.overwrites import Overwrites
from cyclesim.machine import HostResult, HostStep, ModelCall

__all__ = ["Recorder"]

_REDISPATCH = handle_torch_function.__code__
#: In eval mode these take a fused path, but only when nothing observes them.
_FUSED = (
    torch.nn.TransformerEncoder,
    torch.nn.TransformerEncoderLayer,
    torch.nn.MultiheadAttention,
)
#: The output of a module whose forward raised.
_RAISED: Any = object()
_NO_KEYWORDS: dict[str, Any] = {}
#: Makes a named tuple without its Python constructor, which would cost more than the rest.
_new = tuple.__new__


class Recorder(TorchFunctionMode):
    """Records every torch function that `model`'s forward calls in this thread.

    Args:
        model: the model, or its `Layout` where that is known already.
        gate: called around every event that is computed, and after the last that is not.
        script: an earlier run's first events, handed back instead of computed.

    Attributes:
        events: what happened, in order.
        overwrites: what the events wrote that was overwritten later in the run.
        failed_in: the module call that an exception came out of.
        parts: where each call of the model begins among the events, its phase and its token.
        rewrites: what the user put in place of what a host step wrote, by event index.
    """

    def __init__(
        self,
        model: torch.nn.Module | Layout,
        gate: Gate | None = None,
        script: Player | None = None,
    ) -> None:
        super().__init__()
        self.layout = model if isinstance(model, Layout) else Layout(model)
        self.gate = gate
        self._script = script
        self.events: list[Event | HostEvent] = []
        self.overwrites = Overwrites()
        self._node: Node | None = None
        self.failed_in: Node | None = None
        self.parts: list[Part] = []
        self.rewrites: dict[int, tuple[torch.Tensor, ...]] = {}
        self._asking = False
        self._in_seal: Any = None
        # Kernels on a GPU run later than the call that launches them: time them in their stream.
        self._cuda = self.layout.cuda
        # What is handed back has been through the gate before; with the last of it, the gate is
        # shown them all.
        self._live = script is None or script.done
        self._plain = self._live and not self._cuda
        self._hooks = ModuleHooks()

    def of(self, call: ModelCall) -> Recorder:
        """This recorder, told which call of the model comes next: `with recorder.of(call): …`."""
        self.parts.append(Part(len(self.events), call.phase, call.token))
        return self

    def __enter__(self) -> Recorder:
        self._around = self._around_modules(get_ident())
        watched = None if self._live or self._script is None else self._script.watched
        self._hooks.add(*self._around, watched)
        try:
            super().__enter__()
        except BaseException:
            self._hooks.remove()
            raise
        return self

    def __exit__(self, *exception: Any) -> None:
        try:
            super().__exit__(*exception)
        finally:
            self._hooks.remove()
            self._node = None
            if self._in_seal is not None:  # Ctrl-C inside a sealed module: its hook did not run
                self._in_seal.__exit__(None, None, None)
                self._in_seal = None

    def _around_modules(self, thread: int) -> tuple[Callable[..., None], Callable[..., Any]]:
        # They are called for every model in every thread, so they look at the thread.
        events = self.events

        def enter(module: torch.nn.Module, args: Any) -> None:
            if get_ident() == thread and not self._asking and self._in_seal is None:
                seal = self._seal(module) if isinstance(module, _FUSED) else None
                fields = (module, self._node, len(events), perf_counter_ns(), seal)
                self._node = _new(Node, fields)

        def leave(module: torch.nn.Module, args: Any, kwargs: Any, output: Any = _RAISED) -> Any:
            # It is also called for a module whose forward raised, and then without the keyword
            # arguments; or never began (another pre-hook raised): leave only what was entered.
            if get_ident() != thread:
                return None
            node = self._node
            if output is _RAISED and self.failed_in is None:
                self.failed_in = node  # the innermost module is the first to be left
            if node is None or node.module is not module or self._asking:
                return None
            if node.seal is not None:
                node.seal.__exit__(None, None, None)
                self._in_seal = None
            try:
                if len(events) == node.entered and output is not _RAISED:
                    # What the clock computes of it is not the model's.
                    with torch._C.DisableTorchFunction():
                        return self._opaque(module, args, kwargs, output, node)
            finally:
                self._node = node.parent
            return None

        return enter, leave

    def _seal(self, module: torch.nn.Module) -> Any:
        """Look away while `module` runs, if it would take its fused path only unobserved.

        Were it observed, it would take another path and compute other bits. So it stays one cycle.
        """
        if module.training or not torch.backends.mha.get_fastpath_enabled():
            return None
        seal = torch._C.DisableTorchFunction()
        seal.__enter__()
        self._in_seal = seal
        if self.gate is not None and self._live:  # what it computes at a pause is not the model's
            self.gate.before(self._node, type(module), ())
        return seal

    def _opaque(
        self, module: torch.nn.Module, args: Any, kwargs: Any, output: Any, node: Node
    ) -> Any:
        """A module ran without any torch function to be seen: it is one cycle by itself."""
        made = tensors_in(output)
        given = [id(t) for t in tensors_in((args, kwargs))]
        if not made or all(id(t) in given for t in made):
            return None
        ended = perf_counter_ns()
        if not self._live and self._script is not None:
            output, _, _ = self._script.play(type(module), args, kwargs, output)
            if self._script.done:
                self._go_live()
        forward = vars(type(module)).get("forward")
        code = getattr(forward, "__code__", _REDISPATCH)  # a compiled module has no Python code
        event = _new(
            Event,
            (type(module), args, kwargs, output, node, code, -1, node.started,
             ended, None, None),
        )  # fmt: skip
        self.events.append(event)
        return self._passed(event) if self.gate is not None and self._live else output

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        # What is written here is paid for each call of each function that the model makes.
        if kwargs is None:
            kwargs = _NO_KEYWORDS
        known = traits[func]
        if known.reads:
            return func(*args, **kwargs)
        if self.gate is not None and self._live:
            self.gate.before(self._node, func, args)
        if known.lends:
            self.overwrites.save(args[:1], self.events)
        elif known.overwrites or (kwargs and ("out" in kwargs or "inplace" in kwargs)):
            self.overwrites.save(overwritten(func, args, kwargs), self.events)
        if self._plain:
            marks = None
            started = perf_counter_ns()
            output = func(*args, **kwargs) if kwargs else func(*args)
            ended = perf_counter_ns()
        elif self._live:
            output, started, ended, marks = self._timed(func, args, kwargs)
        else:
            return self._replay(func, args, kwargs)
        frame = sys._getframe(1)
        if frame.f_code is _REDISPATCH and frame.f_back and frame.f_back.f_back:
            # torch.nn.functional re-dispatches its own functions: the caller is two frames up.
            frame = frame.f_back.f_back
        event = _new(
            Event,
            (func, args, kwargs, output, self._node, frame.f_code, frame.f_lasti, started, ended,
             marks, None),
        )  # fmt: skip
        self.events.append(event)
        return self._passed(event) if self.gate is not None else output

    def _timed(
        self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Any, int, int, tuple[torch.cuda.Event, torch.cuda.Event]]:
        """Run on a GPU: output, start, end and marks in its stream."""
        marks = self._mark()
        started = perf_counter_ns()
        output = func(*args, **kwargs)
        ended = perf_counter_ns()
        marks[1].record()
        return output, started, ended, marks

    def _replay(
        self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Hand back what the script knows; where it is called from, its cycle knows."""
        assert self._script is not None
        output, started, ended = self._script.play(func, args, kwargs)
        event = _new(
            Event,
            (func, args, kwargs, output, self._node, _REDISPATCH, -1, started, ended, None, None),
        )
        self.events.append(event)
        if not self._script.done:
            return output
        self._go_live()
        return self._passed(event) if self.gate is not None else output

    def _go_live(self) -> None:
        """The last was handed back: what runs now is computed."""
        assert self._script is not None
        self._script.restore()
        self._live = True
        self._plain = not self._cuda
        if self._script.watched is not None:  # those that it did not watch have returned
            self._hooks.remove()
            self._hooks.add(*self._around)

    def _passed(self, event: Event) -> Any:
        """Show the latest event to the gate; the output to hand on."""
        assert self.gate is not None
        # A condition that is asked here may run this very model (a probe): that is not ours.
        self._asking = True
        try:
            event = self.gate.after(event)
        finally:
            self._asking = False
        if event.edits is not None:
            self.events[-1] = event
        return event.output

    @property
    def live(self) -> bool:
        """Whether what runs now is computed, and not handed back from a record."""
        return self._live

    def host(self, step: HostStep) -> HostResult:
        """Run one step outside the model as a cycle of its own. Call it outside the mode."""
        if self.gate is not None:
            self.gate.before(None, step, ())
        started = perf_counter_ns()
        result = step.run()
        ended = perf_counter_ns()
        new = self.rewrites.get(len(self.events))
        if new is not None and step.rewrite is not None:
            result = step.rewrite(new)
        event = HostEvent(step, result, started, ended, copies_of(result))
        self.events.append(event)
        if self.gate is not None:
            event = self.events[-1] = self.gate.after(event)
        return event.result

    def rewrite(self, tensors: tuple[torch.Tensor, ...]) -> HostEvent:
        """The last event, a host step that can be rewritten, wrote `tensors` instead."""
        event = self.events[-1]
        assert isinstance(event, HostEvent) and event.step.rewrite is not None
        result = event.step.rewrite(tensors)
        self.rewrites[len(self.events) - 1] = tensors
        return event._replace(result=result, copies=copies_of(result))

    @staticmethod
    def _mark() -> tuple[torch.cuda.Event, torch.cuda.Event]:
        marks = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        marks[0].record()
        return marks

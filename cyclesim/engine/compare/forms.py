"""A variant made ready: a model in another form, and how it is called.

The caller's model is never touched. Another attention implementation, `torch.compile` and other
inputs share its weights; another dtype and quantisation are copies.
"""

from __future__ import annotations

import copy
import importlib
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter_ns
from typing import Any

import torch

from cyclesim.engine.compare.generated import generated
from cyclesim.engine.compare.inputs import batched, floats, length_of, lengthened
from cyclesim.engine.running.timing import Stopwatch
from cyclesim.errors import CyclesimError
from cyclesim.machine import Encoding, Machine, ModelCall
from cyclesim.machine.quiet import quiet_loggers
from cyclesim.machine.variant import twin, with_attention, with_model, writing
from cyclesim.versus import Preparation, Variant
from cyclesim.versus.sentences import (
    BATCHED,
    COMPILED,
    CONVERTED,
    GRAPHS,
    NO_CACHE,
    NO_INT8,
    NO_LINEAR,
    NOT_COMPILED,
    NOTHING_CACHED,
    ONE_TEXT,
    REPEATED,
    SAME,
    SHARED,
    THREADS,
)
from cyclesim.versus.sentences import QUANTIZED as QUANTIZED_BY

__all__ = ["Form", "prepare", "silent", "threads_set"]

_BACKEND = "inductor"


@dataclass
class Form:
    """Something that can be run.

    Attributes:
        machine: the model in this form; of a compiled one, the model that was compiled.
        encoding: its input.
        threads: torch's.
        text: what the input was made of, if it was made of a text.
        generates: what runs is the whole program, which writes a text; else one forward.
        compiled: the callable that `torch.compile` made, if any.
        notes: what was done, sentence by sentence.
        preparations: what that took.
        same_input: whether the answer can be held against the baseline's.
    """

    machine: Machine
    encoding: Encoding
    threads: int
    text: Any = None
    compiled: Callable[..., Any] | None = None
    notes: list[str] = field(default_factory=list)
    preparations: list[Preparation] = field(default_factory=list)
    same_input: bool = True
    generates: bool = False

    @contextmanager
    def ready(self) -> Iterator[Callable[..., Any]]:
        """Inside the block, what it hands out is the forward (or the program) and nothing else."""
        if self.generates:
            with threads_set(self.threads), silent():
                yield partial(generated, self.machine, self.encoding.copied(), self._call)
            return
        model = self.machine.model if self.compiled is None else self.compiled
        around = self.machine.quiet() if self.compiled is None else torch.no_grad()
        with threads_set(self.threads), silent(), around:
            inputs = self.encoding.copied()
            yield lambda: model(*inputs.args, **inputs.inputs)

    @property
    def source(self) -> dict[str, Any]:
        """What a recorded run of it is given: the text, or the tensors."""
        if self.text is not None:
            return {"text": self.text}
        encoding = self.encoding.copied()
        return {"inputs": dict(encoding.inputs) if encoding.inputs else encoding.args}

    def run(self) -> Any:
        """The forward, with nothing watching."""
        with self.ready() as forward:
            return forward()

    def time(self) -> int:
        """Wall nanoseconds of one forward; of a text, of all calls of the model that write it."""
        watch = Stopwatch(self.machine.device)
        with self.ready() as forward:
            if self.generates:
                _: Any = forward(watch)
            else:
                with watch:
                    _ = forward()
        return watch.elapsed_ns

    def _call(self, call: ModelCall) -> Any:
        """One call of the model, in this form."""
        if self.compiled is None or call.module:
            return self.machine.call(call)
        with torch.no_grad():
            return self.compiled(*call.args, **call.inputs)


def prepare(base: Form, variant: Variant) -> Form:
    """The form that `variant` asks for, made out of the baseline.

    Raises:
        Exception: it cannot be made here; of whatever kind the library raises.
    """
    made = replace(base, threads=variant.threads or base.threads, notes=[], preparations=[])
    if variant.no_cache:
        if not made.generates:
            raise CyclesimError(NOTHING_CACHED)
        made.machine = writing(made.machine, use_cache=False)
        made.notes.append(NO_CACHE)
    if variant.attention not in (None, base.machine.attention):
        made.machine = with_attention(made.machine, str(variant.attention))
        made.notes.append(SHARED.format(attention=variant.attention))
    if variant.dtype not in (None, base.machine.dtype):
        _convert(made, str(variant.dtype))
    if variant.int8:
        _quantize(made)
    if variant.length is not None:
        old = made.encoding
        made.encoding = lengthened(made.machine, old, variant.length)
        made.same_input, made.text = False, None
        made.notes.append(REPEATED.format(tokens=length_of(old), length=variant.length))
    if variant.batch is not None and variant.batch > 1:
        if made.generates:
            raise CyclesimError(ONE_TEXT)
        made.encoding, made.text = batched(made.encoding, variant.batch), None
        made.notes.append(BATCHED.format(count=variant.batch))
    if made.threads != base.threads:
        made.notes.append(THREADS.format(count=made.threads))
    if variant.compile:
        _compile(made)
    elif not made.notes:
        made.notes.append(SAME)
    return made


def _convert(form: Form, name: str) -> None:
    dtype = getattr(torch, name)
    began = perf_counter_ns()
    model = copy.deepcopy(form.machine.model).to(dtype)
    form.preparations.append(Preparation("convert", perf_counter_ns() - began))
    form.machine = with_model(form.machine, model)
    form.encoding = floats(form.encoding, dtype)
    form.notes.append(CONVERTED.format(dtype=name))


def _quantize(form: Form) -> None:
    with silent():
        try:
            torchao = importlib.import_module("torchao")
            quantization = importlib.import_module("torchao.quantization")
        except ImportError:
            raise CyclesimError(NO_INT8) from None
        scheme = quantization.Int8DynamicActivationInt8WeightConfig()
        began = perf_counter_ns()
        model = copy.deepcopy(form.machine.model)
        quantization.quantize_(model, scheme)
        form.preparations.append(Preparation("quantize", perf_counter_ns() - began))
    count = sum(
        isinstance(m, torch.nn.Linear) and type(m.weight).__module__.startswith("torchao")
        for m in model.modules()
    )
    if not count:
        raise CyclesimError(NO_LINEAR)
    form.machine = with_model(form.machine, model)
    said = {"version": torchao.__version__, "scheme": type(scheme).__name__, "count": count}
    form.notes.append(QUANTIZED_BY.format(**said))


def _compile(form: Form) -> None:
    from torch._dynamo.utils import counters  # says how often compiling had to give up

    # A model object of its own: what is compiled for one leaves no mark on the caller's.
    model = twin(form.machine).model
    model = getattr(model, "_orig_mod", model)
    # Every token of a text has other shapes than the one before.
    dynamic = None if form.generates else False
    form.compiled = torch.compile(model, dynamic=dynamic, backend=_BACKEND)
    graphs, breaks = counters["stats"]["unique_graphs"], sum(counters["graph_break"].values())
    form.preparations.append(Preparation("compile", form.time()))
    graphs = counters["stats"]["unique_graphs"] - graphs
    breaks = sum(counters["graph_break"].values()) - breaks
    if not graphs:
        raise CyclesimError(NOT_COMPILED)
    said = GRAPHS if graphs == 1 and not breaks else COMPILED
    form.notes.append(said.format(backend=_BACKEND, graphs=graphs, breaks=breaks))


@contextmanager
def threads_set(count: int) -> Iterator[None]:
    """So many threads for torch, inside a `with` block."""
    before = torch.get_num_threads()
    if count != before:
        torch.set_num_threads(count)
    try:
        yield
    finally:
        if count != before:
            torch.set_num_threads(before)


@contextmanager
def silent() -> Iterator[None]:
    """Keep a library's warnings and its log off the screen."""
    with quiet_loggers(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield

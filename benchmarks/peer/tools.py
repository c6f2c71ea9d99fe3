"""The tools, each told to capture everything it can.

What a tool does once for a model (attach its hooks, wrap it) is done before the clock runs; what it
does for every run is timed. Where a tool has several ways, each is a `Way` of its own. A tool is
imported inside its function: the others need not be installed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stdout
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import torch

from peer.subject import Subject

__all__ = ["TOOLS", "Tool", "Way", "tensors_in"]


class Way(NamedTuple):
    """One way of watching the forward.

    Attributes:
        name: what it is, in the table.
        run: runs the model once; the logits (or what finds them), and what the tool has kept.
        tensors: the tensors in what it has kept, weights and all.
        save, load: write what it has kept into a folder, and read all numbers of it again.
        around: what to be in, off the clock, for `run`.
        note: what it keeps, if not tensors.
    """

    name: str
    run: Callable[[], tuple[Any, Any]]
    tensors: Callable[[Any], list[torch.Tensor]]
    save: Callable[[Any, Path], None] | None = None
    load: Callable[[Path], Any] | None = None
    around: Callable[[], AbstractContextManager[Any]] = nullcontext
    note: str = ""


class Tool(NamedTuple):
    """A tool that people would pick.

    Attributes:
        package: what pip calls it; its version is the one in the table.
        module: what Python calls it.
        ways: the ways it has on a subject.
        head: the class of the model it can work on.
    """

    package: str
    module: str
    ways: Callable[[Subject], list[Way]]
    head: str = "BertForTokenClassification"

    @property
    def version(self) -> str:
        return version(self.package)


def tensors_in(value: Any) -> list[torch.Tensor]:
    """Every tensor in a nest of containers, in order."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        return []
    return [tensor for item in value for tensor in tensors_in(item)]


def nothing(kept: Any) -> list[torch.Tensor]:
    return []


def forward(model: Any, subject: Subject, context: Any = None) -> Any:
    with torch.no_grad(), context or nullcontext():
        return model(**subject.batch).logits


# ------------------------------------------------------------------------------------- cyclesim


def cyclesim(subject: Subject) -> list[Way]:
    import cyclesim
    from cyclesim.engine.layout import Layout
    from cyclesim.engine.recorder import Recorder
    from cyclesim.engine.run import Run
    from cyclesim.machine import Machine

    machine = Machine.of(subject.twin())
    layout = Layout(machine.model)

    def captured() -> tuple[Any, Any]:
        recorder = Recorder(layout)
        return forward(machine.model, subject, recorder), recorder

    def built() -> tuple[Any, Any]:
        run = Run(machine, inputs=subject.batch)
        outputs = run.execute()
        run.close()
        return outputs.logits, run.trace

    def certified() -> tuple[Any, Any]:
        trace = cyclesim.trace(machine, inputs=subject.batch, measure=False)
        return lambda: trace.find(step="logits")[-1].outputs[0].data.tensor, trace

    def events(recorder: Any) -> list[torch.Tensor]:
        return [t for e in recorder.events for t in tensors_in((e.args, e.kwargs, e.output))]

    def values(trace: Any) -> list[torch.Tensor]:
        found = [value.data for cycle in trace for value in (*cycle.inputs, *cycle.outputs)]
        return [data.tensor for data in found if hasattr(data, "tensor")]

    def load(folder: Path) -> Any:
        trace = cyclesim.open_trace(folder / "run.safetensors")
        return [value.numpy() for cycle in trace for value in cycle.outputs]

    return [
        Way("captured", captured, events),
        Way("with cycles and dataflow built", built, values),
        Way(
            "trace(), with the verdict's own untraced run",
            certified,
            values,
            lambda trace, folder: trace.save(folder / "run.safetensors"),
            load,
        ),
    ]


# ---------------------------------------------------------------------------------------- torch


class Watching(torch.overrides.TorchFunctionMode):
    """A function mode that keeps what goes in and out, or nothing."""

    def __init__(self, kept: list[Any] | None) -> None:
        super().__init__()
        self.kept = kept

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        output = func(*args, **(kwargs or {}))
        if self.kept is not None:
            self.kept.append((func, args, kwargs, output))
        return output


class Dispatched(torch.utils._python_dispatch.TorchDispatchMode):
    """The same, a floor below: every ATen operation."""

    def __init__(self, kept: list[Any]) -> None:
        super().__init__()
        self.kept = kept

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        output = func(*args, **(kwargs or {}))
        self.kept.append((func, args, kwargs, output))
        return output


def hooks(subject: Subject) -> list[Way]:
    model = subject.twin()
    kept: list[Any] = []
    for name, module in model.named_modules():
        module.register_forward_hook(
            lambda module, args, kwargs, output, name=name: kept.append(
                (name, args, kwargs, output)
            ),
            with_kwargs=True,
        )

    def run() -> tuple[Any, Any]:
        kept.clear()
        logits = forward(model, subject)
        return logits, list(kept)

    @contextmanager
    def emptied() -> Iterator[None]:
        try:
            yield
        finally:
            kept.clear()

    return [Way("a forward hook on every module, by reference", run, tensors_in, around=emptied)]


def function_mode(subject: Subject) -> list[Way]:
    model = subject.twin()

    def run() -> tuple[Any, Any]:
        kept: list[Any] = []
        return forward(model, subject, Watching(kept)), kept

    return [
        Way("does nothing", lambda: (forward(model, subject, Watching(None)), None), nothing),
        Way("keeps what goes in and out, by reference", run, tensors_in),
    ]


def dispatch_mode(subject: Subject) -> list[Way]:
    model = subject.twin()

    def run() -> tuple[Any, Any]:
        kept: list[Any] = []
        return forward(model, subject, Dispatched(kept)), kept

    return [Way("keeps what goes in and out, by reference", run, tensors_in)]


def profiler(subject: Subject) -> list[Way]:
    from torch.profiler import ProfilerActivity, profile

    model = subject.twin()

    def way(name: str, note: str, **options: bool) -> Way:
        def run() -> tuple[Any, Any]:
            watching = profile(activities=[ProfilerActivity.CPU], **options)
            return forward(model, subject, watching), watching

        def save(kept: Any, folder: Path) -> None:
            kept.export_chrome_trace(str(folder / "trace.json"))

        return Way(name, run, nothing, save, note=note)

    return [
        way("with shapes", "times and shapes", record_shapes=True),
        way("with shapes and stacks", "times, shapes and stacks", record_shapes=True,
            with_stack=True),
    ]  # fmt: skip


def flop_counter(subject: Subject) -> list[Way]:
    from torch.utils.flop_counter import FlopCounterMode

    model = subject.twin()

    def run() -> tuple[Any, Any]:
        counter = FlopCounterMode(display=False)
        return forward(model, subject, counter), counter

    return [Way("counts", run, nothing, note="FLOPs")]


# --------------------------------------------------------------------------------- transformers


def debuggers(subject: Subject) -> list[Way]:
    from transformers.debug_utils import DebugUnderflowOverflow
    from transformers.model_debugging_utils import model_addition_debugger_context as debugger

    written, described, checked = subject.twin(), subject.twin(), subject.twin()

    def files() -> tuple[Any, Any]:
        folder = tempfile.TemporaryDirectory()  # it goes with what was kept
        options = {"do_prune_layers": False, "use_repr": False}
        with debugger(written, debug_path=folder.name, **options):
            return forward(written, subject), folder

    def read(folder: Any) -> list[torch.Tensor]:
        from safetensors.torch import load_file

        paths = sorted(Path(folder.name).rglob("*.safetensors"))
        return [tensor for path in paths for tensor in load_file(path).values()]

    def text() -> tuple[Any, Any]:
        with (
            tempfile.TemporaryDirectory() as folder,
            debugger(described, debug_path=folder, do_prune_layers=False),
        ):
            return forward(described, subject), None

    watching = DebugUnderflowOverflow(checked)

    def extremes() -> tuple[Any, Any]:
        with redirect_stdout(StringIO()):
            return forward(checked, subject), watching.frames

    return [
        Way("model_addition_debugger_context, files", files, read,
            note="files"),
        Way("model_addition_debugger_context, text", text, nothing,
            note="corners and figures, as text"),
        Way("DebugUnderflowOverflow", extremes, nothing,
            note="extremes, as text"),
    ]  # fmt: skip


# ------------------------------------------------------------------------- packages of others


def torchlens(subject: Subject) -> list[Way]:
    import torchlens
    from torchlens.backends.torch.wrappers import unwrap_torch, wrap_torch

    model = subject.twin()

    @contextmanager
    def wrapped() -> Iterator[None]:
        # It leaves all of torch wrapped, which the plain forward would pay for.
        wrap_torch()
        try:
            yield
        finally:
            unwrap_torch()

    def trace() -> tuple[Any, Any]:
        everything = torchlens.options.CaptureOptions(layers_to_save="all")
        with torch.no_grad():
            log = torchlens.trace(model, [], input_kwargs=dict(subject.batch), capture=everything)
        return lambda: log[log.output_layers[0]].out, log

    def record() -> tuple[Any, Any]:
        with torch.no_grad():
            output, recording = torchlens.record(
                model,
                [],
                input_kwargs=dict(subject.batch),
                default_op=True,
                include_source_events=True,
                return_output=True,
            )
        return output.logits, recording

    return [
        Way(
            "trace, all layers saved",
            trace,
            lambda log: tensors_in([layer.out for layer in log.layer_list]),
            lambda log, folder: log.save(folder / "run.tlspec"),
            lambda folder: torchlens.load(folder / "run.tlspec"),
            wrapped,
        ),
        Way(
            "record, all operations",
            record,
            lambda recording: tensors_in([r.ram_payload for r in recording.records]),
            around=wrapped,
        ),
    ]


def nnsight(subject: Subject) -> list[Way]:
    from nnsight import NNsight

    model = NNsight(subject.twin())

    def run() -> tuple[Any, Any]:
        with torch.no_grad(), model.trace(**subject.batch) as tracer:
            cache = tracer.cache(include_inputs=True)
            output = model.output.save()
        return output.logits, cache

    def kept(cache: Any) -> list[torch.Tensor]:
        paths = cache.keys()
        return tensors_in([(cache[path].inputs, cache[path].output) for path in paths])

    return [Way("cache of every module, with inputs", run, kept)]


def transformer_lens(subject: Subject) -> list[Way]:
    from transformer_lens.model_bridge import TransformerBridge

    with tempfile.TemporaryDirectory() as folder:  # it looks the model up, even one it is given
        subject.model.config.save_pretrained(folder)
        bridge = TransformerBridge.boot_transformers(folder, hf_model=subject.twin())

    def run() -> tuple[Any, Any]:
        with torch.no_grad():
            return bridge.run_with_cache(
                subject.batch["input_ids"], attention_mask=subject.batch["attention_mask"]
            )

    def kept(cache: Any) -> list[torch.Tensor]:
        return tensors_in(list(cache.values()))

    return [Way("run_with_cache of the bridge, on BertForMaskedLM", run, kept)]


def pyvene(subject: Subject) -> list[Way]:
    import pyvene

    model = subject.twin()
    names: list[str] = []  # of the modules that return a tensor: it collects no others
    handles = [
        module.register_forward_hook(
            lambda module, args, output, name=name: (
                names.append(name) if isinstance(output, torch.Tensor) else None
            )
        )
        for name, module in model.named_modules()
    ]
    forward(model, subject)
    for handle in handles:
        handle.remove()
    collect = [
        {
            "component": f"{name}.output",
            "intervention": pyvene.CollectIntervention(embed_dim=1 << 30),  # all of it
        }
        for name in names
    ]
    collecting = pyvene.IntervenableModel(collect, model=model)

    def run() -> tuple[Any, Any]:
        with torch.no_grad():
            (_, collected), output = collecting(dict(subject.batch))
        return output.logits, collected

    return [Way("CollectIntervention on every module", run, tensors_in)]


TOOLS = {
    "cyclesim": Tool("cyclesim", "cyclesim", cyclesim),
    "hooks": Tool("torch", "torch", hooks),
    "function-mode": Tool("torch", "torch", function_mode),
    "dispatch-mode": Tool("torch", "torch", dispatch_mode),
    "nnsight": Tool("nnsight", "nnsight", nnsight),
    "pyvene": Tool("pyvene", "pyvene", pyvene),
    "transformer-lens": Tool(
        "transformer-lens", "transformer_lens", transformer_lens, "BertForMaskedLM"
    ),
    "torchlens": Tool("torchlens", "torchlens", torchlens),
    "flop-counter": Tool("torch", "torch", flop_counter),
    "profiler": Tool("torch", "torch", profiler),
    "transformers": Tool("transformers", "transformers", debuggers),
}

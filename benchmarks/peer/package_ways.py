"""Packages that trace or intervene. Each is imported inside its function: it may be alone."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from peer.subject import Subject
from peer.way import Way, forward, tensors_in

__all__ = ["cyclesim", "nnsight", "pyvene", "torchlens", "transformer_lens"]


def cyclesim(subject: Subject) -> list[Way]:
    import cyclesim
    from cyclesim.engine.recording.layout import Layout
    from cyclesim.engine.recording.recorder import Recorder
    from cyclesim.engine.running.run import Run
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
        return outputs.parts[0].logits, run.trace

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

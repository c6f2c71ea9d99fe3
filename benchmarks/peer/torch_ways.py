"""What torch and transformers bring along: hooks, modes, profiler, counter, debuggers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import torch
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

from peer.subject import Subject
from peer.way import Way, forward, nothing, tensors_in

__all__ = [
    "debuggers",
    "dispatch_mode",
    "flop_counter",
    "function_mode",
    "hooks",
    "mode_and_hooks",
    "profiler",
]


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


def mode_and_hooks(subject: Subject) -> list[Way]:
    """What knows in which module each call stands, and does nothing else."""
    model = subject.twin()

    def run() -> tuple[Any, Any]:
        kept: list[Any] = []
        return forward(model, subject, Watching(kept)), kept

    @contextmanager
    def hooked() -> Iterator[None]:
        enter = register_module_forward_pre_hook(lambda module, args: None)
        leave = register_module_forward_hook(
            lambda module, args, kwargs, output=None: None, with_kwargs=True, always_call=True
        )
        try:
            yield
        finally:
            leave.remove()
            enter.remove()

    return [Way("keeps references, and hooks that do nothing", run, tensors_in, around=hooked)]


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

"""What the app is asked to open."""

from __future__ import annotations

from dataclasses import dataclass

from cyclesim.machine.catalog import DEFAULT, EMBEDDED
from cyclesim.trace import Resolution, Trace

__all__ = ["DEFAULT_TEXT", "LaunchOptions"]

DEFAULT_TEXT = EMBEDDED[DEFAULT].example


@dataclass(frozen=True, slots=True)
class LaunchOptions:
    """Everything the shell's options say. The defaults open the embedded model.

    Attributes:
        text: the sentence to run.
        model, task, attention, device, dtype, max_length, pad_to, trust_remote_code, random_init:
            as `cyclesim.load` takes them.
        seed: set before loading, where something random is asked for.
        clock: how far one step goes: `layer`, `module` or `step`.
        ascii: draw with ASCII characters only.
        saved: an opened trace to show instead; then no model is needed, and nothing runs.
    """

    text: str = DEFAULT_TEXT
    model: str | None = None
    task: str | None = None
    attention: str = "eager"
    device: str = "auto"
    dtype: str = "float32"
    seed: int | None = None
    max_length: int | None = None
    pad_to: int | None = None
    clock: Resolution = "step"
    ascii: bool = False
    trust_remote_code: bool = False
    random_init: bool = False
    saved: Trace | None = None

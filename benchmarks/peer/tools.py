"""The tools, each told to capture everything it can.

What a tool does once for a model (attach its hooks, wrap it) is done before the clock runs; what it
does for every run is timed. Where a tool has several ways, each is a `Way` of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import NamedTuple

from peer import package_ways, torch_ways
from peer.subject import Subject
from peer.way import Way

__all__ = ["ENGINE", "TOOLS", "Tool"]


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


TOOLS = {
    "cyclesim": Tool("cyclesim", "cyclesim", package_ways.cyclesim),
    "hooks": Tool("torch", "torch", torch_ways.hooks),
    "function-mode": Tool("torch", "torch", torch_ways.function_mode),
    "dispatch-mode": Tool("torch", "torch", torch_ways.dispatch_mode),
    "nnsight": Tool("nnsight", "nnsight", package_ways.nnsight),
    "pyvene": Tool("pyvene", "pyvene", package_ways.pyvene),
    "transformer-lens": Tool(
        "transformer-lens", "transformer_lens", package_ways.transformer_lens, "BertForMaskedLM"
    ),
    "torchlens": Tool("torchlens", "torchlens", package_ways.torchlens),
    "flop-counter": Tool("torch", "torch", torch_ways.flop_counter),
    "profiler": Tool("torch", "torch", torch_ways.profiler),
    "transformers": Tool("transformers", "transformers", torch_ways.debuggers),
}

#: What cyclesim's engine costs, and the least that could do the same, in the same rounds.
ENGINE = Tool(
    "cyclesim",
    "cyclesim",
    lambda subject: [
        *torch_ways.function_mode(subject),
        *torch_ways.mode_and_hooks(subject),
        *package_ways.cyclesim(subject)[:2],
    ],
)

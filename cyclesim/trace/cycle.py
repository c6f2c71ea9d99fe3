"""One clock cycle: what it fetched, decoded, executed and wrote back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

from cyclesim.language import tr
from cyclesim.trace.tensor import Value

__all__ = ["PHASES", "UNITS", "Call", "Cycle", "Phase", "Resolution", "Unit"]

Unit = Literal[
    "input",
    "embedding",
    "attention",
    "residual",
    "layernorm",
    "ffn",
    "pooler",
    "classifier",
    "loss",
    "optimizer",
    "output",
    "other",
]
UNITS: tuple[Unit, ...] = get_args(Unit)
Phase = Literal["forward", "prefill", "decode", "backward", "update"]
PHASES: tuple[Phase, ...] = get_args(Phase)
Resolution = Literal["token", "layer", "module", "step"]


class Call(NamedTuple):
    """One call of one module.

    Its qualified name, which call of that module this is (from 1), the name of its class, and
    whether it is a leaf (has no submodules).
    """

    path: str
    call: int
    module: str
    leaf: bool = False

    def __str__(self) -> str:
        return self.path if self.call == 1 else f"{self.path}#{self.call}"


@dataclass(slots=True, repr=False)
class Cycle:
    """One numbered computation of a run.

    Attributes:
        number: position in the run; starts at 0, has no gaps.
        unit, step: the functional unit, and what the cycle is in it, in the field's words.
        path, call: qualified name of the module that was executing ("" for the root and for host
            steps), and which call of it this was (from 1).
        op: the torch function (`linear`, `softmax`, …) or the host function (`tokenizer.tokenize`).
        arguments: the arguments that are not tensors, as text, by name.
        inputs, outputs: the tensors read and written.
        stack: the module calls that were executing, outermost first.
        layer: index of the repeated block it belongs to, or None.
        nop: it ran and changed nothing (dropout in eval mode).
        inplace: it overwrote one of its inputs.
        self_ns: time inside the function in this run, in nanoseconds.
        flops: floating-point operations counted from shapes (see `cyclesim.cost`).
        bytes_read, bytes_written: logical traffic, inputs and weights read and outputs written.
        where: source position of the call, `modeling_bert.py:126 eager_attention_forward`.
        note: one line about what a host step did ("9 tokens").
        edited: its output was replaced by the user before the model went on with it.
        downstream: it read, directly or not, what an edited cycle wrote.
        phase: `forward`; of a model that generates, `prefill` (the prompt is read) or `decode`; of
            a training step also `backward` and `update`.
        token: index of the generated token it works for; None outside generation.
        forward: of a backward cycle, the number of the forward cycle that it differentiates.
        rank, device: 0 when alone; where it ran.
    """

    number: int
    unit: Unit
    step: str
    path: str
    call: int
    op: str
    phase: Phase = "forward"
    inputs: tuple[Value, ...] = ()
    outputs: tuple[Value, ...] = ()
    arguments: Mapping[str, str] = field(default_factory=dict)
    stack: tuple[Call, ...] = ()
    layer: int | None = None
    nop: bool = False
    inplace: bool = False
    self_ns: int = 0
    flops: int = 0
    bytes_read: int = 0
    bytes_written: int = 0
    where: str = ""
    note: str = ""
    edited: bool = False
    downstream: bool = False
    rank: int = 0
    device: str = "cpu"
    token: int | None = None
    forward: int | None = None

    @property
    def module(self) -> str:
        """Class name of the module that was executing, or "" outside the model."""
        return self.stack[-1].module if self.stack else ""

    @property
    def label(self) -> str:
        """Short name for people: `layer 0 · attention · softmax`."""
        parts = [tr("layer {number}").format(number=self.layer)] if self.layer is not None else []
        parts.append(self.unit)
        if self.step != self.unit:
            parts.append(self.step)
        return " · ".join(parts)

    @property
    def sources(self) -> tuple[int, ...]:
        """Numbers of the cycles whose outputs it read, ascending, each once."""
        return tuple(sorted({v.source for v in self.inputs if v.source is not None}))

    @property
    def has_nan(self) -> bool:
        """Whether any output holds a NaN."""
        return any(v.stats.nan for v in self.outputs)

    def __repr__(self) -> str:
        shapes = ", ".join(str(list(v.shape)) for v in self.outputs)
        return f"<Cycle {self.number}: {self.label} → {shapes or 'nothing'}>"

    def _repr_html_(self) -> str:
        from cyclesim.render.html import cycle_html

        return cycle_html(self)

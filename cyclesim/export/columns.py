"""The columns of the cycle table: one row a cycle, each column of one type.

from cyclesim.export import COLUMNS

for column in COLUMNS:
    print(column.name, column.type, column.about)
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cyclesim.explain.quote import printable
from cyclesim.export.words import MEDIAN, OBSERVED, counted_flops, full_speed, read_by, written_by
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.trace import Trace

__all__ = ["COLUMNS", "Column", "Kind", "rows"]

Kind = Literal["integer", "real", "text", "truth", "integers"]


class _Run:
    """What the columns of every cycle have in common."""

    def __init__(self, trace: Trace) -> None:
        self.ticks = trace.schedule()
        self.consumers = trace.dataflow.consumers
        self.full_speed: Sequence[int | None] = full_speed(trace) or [None] * len(trace)


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name, about: what it is called, and one line of what it is.
        type: `integer` and `real` have 64 bits; `integers` is a list of them. Any may be empty.
    """

    name: str
    type: Kind
    about: str
    _value: Callable[[Cycle, _Run], Any]


def rows(trace: Trace) -> Iterator[list[Any]]:
    """A value, or None, for each column of each cycle; texts are single lines."""
    run = _Run(trace)
    for cycle in trace.cycles:
        yield [_plain(column._value(cycle, run)) for column in COLUMNS]


def _plain(value: Any) -> Any:
    if isinstance(value, float) and math.isnan(value):
        return None
    return printable(value) if isinstance(value, str) else value


def _output(field: str) -> Callable[[Cycle, _Run], Any]:
    """A summary of the first output."""
    return lambda c, _: getattr(c.outputs[0].stats, field) if c.outputs else None


COLUMNS: tuple[Column, ...] = (
    Column("number", "integer", "position in the run, from 0", lambda c, _: c.number),
    Column("phase", "text", "forward, prefill, decode, backward or update",
           lambda c, _: c.phase),
    Column("token", "integer", "index of the generated token it works for",
           lambda c, _: c.token),
    Column("unit", "text", "the functional unit it runs on", lambda c, _: c.unit),
    Column("layer", "integer", "the repeated block it belongs to", lambda c, _: c.layer),
    Column("step", "text", "what it is in its unit", lambda c, _: c.step),
    Column("path", "text", "qualified name of the module", lambda c, _: c.path),
    Column("call", "integer", "which call of that module, from 1", lambda c, _: c.call),
    Column("module", "text", "class of the module", lambda c, _: c.module),
    Column("op", "text", "the torch function, or the function on the host", lambda c, _: c.op),
    Column("arguments", "text", "arguments that are no tensors: a JSON object of texts",
           lambda c, _: json.dumps(dict(c.arguments), ensure_ascii=False)),
    Column("where", "text", "line of source that made the call", lambda c, _: c.where),
    Column("note", "text", "what a step on the host did", lambda c, _: c.note),
    Column("device", "text", "where it ran", lambda c, _: c.device),
    Column("rank", "integer", "which process, 0 when alone", lambda c, _: c.rank),
    Column("nop", "truth", "it ran and changed nothing", lambda c, _: c.nop),
    Column("inplace", "truth", "it overwrote one of its inputs", lambda c, _: c.inplace),
    Column("edited", "truth", "its output was replaced by the user", lambda c, _: c.edited),
    Column("downstream", "truth", "it read, directly or not, what was edited",
           lambda c, _: c.downstream),
    Column("sources", "integers", "the cycles whose output it read", lambda c, _: list(c.sources)),
    Column("consumers", "integers", "the cycles that read its output",
           lambda c, run: list(run.consumers[c.number])),
    Column("tick", "integer", "earliest tick at which its data allow it to run",
           lambda c, run: run.ticks[c.number]),
    Column("reads", "text", "tensors read: name, shape, type, origin",
           lambda c, _: "; ".join(read_by(c))),
    Column("writes", "text", "tensors written: name, shape, type",
           lambda c, _: "; ".join(written_by(c))),
    Column("self_ns", "integer", f"{OBSERVED}, nanoseconds", lambda c, _: c.self_ns),
    Column("full_speed_ns", "integer", f"{MEDIAN}, nanoseconds",
           lambda c, run: run.full_speed[c.number]),
    Column("flops", "integer", "operations counted from shapes; empty where no rule counts them",
           lambda c, _: counted_flops(c)),
    Column("bytes_read", "integer", "logical traffic: inputs and weights read",
           lambda c, _: c.bytes_read),
    Column("bytes_written", "integer", "logical traffic: outputs written",
           lambda c, _: c.bytes_written),
    Column("output_min", "real", "least number of the first output", _output("min")),
    Column("output_max", "real", "greatest number of the first output", _output("max")),
    Column("output_mean", "real", "mean of the first output", _output("mean")),
    Column("output_nan", "integer", "how many NaN the first output holds", _output("nan")),
)  # fmt: skip

"""A trace as an event file for TensorBoard; a step there is a cycle.

- `cycle/self_ns` (`full_speed_ns`, `flops`, `bytes_read`, `bytes_written`): a point for each cycle;
- `unit_self_ns/attention` and so on: the same, summed up over the cycles of the unit so far; the
  last point is its sum;
- `attention_entropy/head 0`: mean entropy of the rows of that head, in nats;
- `attention/layer 0`: a picture of the attention of all heads;
- of a training step, `gradient_norm/layer 0` and `update_to_weight/layer 0`, at the last of their
  cycles;
- `run`: a text, what ran and what was left out.

Beside a fused kernel entropy and pictures are *recomputed*, and their tags say so
(`attention_entropy_recomputed`). TensorBoard keeps scalars in 32 bits, so seven digits are right.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from cyclesim.export.extras import need
from cyclesim.export.maps import Picture, attention_map
from cyclesim.export.words import MEDIAN, OBSERVED, counted_flops, full_speed, run_facts
from cyclesim.trace.attention import attention_probabilities, head_entropies
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.trace import Trace

__all__ = ["tensorboard"]


@dataclass(frozen=True, slots=True)
class _Point:
    """One value of one tag: a number, a picture or a text."""

    tag: str
    step: int
    content: float | Picture | str
    about: str = ""


def tensorboard(trace: Trace) -> bytes:
    """The content of one event file; any name with `tfevents` in it will do.

    Raises:
        CyclesimError: tensorboard is not installed.
    """
    protocol = _Protocol()
    now = time.time()
    file = BytesIO()
    records = need("tensorboard.summary.writer.record_writer", "tensorboard").RecordWriter(file)
    records.write(protocol.event(wall_time=now, file_version="brain.Event:2").SerializeToString())
    known: set[str] = set()
    for point in _points(trace):
        value = protocol.value(point, described=point.tag not in known)
        known.add(point.tag)
        event = protocol.event(
            wall_time=now, step=point.step, summary=protocol.summary(value=[value])
        )
        records.write(event.SerializeToString())
    return file.getvalue()


# -- what is said -----------------------------------------------------------------------------


def _points(trace: Trace) -> Iterator[_Point]:
    yield from _work(trace)
    left_out = []
    for cycle in trace.cycles:
        probabilities = attention_probabilities(cycle)
        if probabilities is None:
            continue
        beside = "" if probabilities.kind == "observed" else f"_{probabilities.kind}"
        about = f"{probabilities.kind}: mean entropy of the rows of this head, nats"
        for head, entropy in enumerate(head_entropies(probabilities)):
            yield _Point(f"attention_entropy{beside}/head {head}", cycle.number, entropy, about)
        picture = attention_map(probabilities)
        place = f"cycle {cycle.number}" if cycle.layer is None else f"layer {cycle.layer}"
        if picture is None:
            left_out.append(cycle.number)
        else:
            yield _Point(f"attention{beside}/{place}", cycle.number, picture, picture.about)
    yield from _learning(trace)
    facts = json.dumps(run_facts(trace), ensure_ascii=False, indent=2)
    text = f"```\n{facts.replace('```', '` ` `')}\n```"
    if left_out:
        text += f"\n\nMaps too large for a picture: cycles {', '.join(map(str, left_out))}."
    yield _Point("run", 0, text)


def _learning(trace: Trace) -> Iterator[_Point]:
    """What a training step did to each layer."""
    for layer in trace.learning.layers():
        norm = "length of the gradient of all its parameters, before clipping"
        for name, amount, about in (
            ("gradient_norm", layer.gradient, norm),
            ("update_to_weight", layer.ratio, "length of the update over that of the weights"),
        ):
            if amount is not None:
                yield _Point(f"{name}/{layer.name}", layer.cycles[-1], amount, about)


def _work(trace: Trace) -> Iterator[_Point]:
    """Times, FLOPs and bytes: of each cycle, and summed up by unit."""
    totals: Counter[tuple[str, str]] = Counter()
    medians: Sequence[int | None] = full_speed(trace) or [None] * len(trace)
    for cycle, median in zip(trace.cycles, medians, strict=True):
        for name, amount, about in _amounts(cycle, median):
            if amount is None:
                continue
            totals[name, cycle.unit] += amount
            yield _Point(f"cycle/{name}", cycle.number, amount, about)
            yield _Point(
                f"unit_{name}/{cycle.unit}",
                cycle.number,
                totals[name, cycle.unit],
                f"{about}, summed up over the cycles of the unit so far",
            )


def _amounts(cycle: Cycle, median: int | None) -> list[tuple[str, int | None, str]]:
    return [
        ("self_ns", cycle.self_ns, f"{OBSERVED}, nanoseconds"),
        ("full_speed_ns", median, f"{MEDIAN}, nanoseconds"),
        ("flops", counted_flops(cycle), "floating-point operations, counted from shapes"),
        ("bytes_read", cycle.bytes_read, "logical traffic: inputs and weights read"),
        ("bytes_written", cycle.bytes_written, "logical traffic: outputs written"),
    ]


# -- how it is written ------------------------------------------------------------------------


class _Protocol:
    """TensorBoard's own messages; the package is needed from here on."""

    def __init__(self) -> None:
        def message(module: str, name: str) -> Any:
            return getattr(need(f"tensorboard.compat.proto.{module}", "tensorboard"), name)

        self.event = message("event_pb2", "Event")
        self.summary = message("summary_pb2", "Summary")
        self._metadata = message("summary_pb2", "SummaryMetadata")
        self._tensor = message("tensor_pb2", "TensorProto")
        self._shape = message("tensor_shape_pb2", "TensorShapeProto")
        self._float = message("types_pb2", "DT_FLOAT")
        self._string = message("types_pb2", "DT_STRING")

    def value(self, point: _Point, *, described: bool) -> Any:
        """`point` as TensorBoard's plugins read it; only the first of a tag is described."""
        content = point.content
        if isinstance(content, Picture):
            parts = [str(content.width).encode(), str(content.height).encode(), content.content]
            plugin, tensor = "images", self._strings(parts, [self._shape.Dim(size=len(parts))])
        elif isinstance(content, str):
            plugin, tensor = "text", self._strings([content.encode()], [])
        else:
            plugin = "scalars"
            shape = self._shape()
            tensor = self._tensor(dtype=self._float, float_val=[content], tensor_shape=shape)
        metadata = None
        if described:
            data = self._metadata.PluginData(plugin_name=plugin)
            metadata = self._metadata(plugin_data=data, summary_description=point.about)
        return self.summary.Value(tag=point.tag, tensor=tensor, metadata=metadata)

    def _strings(self, parts: list[bytes], dimensions: list[Any]) -> Any:
        shape = self._shape(dim=dimensions)
        return self._tensor(dtype=self._string, string_val=parts, tensor_shape=shape)

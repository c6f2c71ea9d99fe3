"""What is said of a training step: the clip, the gradients over the layers, a table of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cyclesim.language import tr
from cyclesim.render.units import UNKNOWN
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.learning import Moved
from cyclesim.trace.trace import Trace

__all__ = ["Clip", "about_layers", "clip_of", "learning_cells", "learning_lines", "step_title"]

#: Gradients that differ by more than this from end to end vanish or explode.
_FAR = 100.0


class Clip(NamedTuple):
    """The norm of all gradients together, and the factor they were scaled by; None if none yet."""

    norm: float
    factor: float | None


def clip_of(cycles: Sequence[Cycle]) -> Clip | None:
    """What the clip measured, if it has run."""
    norm = factor = None
    for cycle in reversed(cycles):
        if cycle.phase != "update" and norm is None:
            return None
        if cycle.step == "clip.coefficient":
            factor = float(cycle.outputs[0].stats.max)
        elif cycle.step == "clip.total_norm":
            norm = float(cycle.outputs[0].stats.max)
            return Clip(norm, factor)
    return None


def about_layers(layers: Sequence[Moved]) -> str:
    """How gradients change from the last block to the first, in one sentence; "" if not known."""
    blocks = [layer for layer in layers if layer.layer is not None and layer.gradient]
    if len(blocks) < 2:
        return ""
    first, last = blocks[0], blocks[-1]
    ratio = (first.gradient or 0.0) / (last.gradient or 1.0)
    said = tr("From {last} back to {first} the gradient becomes {ratio:.2g} times as large.")
    if ratio > _FAR:
        said = tr("From {last} back to {first} the gradient becomes {ratio:.2g} times as large: it "
                  "explodes.")  # fmt: skip
    elif ratio < 1 / _FAR:
        said = tr("From {last} back to {first} the gradient becomes {ratio:.2g} times as large: it "
                  "vanishes.")  # fmt: skip
    return said.format(last=last.name, first=first.name, ratio=ratio)


def step_title(cycle: Cycle) -> str:
    """The step; of an optimizer also of which parameter, which no other column says."""
    named = {value.of for value in cycle.outputs if value.of}
    if cycle.phase != "update" or len(named) != 1:
        return cycle.step
    return f"{cycle.step} {'.'.join(str(named.pop()).split('.')[-2:])}"


def learning_cells(trace: Trace) -> list[tuple[str, ...]]:
    """A table as text: gradient norm, weight norm and update-to-weight ratio of each layer.

    The first row names the columns; there are none where the run was no training step.
    """
    layers = trace.learning.layers()
    rows = [
        (layer.name, f"{layer.count:,}", *map(_shown, (layer.gradient, layer.weight, layer.ratio)))
        for layer in layers
    ]
    heads = (
        tr("layer"), tr("parameters"), tr("gradient norm"), tr("weight norm"), tr("update ÷ weight")
    )  # fmt: skip
    return [heads, *rows] if rows else []


def _shown(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.3g}"


def learning_lines(trace: Trace) -> list[str]:
    """The same as sentences, for screen readers."""
    lines = []
    for layer in trace.learning.layers():
        known = {"name": layer.name, "norm": _figure(layer.gradient), "ratio": _figure(layer.ratio)}
        said = tr("{name}: gradient norm {norm}, update-to-weight ratio {ratio}.")
        lines.append(said.format(**known))
    said = about_layers(trace.learning.layers())
    return [*lines, said] if said else lines


def _figure(value: float | None) -> str:
    return tr("not known") if value is None else f"{value:.3g}"

"""GRADIENTS AND UPDATES: of each layer, how large its gradient is and how far the step moves it.

Where the bars shrink towards the input gradients vanish, where they grow they explode. It fills as
backward runs, from the last layer to the first, and the ratios come with the update.
"""

from __future__ import annotations

import math

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding

from cyclesim.language import N_, tr
from cyclesim.render.learning import about_layers, clip_of
from cyclesim.trace import Trace
from cyclesim.trace.learning import Moved
from cyclesim.tui.scene import Scene
from cyclesim.tui.settings.palette import ACCENT, BODY, FAINT, MUTED, STRONG
from cyclesim.tui.widgets.panel import Panel
from cyclesim.tui.words.lines import Line, wrap
from cyclesim.tui.words.text import fit, number, printable

__all__ = ["Gradients", "learns"]

#: Cells for the name of a layer, and for its two numbers.
NAME, FIGURE = 13, 9
#: Ground of the bars.
BAR = "#c792ea"


def learns(trace: Trace | None) -> bool:
    """Whether a run is a training step."""
    return trace is not None and any(c.phase == "backward" for c in trace.cycles)


class Gradients(Panel):
    """Gradient norm and update-to-weight ratio, layer by layer, as far as the run has come."""

    name_shown = N_("Gradients")
    BINDINGS = [
        Binding("up", "scroll_up", "up", show=False),
        Binding("down", "scroll_down", "down", show=False),
    ]

    def build(self, scene: Scene, width: int, height: int) -> list[Line]:
        self.entitle(tr("GRADIENTS AND UPDATES"))
        room = width - 1
        if scene.failure:
            return wrap(f" {printable(scene.failure)}", room, ACCENT)
        layers = scene.trace.learning.layers(-1 if scene.at is None else scene.at)
        if not layers:
            return self._waiting(scene, room)
        lines = [self._head(room)]
        largest = max((layer.gradient or 0.0 for layer in layers), default=0.0)
        lines += [self._row(layer, largest, room) for layer in layers]
        lines += self._clip(scene, room)
        said = about_layers(layers)
        if said and all(layer.gradient is not None for layer in layers):
            lines += wrap(" " + self.glyphs.text(said), room, BODY)
        lines += self._parameters(scene, room)
        return lines

    def _waiting(self, scene: Scene, width: int) -> list[Line]:
        first = next((c.number for c in scene.plan.cycles if c.phase == "backward"), None)
        loss = next((c for c in scene.trace.cycles[: scene.executed] if c.unit == "loss"), None)
        said = tr(
            "Gradients come from cycle {number} on: first the loss, then the layers backwards."
        )
        lines = wrap(" " + said.format(number=first), width, MUTED)
        if loss is not None and loss.outputs and not loss.outputs[0].shape:
            value = number(float(loss.outputs[0].stats.max), 4)
            lines += wrap(" " + tr("The loss is {value}.").format(value=value), width, STRONG)
        return lines

    def _head(self, width: int) -> Line:
        bar = max(width - NAME - 2 * FIGURE - 1, 0)
        heads = fit(tr("gradient"), FIGURE, right=True), fit(tr("update/w"), FIGURE, right=True)
        return [Segment(f" {fit('', NAME)}{' ' * bar}{heads[0]}{heads[1]}", FAINT)]

    def _row(self, layer: Moved, largest: float, width: int) -> Line:
        room = max(width - NAME - 2 * FIGURE - 2, 0)
        full = _share(layer.gradient, largest, room)
        name = tr("layer {number}").format(number=layer.layer) if _is_layer(layer) else layer.name
        figures = [
            fit("–" if value is None else self.glyphs.text(number(value, 3)), FIGURE, right=True)
            for value in (layer.gradient, layer.ratio)
        ]
        bar = Segment("=" * full, BODY) if self.plain else Segment(" " * full, Style(bgcolor=BAR))
        return [
            Segment(f" {fit(printable(name), NAME)}", MUTED),
            bar,
            Segment(" " * (room - full + 1)),
            Segment(self.glyphs.text(figures[0]), STRONG),
            Segment(self.glyphs.text(figures[1]), BODY),
        ]

    def _clip(self, scene: Scene, width: int) -> list[Line]:
        clip = clip_of(scene.trace.cycles[: (scene.at or 0) + 1])
        if clip is None:
            return []
        said = tr("all together {norm}: short enough, not clipped")
        if clip.factor is not None and clip.factor < 1:
            said = tr("all together {norm}: clipped, times {factor}")
        factor = "" if clip.factor is None else number(clip.factor, 3)
        said = said.format(norm=number(clip.norm, 4), factor=factor)
        return wrap(" " + self.glyphs.text(said), width, ACCENT)

    def _parameters(self, scene: Scene, width: int) -> list[Line]:
        """By scrolling, or on the whole screen: every parameter."""
        found = scene.trace.learning.parameters(scene.at)
        lines: list[Line] = [[], [Segment(" " + tr("each parameter, the newest first"), FAINT)]]
        for moved in sorted(found, key=lambda m: -m.cycles[-1]):
            figures = [
                fit(
                    "–" if value is None else self.glyphs.text(number(value, 3)), FIGURE, right=True
                )
                for value in (moved.gradient, moved.ratio)
            ]
            room = max(width - 2 * FIGURE - 1, 8)
            name = printable(moved.name)
            name = name if len(name) <= room else self.glyphs.ellipsis + name[1 - room :]
            lines.append([
                Segment(f" {fit(name, room)}", MUTED), Segment(figures[0], BODY),
                Segment(figures[1], BODY),
            ])  # fmt: skip
        return lines


def _is_layer(layer: Moved) -> bool:
    return layer.layer is not None and layer.name == f"layer {layer.layer}"


def _share(value: float | None, largest: float, room: int) -> int:
    """Cells of a bar; a gradient that is there has one at least."""
    if value is None or not math.isfinite(value) or not largest or not math.isfinite(largest):
        return 0
    return max(round(room * value / largest), 1 if value else 0)

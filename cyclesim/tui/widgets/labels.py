"""Labels of tokens: their ground, and tokens one after another."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style

from cyclesim.render.colour import label_colour
from cyclesim.render.result import simple_labels
from cyclesim.tui.words.lines import Line, line_width

__all__ = ["flow", "label_style", "simple"]


def simple(label: str) -> str:
    """The label without the prefix of its place in an entity: `B-PER` and `I-PER` are `PER`."""
    return simple_labels((label,))[0]


def label_style(label: str, labels: tuple[str, ...], *, plain: bool) -> Style:
    """Ink and ground of `label`, which is one of `labels`; never colour alone, so name it too."""
    if plain:
        return Style(reverse=True)
    ground = label_colour(simple(label), simple_labels(labels))
    return Style(color="#0b0e12", bgcolor=ground, bold=True)


def flow(parts: list[Line], width: int) -> list[Line]:
    """Parts one after another, broken between them."""
    lines: list[Line] = [[Segment(" ")]]
    used = 1
    for part in parts:
        size = line_width(part)
        if used > 1 and used + size > width:
            lines.append([Segment(" ")])
            used = 1
        lines[-1] += [*part, Segment(" ")]
        used += size + 1
    return [Segment.adjust_line_length(line, width + 1, pad=False) for line in lines]

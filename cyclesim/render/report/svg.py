"""Pictures as SVG in the page: scales, axes, marks. Colours are the page's variables."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cyclesim.render.loglog import decades
from cyclesim.render.markup import safe

__all__ = ["Axes", "apart", "circle", "figure", "line", "nice", "picture", "rect", "text"]

#: A picture grows with the page, but for so much: the letters of a small one would be huge.
_MOST = 1.2


def picture(name: str, width: float, height: float, body: str, *, fixed: bool = False) -> str:
    """An `svg` element; `name` is what a screen reader says of it."""
    said = safe(name, 400)
    size = f' style="max-width:{_MOST * width:g}px"'
    if fixed:
        size = f' width="{width:g}" height="{height:g}"'
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}"{size} role="img" aria-label="{said}">'
        f"<title>{said}</title>{body}</svg>"
    )


def figure(drawn: str, caption: str) -> str:
    """A picture with its caption, which is HTML already."""
    return f"<figure>{drawn}<figcaption>{caption}</figcaption></figure>"


def text(x: float, y: float, said: object, css: str = "", *, more: str = "") -> str:
    """`said` at a point."""
    shown = f' class="{css}"' if css else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{shown}{more}>{safe(said, 120)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, css: str, *, more: str = "") -> str:
    """A straight line."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{css}"{more}/>'


def rect(
    x: float, y: float, width: float, height: float, fill: str, *, title: str = "", more: str = ""
) -> str:
    """A box of a colour, with what the pointer is told above it."""
    start = (
        f'<rect x="{x:.2f}" y="{y:.2f}" width="{max(width, 0):.2f}" height="{height:.2f}" '
        f'fill="{fill}"{more}'
    )
    return f"{start}><title>{safe(title, 300)}</title></rect>" if title else f"{start}/>"


def circle(x: float, y: float, r: float, fill: str, *, title: str = "", more: str = "") -> str:
    """A round mark, with what the pointer is told above it."""
    start = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:g}" fill="{fill}"{more}'
    return f"{start}><title>{safe(title, 300)}</title></circle>" if title else f"{start}/>"


def nice(high: float, count: int) -> list[float]:
    """Round numbers from 0 to `high`, about `count` of them."""
    if not high > 0:
        return [0.0]
    power = 10.0 ** math.floor(math.log10(high / count))
    step = next(f * power for f in (1, 2, 5, 10) if high / (f * power) <= count)
    return [step * i for i in range(math.floor(high / step + 1e-9) + 1)]


def apart(places: Sequence[float], least: float, low: float, high: float) -> list[float]:
    """Places for labels near `places`, `least` from each other, within `low` to `high`."""
    order = sorted(range(len(places)), key=places.__getitem__)
    out = list(places)
    at = low - least
    for index in order:
        at = out[index] = max(out[index], at + least)
    over = high + least
    for index in reversed(order):
        over = out[index] = min(out[index], over - least)
    return out


@dataclass(frozen=True)
class Axes:
    """Log–log axes inside a picture: where a point is, and the grid.

    Attributes:
        left, top, width, height: of the plot.
        x, y: the numbers at its ends.
    """

    left: float
    top: float
    width: float
    height: float
    x: tuple[float, float]
    y: tuple[float, float]

    @property
    def right(self) -> float:
        """The other end."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """The other end."""
        return self.top + self.height

    def px(self, x: float) -> float:
        """From the left."""
        return self.left + self.width * _share(x, self.x)

    def py(self, y: float) -> float:
        """From the top."""
        return self.bottom - self.height * _share(y, self.y)

    def grid(
        self,
        x_name: Callable[[float], str],
        y_name: Callable[[float], str],
        x_title: str,
        y_title: str,
        x_ticks: Sequence[float] = (),
    ) -> str:
        """Lines at the decades (or `x_ticks`), their numbers, and what they are."""
        parts = []
        for y in decades(*self.y):
            at = self.py(y)
            parts.append(line(self.left, at, self.right, at, "grid"))
            parts.append(text(self.left - 7, at + 4, y_name(y), "s end"))
        ends = -math.inf
        for x in x_ticks or decades(*self.x):
            at = self.px(x)
            parts.append(line(at, self.top, at, self.bottom, "grid"))
            if at - ends > 40:  # numbers that would run into each other are left out
                parts.append(text(at, self.bottom + 17, x_name(x), "s mid"))
                ends = at
        parts.append(line(self.left, self.bottom, self.right, self.bottom, "axis"))
        parts.append(line(self.left, self.top, self.left, self.bottom, "axis"))
        parts.append(text(self.right, self.bottom + 35, x_title, "s end"))
        parts.append(text(self.left, self.top - 9, y_title, "s"))
        return "".join(parts)


def _share(value: float, ends: tuple[float, float]) -> float:
    low, high = math.log10(ends[0]), math.log10(ends[1])
    return (math.log10(value) - low) / ((high - low) or 1.0)

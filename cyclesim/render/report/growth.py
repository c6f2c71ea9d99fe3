"""Growth with the length of the sequence: a straight line on log–log paper for every unit."""

from __future__ import annotations

from cyclesim.language import tr
from cyclesim.render.curves import QUANTITY_NAMES, Curve, curves, power, tick
from cyclesim.render.loglog import span
from cyclesim.render.report.svg import Axes, apart, circle, line, picture, text
from cyclesim.versus import Quantity, Sweep

__all__ = ["growth_svg"]

_WIDE, _HIGH, _NAMES = 560, 400, 218


def growth_svg(sweep: Sweep, quantity: Quantity) -> str:
    """One panel: the points that were measured, the fitted lines, and their powers beside them."""
    shown = curves(sweep, quantity)
    if not shown:
        return ""
    lengths = sorted({float(n) for curve in shown for n, _ in curve.points})
    values = [value for curve in shown for _, value in curve.points]
    axes = Axes(64, 34, _WIDE - 64 - _NAMES, _HIGH - 84, span(lengths, 0.5), span(values))
    parts = [
        axes.grid(
            lambda n: f"{n:,.0f}",
            lambda value: tick(value, quantity),
            tr("tokens"),
            tr(QUANTITY_NAMES[quantity]),
            lengths,
        )
    ]
    ends = [axes.py(curve.points[-1][1]) for curve in shown]
    places = apart(ends, 15, axes.top + 4, axes.bottom)
    for curve, place in zip(shown, places, strict=True):
        parts.append(_curve(axes, curve, lengths, quantity))
        fill = f' style="fill:var(--u-{curve.unit})"'
        name = f"{curve.letter} {curve.step or curve.unit}"
        parts.append(text(axes.right + 8, place + 4, f"{name} {power(curve.fit)}", "", more=fill))
    said = tr("{quantity} against tokens").format(quantity=tr(QUANTITY_NAMES[quantity]))
    powers = ", ".join(f"{curve.name} {power(curve.fit)}" for curve in shown)
    return picture(f"{said}: {powers}", _WIDE, _HIGH, "".join(parts))


def _curve(axes: Axes, curve: Curve, lengths: list[float], quantity: Quantity) -> str:
    fill = f"var(--u-{curve.unit})"
    parts = []
    if curve.fit is not None:
        first, last = lengths[0], lengths[-1]
        ends = axes.py(curve.fit(first)), axes.py(curve.fit(last))
        # A step of a unit is dashed, so that it is not taken for another unit.
        css = "dash" if curve.step is not None else ""
        stroke = f' style="stroke:{fill};stroke-width:2"'
        parts.append(line(axes.px(first), ends[0], axes.px(last), ends[1], css, more=stroke))
    for n, value in curve.points:
        title = f"{curve.name}, {n:,}: {tick(value, quantity)}"
        parts.append(circle(axes.px(n), axes.py(value), 4, fill, title=title))
    return "".join(parts)

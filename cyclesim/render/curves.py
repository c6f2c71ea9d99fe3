"""Growth as curves on log–log paper, where a power law is a straight line and its slope the power.

Each unit is a letter at every length that was measured, with dots along the line that was fitted.
"""

from __future__ import annotations

from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style

from cyclesim.language import N_, tr
from cyclesim.render.colour import UNIT_COLOURS, UNIT_LETTERS
from cyclesim.render.ink import LABEL
from cyclesim.render.loglog import Line, Named, Paper, legend, span
from cyclesim.render.text import ascii_safe, crop, safe_text
from cyclesim.render.units import amount, duration
from cyclesim.trace import Unit
from cyclesim.versus import Fit, Quantity, Sweep

__all__ = ["OPENED", "QUANTITY_NAMES", "Curve", "curve_lines", "curves", "power", "tick"]

QUANTITY_NAMES: dict[Quantity, str] = {
    "ns": N_("time of the cycles"),
    "flops": N_("FLOPs"),
    "nbytes": N_("logical traffic"),
    "kept": N_("bytes that the cycles wrote"),
}
#: Units whose steps grow differently from each other: the square is in some of them only.
OPENED: tuple[Unit, ...] = ("attention", "ffn")
#: Of a name in a legend.
_NAME = 26


@dataclass(frozen=True, slots=True)
class Curve:
    """How one unit, or one step of it, grows.

    Attributes:
        letter: the unit's; small for a step.
        points: (length, value), only what is above 0.
        fit: the power law through them; None where there is none.
    """

    unit: Unit
    step: str | None
    points: tuple[tuple[int, float], ...]
    fit: Fit | None

    @property
    def letter(self) -> str:
        """What stands at its points."""
        letter = UNIT_LETTERS[self.unit]
        return letter if self.step is None else letter.lower()

    @property
    def name(self) -> str:
        """`attention`, `attention scores`."""
        return self.unit if self.step is None else f"{self.unit} {safe_text(self.step, _NAME)}"


def curves(sweep: Sweep, quantity: Quantity) -> list[Curve]:
    """Of each unit of the model, and of the step that grows fastest in those that are mixed."""
    found = []
    for unit in sweep.units:
        steps = [None, _steepest(sweep, unit)] if unit in OPENED else [None]
        for step in dict.fromkeys(steps):
            points = tuple(p for p in sweep.curve(quantity, unit, step) if p[1] > 0)
            if points:
                found.append(Curve(unit, step, points, sweep.fit(quantity, unit, step)))
    return found


def curve_lines(
    sweep: Sweep, quantity: Quantity, width: int, height: int, *, ascii: bool = False
) -> list[Line]:
    """The paper, and beneath it what each letter is, with its power and R²."""
    shown = curves(sweep, quantity)
    if not shown:
        return []
    lengths = [float(n) for curve in shown for n, _ in curve.points]
    values = [value for curve in shown for _, value in curve.points]
    paper = Paper(
        width, height, span(lengths, 0.5), span(values), lambda n: f"{n:,.0f}",
        lambda value: tick(value, quantity, ascii), tuple(sorted(set(lengths))), ascii,
    )  # fmt: skip
    ends = (min(lengths), max(lengths))
    for curve in shown:
        colour = UNIT_COLOURS[curve.unit]
        for n, value in curve.points:
            paper.put(n, value, curve.letter, Style(color=colour, bold=curve.step is None))
    for curve in shown:
        if curve.fit is not None:
            style = Style(color=UNIT_COLOURS[curve.unit])
            paper.trace(curve.fit, lambda _: "." if ascii else "·", style, ends)
    title = tr("{quantity} against tokens").format(quantity=tr(QUANTITY_NAMES[quantity]))
    return [
        [Segment(_fitted(title, width, ascii), LABEL)],
        *paper.lines(),
        *legend([_named(curve, width, ascii) for curve in shown], width),
    ]


def power(fit: Fit | None) -> str:
    """`n^1.17 (R² 0.999)`; a dash where nothing was fitted."""
    if fit is None:
        return "–"
    exponent = f"{fit.exponent:.2f}".replace("-0.00", "0.00")
    return f"n^{exponent}" + ("" if fit.r2 is None else f" (R² {fit.r2:.3f})")


def tick(value: float, quantity: Quantity, ascii: bool = False) -> str:
    """A number of that quantity, short."""
    if quantity == "ns":
        return duration(value, ascii=ascii).replace(" ", "")
    return amount(value, "" if quantity == "flops" else "B", space="")


def _named(curve: Curve, width: int, ascii: bool) -> Named:
    style = Style(color=UNIT_COLOURS[curve.unit], bold=curve.step is None)
    text = _fitted(f"{curve.name} {power(curve.fit)}", width - 2, ascii)
    return Named(curve.letter, style, text)


def _steepest(sweep: Sweep, unit: Unit) -> str | None:
    """The step whose FLOPs grow with the highest power, the one with the most of them."""
    fits = {step: sweep.fit("flops", unit, step) for step in sweep.steps(unit)}
    known = {step: fit for step, fit in fits.items() if fit is not None}
    return max(
        known,
        key=lambda step: (round(known[step].exponent, 1), known[step].points[-1][1]),
        default=None,
    )


def _fitted(text: str, width: int, ascii: bool) -> str:
    if ascii:
        return crop(ascii_safe(text.replace("²", "2")), width, ellipsis="...")
    return crop(text, width)

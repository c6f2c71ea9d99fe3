"""TIMES: three clocks, kept apart: the stepped run, the same work at full speed, the overhead."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding

from cyclesim.tui.palette import BODY, FAINT, MUTED, STRONG
from cyclesim.tui.scene import Scene
from cyclesim.tui.text import duration, fit
from cyclesim.tui.widgets.panel import Line, Panel, wrap

__all__ = ["Times"]

STEPPED = "#e69f00"
FULL = "#56b4e9"
NAMES = 12
#: The parts of a forward cannot take longer than the whole, unless the measuring was disturbed.
BUSY = 1.5


class Times(Panel):
    """Self times of the current cycle and of all cycles so far, beside their full-speed medians."""

    name_shown = "Times"
    BINDINGS = [
        Binding("up", "scroll_up", "up", show=False),
        Binding("down", "scroll_down", "down", show=False),
    ]

    def build(self, scene: Scene, width: int, height: int) -> list[Line]:
        self.entitle("TIMES")
        cycle = scene.current
        done = scene.trace.cycles[: scene.executed]
        known = len(scene.speeds)
        both = [c for c in done if c.number < known]
        so_far = (
            sum(c.self_ns for c in both),
            sum(scene.full_speed(c.number) or 0 for c in both) if both else None,
        )
        here = (
            (cycle.self_ns, scene.full_speed(cycle.number)) if cycle is not None else (None, None)
        )
        column = max(min((width - NAMES - 2) // 2, 26), 9)
        together = " together" if column >= 14 else ""
        titles = (
            f"cycle {cycle.number}" if cycle is not None else "this cycle",
            f"0–{scene.last}{together}" if scene.executed > 1 else "so far",
        )
        text = self.glyphs.text
        lines: list[Line] = [
            [Segment(" " * NAMES), *(Segment(text(fit(t, column)) + " ", MUTED) for t in titles)]
        ]
        recorded = scene.saved and not scene.trace.timing.stepped
        observed = "recorded" if recorded else "stepped"
        for name, colour, place in ((observed, STEPPED, 0), ("full speed", FULL, 1)):
            line: Line = [Segment(f" {name:<{NAMES - 1}}", BODY)]
            for pair in (here, so_far):
                largest = max((v for v in pair if v), default=1)
                line += [*self._bar(pair[place], largest, column, colour), Segment(" ")]
            lines.append(line)
        over: Line = [Segment(f" {'overhead':<{NAMES - 1}}", BODY)]
        for stepped, full in (here, so_far):
            over.append(Segment(text(fit(_overhead(stepped, full, column), column)) + " ", MUTED))
        lines.append(over)
        lines += self._whole(scene, width, roomy=height >= 9)
        return lines

    def _bar(self, ns: int | None, largest: int, width: int, colour: str) -> Line:
        """The number, written on its bar."""
        if not ns:
            return [Segment(fit("-", width), FAINT)]
        length = min(max(1, round(width * ns / largest)), width)
        number = self.glyphs.text(duration(ns))
        if self.plain:
            bar = "#" * max(0, length - 9)
            return [Segment(fit(f"{number:<9}{bar}", width), STRONG)]
        shown = fit(number, width)
        on = Style(color="#0b0e12", bgcolor=colour, bold=True)
        off = Style(color="#ffffff", bgcolor="#232d3a", bold=True)
        return [Segment(shown[:length], on), Segment(shown[length:], off)]

    def _whole(self, scene: Scene, width: int, *, roomy: bool) -> list[Line]:
        """The forward pass as a whole, and what the words mean."""
        text = self.glyphs.text
        bare = scene.plan.timing.untraced_ns
        timing = scene.trace.timing
        if scene.ended and timing.overhead is not None:
            whole = (
                f"forward: {duration(timing.traced_ns)} "
                f"{'stepped' if timing.stepped or not scene.saved else 'recorded'}, "
                f"{duration(timing.untraced_ns)} unwatched (×{timing.overhead:.1f})"
            )
        elif bare is not None:
            whole = f"forward unwatched: {duration(bare)}"
        else:
            whole = "the bare model's time is not known"
        lines = wrap(" " + text(whole), width - 1, MUTED)
        inside = sum(scene.full_speed(c.number) or 0 for c in scene.plan.cycles if c.stack)
        if bare and inside > BUSY * bare:
            warning = "The machine was busy: full speed was measured too slow."
            lines += wrap(" " + warning, width - 1, FAINT)
        note = "Function times; waiting for you is left out. Full speed: median of unpaused runs."
        return [*lines, [], *wrap(" " + text(note), width - 1, FAINT)] if roomy else lines


def _overhead(stepped: int | None, full: int | None, width: int) -> str:
    if not stepped or not full:
        return "-"
    difference = f"{'+' if stepped >= full else '-'}{duration(abs(stepped - full))}"
    ratio = f"×{stepped / full:.2f}"
    both = f"{difference} {ratio}"
    return both if len(both) <= width else ratio

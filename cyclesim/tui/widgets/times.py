"""TIMES: three clocks, kept apart: the stepped run, the same work at full speed, the overhead.

The current cycle and all so far come first, then where the cycle stands under the roof of this
machine; what each unit takes, and what the words mean, is beneath.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding

from cyclesim.cost import Mark, Peak, place, work_of
from cyclesim.language import N_, tr, trn
from cyclesim.render.colour import UNIT_COLOURS, UNIT_LETTERS
from cyclesim.render.units import amount, duration, number
from cyclesim.trace import UNITS, Cycle, Unit
from cyclesim.tui.scene import Scene
from cyclesim.tui.settings.palette import ACCENT, BODY, FAINT, MUTED, STRONG
from cyclesim.tui.widgets.panel import Panel
from cyclesim.tui.widgets.roofline import chart
from cyclesim.tui.words.lines import Line, line_width, wrap
from cyclesim.tui.words.text import fit

__all__ = ["Times"]

STEPPED = "#e69f00"
FULL = "#56b4e9"
NAMES = 12
#: So wide is what is listed, where a chart of the roof stands beside it; and so large is the chart
#: at least.
LEFT, CHART = 74, (36, 14)
#: The parts of a forward cannot take longer than the whole, nor can the same work at full speed
#: take longer than when it is stepped, unless the measuring was disturbed.
BUSY = 1.5
#: So many cycles must have run in the model until their times say that.
FEW = 10


class Times(Panel):
    """Self times of the current cycle, of all so far and of each unit, beside their medians."""

    name_shown = N_("Times")
    BINDINGS = [
        Binding("up", "scroll_up", "up", show=False),
        Binding("down", "scroll_down", "down", show=False),
    ]

    def build(self, scene: Scene, width: int, height: int) -> list[Line]:
        self.entitle(tr("TIMES"))
        peak = scene.measures.peak
        if peak is None or width < LEFT + CHART[0] or height < CHART[1]:
            return self._listed(scene, width)
        across, down = min(width - LEFT - 2, 100), min(height, 36)
        picture = chart(scene, peak, across, down, ascii=self.glyphs.ascii)
        return beside(self._listed(scene, LEFT), picture, LEFT)

    def _listed(self, scene: Scene, width: int) -> list[Line]:
        """Everything in words and bars, one below the other."""
        lines = self._clocks(scene, width)
        lines += self._roof(scene, width - 1)
        lines += [[], *self._units(scene, width - 1)]
        return [*lines, [], *self._words(scene, width - 1)]

    # -- the three clocks --------------------------------------------------------------------

    def _clocks(self, scene: Scene, width: int) -> list[Line]:
        cycle = scene.current
        both = [c for c in scene.trace.cycles[: scene.executed] if c.number < len(scene.speeds)]
        so_far = (
            sum(c.self_ns for c in both),
            sum(scene.full_speed(c.number) or 0 for c in both) if both else None,
        )
        here = (
            (cycle.self_ns, scene.full_speed(cycle.number)) if cycle is not None else (None, None)
        )
        column = max(min((width - NAMES - 2) // 2, 26), 9)
        span = tr("0–{last} together") if column >= 16 else "0–{last}"
        titles = (
            tr("no cycle") if cycle is None else tr("cycle {number}").format(number=cycle.number),
            span.format(last=scene.last) if scene.executed > 1 else tr("so far"),
        )
        text = self.glyphs.text
        lines: list[Line] = [
            [Segment(" " * NAMES), *(Segment(text(fit(t, column)) + " ", MUTED) for t in titles)]
        ]
        for name, colour, place_ in ((_observed(scene), STEPPED, 0), (tr("full speed"), FULL, 1)):
            line: Line = [Segment(f" {fit(name, NAMES - 1)}", BODY)]
            for pair in (here, so_far):
                largest = max((v for v in pair if v), default=1)
                line += [*self._bar(pair[place_], largest, column, colour), Segment(" ")]
            lines.append(line)
        over: Line = [Segment(f" {fit(tr('overhead'), NAMES - 1)}", BODY)]
        for stepped, full in (here, so_far):
            over.append(Segment(text(fit(_overhead(stepped, full, column), column)) + " ", MUTED))
        return [*lines, over, *self._disturbed(scene, width - 1)]

    def _disturbed(self, scene: Scene, width: int) -> list[Line]:
        """A warning, where full speed is slower than it can have been."""
        bare = scene.plan.timing.untraced_ns
        inside = sum(scene.full_speed(c.number) or 0 for c in scene.plan.cycles if c.stack)
        done = [c for c in scene.trace.cycles[: scene.executed] if c.stack]
        stepped = sum(c.self_ns for c in done)
        full = sum(scene.full_speed(c.number) or 0 for c in done)
        slower = len(done) >= FEW and full > BUSY * stepped
        if not slower and not (bare and inside > BUSY * bare):
            return []
        said = tr("The machine was busy: full speed was measured too slow.")
        again = tr("{key} measures again.").format(key=self.key("measure"))
        return wrap(self.glyphs.text(f" {said} {'' if scene.saved else again}"), width, STRONG)

    def _bar(self, ns: int | None, largest: int, width: int, colour: str) -> Line:
        """The number, written on its bar."""
        if not ns:
            return [Segment(fit("-", width), FAINT)]
        length = min(max(1, round(width * ns / largest)), width)
        shown = self.glyphs.text(duration(ns))
        if self.plain:
            bar = "#" * max(0, length - 9)
            return [Segment(fit(f"{shown:<9}{bar}", width), STRONG)]
        shown = fit(shown, width)
        on = Style(color="#0b0e12", bgcolor=colour, bold=True)
        off = Style(color="#ffffff", bgcolor="#232d3a", bold=True)
        return [Segment(shown[:length], on), Segment(shown[length:], off)]

    # -- the roof ----------------------------------------------------------------------------

    def _roof(self, scene: Scene, width: int) -> list[Line]:
        """Where the current cycle stands under the roof of this machine."""
        cycle, peak = scene.current, scene.measures.peak
        text = self.glyphs.text
        if peak is None:
            if scene.saved:
                return []
            said = tr("roof: {key} measures this machine").format(key=self.key("measure"))
            return wrap(f" {said}", width, FAINT)
        if cycle is None or cycle.device != scene.plan.header.device:
            return []
        work = work_of([cycle])
        full = scene.full_speed(cycle.number)
        mark = None if work is None else place(work, peak, full or cycle.self_ns)
        if mark is None:
            why = tr("it moves no data") if work is not None else tr("its FLOPs are not counted")
            return wrap(text(" " + tr("roof: none, because {why}").format(why=why)), width, FAINT)
        lines = [[Segment(" "), *self._badge(mark, width - 1)]]
        return lines + [
            line for said in _details(mark, peak, bool(full)) for line in
            wrap(" " + text(said), width, MUTED)
        ]  # fmt: skip

    def _badge(self, mark: Mark, width: int) -> Line:
        """Memory or compute, and the share of the roof, in one short line."""
        bound = tr("memory-bound") if mark.bound == "memory" else tr("compute-bound")
        badge = Style(color="#0b0e12", bgcolor="#cc79a7" if mark.bound == "memory" else "#1fb58a",
                      bold=True)  # fmt: skip
        line = [Segment(bound, Style(reverse=True) if self.plain else badge)]
        if mark.share is not None:
            share = f" {number(100 * mark.share, 2)} %" if mark.share < 10 else " >1000 %"
            line.append(Segment(share + " ", STRONG))
            line.append(Segment(tr("of roof"), MUTED))
        return list(Segment.adjust_line_length(line, width, pad=False))

    # -- the units ---------------------------------------------------------------------------

    def _units(self, scene: Scene, width: int) -> list[Line]:
        """Where the time goes: each unit's sum over the whole run, in the order they run."""
        cycles = [scene.cycle(n) for n in range(scene.total)]
        full = {unit: _sum(scene, cycles, unit) for unit in UNITS}
        units = [unit for unit in UNITS if any(c.unit == unit for c in cycles)]
        total = sum(full.values())
        now = scene.current.unit if scene.current is not None else None
        roomy = width >= 46
        head = f" {fit(tr('unit'), NAMES)}"
        for name, size in ((tr("full speed"), 11), (_observed(scene), 10 if roomy else 0)):
            head += fit(name, size, right=True) if size else ""
        head += fit(tr("FLOPs"), 14, right=True) if width >= 62 else ""
        head += fit(tr("share"), 6, right=True)
        lines: list[Line] = [[Segment(self.glyphs.text(head), MUTED)]]
        for unit in units:
            done = [c for c in cycles[: scene.executed] if c.unit == unit]
            whole = [c for c in cycles if c.unit == unit]
            lines.append(
                self._unit(scene, unit, full[unit], total, done, whole, width, now == unit)
            )
        ran = trn("Stepped: of the {count} cycle that has run.",
                  "Stepped: of the {count} cycles that have run.", scene.executed)  # fmt: skip
        if roomy and scene.executed < scene.total:
            lines += wrap(" " + ran.format(count=scene.executed), width, FAINT)
        return lines

    def _unit(
        self, scene: Scene, unit: Unit, full: int, total: int, done: list[Cycle],
        whole: list[Cycle], width: int, now: bool,
    ) -> Line:  # fmt: skip
        mark = self.glyphs.current if now else " "
        text, style = self.glyphs.text, Style(color=UNIT_COLOURS[unit], bold=now)
        name = fit(f"{UNIT_LETTERS[unit]} {unit}", NAMES)
        line: Line = [Segment(mark, ACCENT), Segment(f"{name} ", style)]
        line.append(Segment(text(fit(duration(full) if full else "-", 10, right=True)), BODY))
        if width >= 46:
            stepped = sum(c.self_ns for c in done)
            shown = duration(stepped) if done else "-"
            line.append(Segment(text(fit(shown, 10, right=True)), MUTED))
        if width >= 62:
            flops = sum(c.flops for c in whole)
            line.append(
                Segment(fit(amount(flops, "FLOP") if flops else "-", 14, right=True), MUTED)
            )
        share = full / total if total else 0.0
        line.append(Segment(f"{share:>6.0%} ", STRONG))
        room = width - sum(len(s.text) for s in line)
        length = max(min(round(min(room, 40) * share) or 1, room), 0) if share else 0
        bar = "#" * length if self.plain else " " * length
        line.append(Segment(bar, Style() if self.plain else Style(bgcolor=UNIT_COLOURS[unit])))
        return line

    # -- in words ----------------------------------------------------------------------------

    def _words(self, scene: Scene, width: int) -> list[Line]:
        """The forward pass as a whole, and what the words mean."""
        text = self.glyphs.text
        lines = wrap(" " + text(_whole(scene)), width, MUTED)
        lines += wrap(" " + text(_medians(scene, self.key("measure"))), width, MUTED)
        note = tr("Times inside the functions: waiting for you is left out.")
        return [*lines, *wrap(" " + text(note), width, FAINT)]


def beside(left: list[Line], right: list[Line], width: int) -> list[Line]:
    """Two blocks of lines side by side, the left one `width` cells wide."""
    joined: list[Line] = []
    for line, other in zip_longest(left, right, fillvalue=None):
        line = line or []
        gap = " " * (width - line_width(line))
        joined.append([*line, Segment(gap), *other] if other else line)
    return joined


def _observed(scene: Scene) -> str:
    """What the times of this trace are of."""
    recorded = scene.saved and not scene.trace.timing.stepped
    return tr("recorded") if recorded else tr("stepped")


def _sum(scene: Scene, cycles: Iterable[Cycle], unit: Unit) -> int:
    return sum(scene.full_speed(c.number) or 0 for c in cycles if c.unit == unit)


def _details(mark: Mark, peak: Peak, full: bool) -> list[str]:
    """The numbers behind the badge, and where the roof comes from."""
    limit = amount(mark.roof, "FLOP/s")
    said = tr("{intensity} FLOP/byte (logical traffic): at most {limit} on this machine.")
    if not mark.intensity:
        said = tr("0 FLOP/byte (logical traffic): it moves data, and the memory is its limit.")
    lines = [said.format(intensity=number(mark.intensity), limit=limit)]
    if mark.achieved:
        said = tr("Here {achieved} at full speed.") if full else tr("Here {achieved} when stepped.")
        lines.append(said.format(achieved=amount(mark.achieved, "FLOP/s")))
    if mark.share is not None and mark.share > 1:
        lines.append(tr("More than all of it: its data came from a cache, not from memory."))
    said = tr("This machine: {flops}, {bandwidth} in {dtype}, measured once.")
    measured = {"flops": amount(peak.flops, "FLOP/s"), "bandwidth": amount(peak.bandwidth, "B/s")}
    return [*lines, said.format(**measured, dtype=peak.dtype)]


def _whole(scene: Scene) -> str:
    """The forward as a whole."""
    bare, timing = scene.plan.timing.untraced_ns, scene.trace.timing
    if scene.ended and timing.overhead is not None:
        stepped = timing.stepped or not scene.saved
        said = (
            tr("forward: {stepped} stepped, {bare} unwatched (×{ratio})")
            if stepped
            else tr("forward: {stepped} recorded, {bare} unwatched (×{ratio})")
        )
        return said.format(stepped=duration(timing.traced_ns), bare=duration(timing.untraced_ns),
                           ratio=f"{timing.overhead:.1f}")  # fmt: skip
    if bare is not None:
        return tr("forward unwatched: {bare}").format(bare=duration(bare))
    return tr("the bare model's time is not known")


def _medians(scene: Scene, key: str) -> str:
    """How many runs full speed is the median of, how far they spread, and the `key` for more."""
    measures, at = scene.measures, scene.at
    repeats = measures.repeats or scene.plan.timing.repeats
    if not repeats:
        return tr("Full speed: median of unpaused runs.")
    said = trn("Full speed: {count} unpaused run.",
               "Full speed: median of {count} unpaused runs.", repeats)  # fmt: skip
    said = said.format(count=repeats)
    if at is not None and at < len(measures.spread):
        low, _, high = measures.spread[at]
        half = tr("Half of them took {low} to {high} here.")
        return f"{said} {half.format(low=duration(low), high=duration(high))}"
    more = tr("{key} takes more.").format(key=key)
    return said if measures.repeats or scene.saved else f"{said} {more}"


def _overhead(stepped: int | None, full: int | None, width: int) -> str:
    if not stepped or not full:
        return "-"
    difference = f"{'+' if stepped >= full else '-'}{duration(abs(stepped - full))}"
    ratio = f"×{stepped / full:.2f}"
    both = f"{difference} {ratio}"
    return both if len(both) <= width else ratio

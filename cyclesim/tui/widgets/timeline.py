"""TIMELINE: one row per part of the model, one column per cycle."""

from __future__ import annotations

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.strip import Strip

from cyclesim.render.colour import BACKGROUND, UNIT_COLOURS, UNIT_LETTERS, blend, ink_on
from cyclesim.render.timeline import Lane, lanes_of
from cyclesim.trace import UNITS, Cycle, Trace, Unit
from cyclesim.tui.palette import ACCENT, FAINT, MUTED, STRONG, bold
from cyclesim.tui.scene import Marks, Scene
from cyclesim.tui.text import fit
from cyclesim.tui.widgets.panel import CycleChosen, Line, Panel, line_width, strip_of

__all__ = ["Timeline"]

LABEL = 14
_NAN = Style(color="#ffffff", bgcolor="#c4352b", bold=True)
_NOW = Style(color="#000000", bgcolor="#ffffff", bold=True)
_PLAIN_NOW = Style(reverse=True, bold=True)
_TRACK = "#161d27"


@lru_cache(maxsize=128)
def _cell(unit: Unit, done: bool, nop: bool) -> Style:
    colour = UNIT_COLOURS[unit]
    share = (0.62 if nop else 0.0) if done else 0.82 if nop else 0.7
    ground = blend(colour, BACKGROUND, share)
    return Style(color=ink_on(ground) if done else blend(colour, BACKGROUND, 0.4), bgcolor=ground)


class Timeline(Panel):
    """The whole run at a glance; follows the current cycle."""

    can_focus = False

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._lanes: list[Lane] = []
        self._lane_of: dict[int, int] = {}
        self._units: tuple[Unit, ...] = ()
        self._source: Trace | None = None
        self._left = self._top = 0

    @property
    def lanes(self) -> int:
        """How many rows the run has."""
        return len(self._lanes)

    def show(self, scene: Scene) -> None:
        source = scene.trace if scene.ended and not scene.failure else scene.plan
        if source is not self._source:
            self._source = source
            self._lanes = lanes_of(source.cycles)
            self._lane_of = {n: i for i, lane in enumerate(self._lanes) for n in lane.numbers}
            present = {c.unit for c in source.cycles}
            self._units = tuple(u for u in UNITS if u in present)
        super().show(scene)

    def rebuild(self) -> None:
        """Only scroll: what is visible is drawn when it is painted."""
        scene, region = self.scene, self.scrollable_content_region
        if scene is None or region.width <= LABEL:
            return
        columns = max((region.width - LABEL) // self._cell_width, 1)
        now = scene.at or 0
        margin = min(8, columns // 4)
        if now - margin < self._left:
            self._left = now - margin
        if now + margin >= self._left + columns:
            self._left = now + margin - columns + 1
        self._left = max(0, min(self._left, scene.total - columns))
        lane, rows = self._lane_of.get(now, 0), self._rows_shown
        # Keep the row after the current one in view, too: that is where the run goes.
        if lane < self._top or lane + 1 >= self._top + rows:
            self._top = lane - rows // 2
        self._top = max(0, min(self._top, len(self._lanes) - rows))
        self.refresh()

    @property
    def _legend(self) -> bool:
        return self.size.height >= len(self._lanes) + 2

    @property
    def _rows_shown(self) -> int:
        return max(1, self.size.height - 1 - (1 if self._legend else 0))

    @property
    def _cell_width(self) -> int:
        total = self.scene.total if self.scene is not None else 1
        return max(1, min(3, (self.scrollable_content_region.width - LABEL) // max(total, 1)))

    def render_line(self, y: int) -> Strip:
        width, base = self.scrollable_content_region.width, self.rich_style
        scene = self.scene
        if scene is None or width <= LABEL:
            return Strip.blank(width, base)
        if y == 0:
            line = self._ruler(scene, width)
        elif self._legend and y == self.size.height - 1:
            line = self._legend_line(width)
        else:
            lane = y - 1 + self._top
            line = self._lane(scene, lane, width) if lane < len(self._lanes) else []
        return strip_of(line, width, base)

    def _range(self, scene: Scene, width: int) -> range:
        return range(self._left, min(scene.total, self._left + (width - LABEL) // self._cell_width))

    def _ruler(self, scene: Scene, width: int) -> Line:
        cell = self._cell_width
        ticks = [" "] * (width - LABEL)
        span = self._range(scene, width)
        for number in span:
            text = str(number)
            place = (number - self._left) * cell
            if number % 10 == 0 and place + len(text) <= len(ticks):
                ticks[place : place + len(text)] = text
        text = "".join(ticks)
        title = Segment(fit(" TIMELINE", LABEL), MUTED)
        if scene.at is None:
            return [title, Segment(text, FAINT)]
        place = (scene.at - self._left) * cell
        mark = f"{self.glyphs.now}{scene.at} "
        if place + len(mark) > len(text):
            mark = f" {scene.at}{self.glyphs.now}"
            place = place - len(mark) + 1
        before, after = text[: max(place, 0)], text[place + len(mark) :]
        # Half a tick number beside the marker would read as another number.
        before = before[: len(before.rstrip("0123456789"))].ljust(len(before))
        after = after.lstrip("0123456789").rjust(len(after))
        return [title, Segment(before, FAINT), Segment(mark, ACCENT), Segment(after, FAINT)]

    def _lane(self, scene: Scene, index: int, width: int) -> Line:
        lane = self._lanes[index]
        here = scene.at is not None and self._lane_of.get(scene.at) == index
        reached = lane.numbers[0] < scene.executed
        label_style = STRONG if here else MUTED if reached else FAINT
        mark = self.glyphs.current if here else " "
        out: Line = [Segment(fit(f" {lane.title}", LABEL - 2) + f"{mark} ", label_style)]
        cell, plain = self._cell_width, self.plain
        track = Style() if plain else Style(bgcolor=_TRACK)
        run, run_style = "", track
        for number in self._range(scene, width):
            if self._lane_of.get(number) != index:
                text, style = " " * cell, track
            else:
                text, style = self._draw(scene, scene.cycle(number), cell, plain)
            if style is not run_style and run:
                out.append(Segment(run, run_style))
                run = ""
            run, run_style = run + text, style
        out.append(Segment(run, run_style))
        return out

    def _draw(self, scene: Scene, cycle: Cycle, cell: int, plain: bool) -> tuple[str, Style]:
        done = cycle.number < scene.executed
        glyph = " "
        if plain:
            glyph = "." if not done else "-" if cycle.nop else UNIT_LETTERS[cycle.unit]
            style = Style()
        else:
            style = _cell(cycle.unit, done, cycle.nop)
            glyph = "-" if cycle.nop and done else " "
        if done and cycle.has_nan:
            glyph, style = "!", (Style(reverse=True) if plain else _NAN)
        if cycle.number == scene.at:
            style = _PLAIN_NOW if plain else _NOW
        marks = self._marks(scene, cycle, done)
        if glyph in " .-" or (marks and cell == 1):
            text = marks or glyph
        else:
            text = glyph + marks
        return fit(text, cell, ellipsis=""), style

    def _marks(self, scene: Scene, cycle: Cycle, done: bool) -> str:
        """What a person has put on this cycle, the most telling sign first."""
        g = self.glyphs
        out = g.edited if done and cycle.edited else ""
        if cycle.number in scene.marks.stops:
            out += g.stop
        return out + g.downstream if done and cycle.downstream and not cycle.edited else out

    def _legend_line(self, width: int) -> Line:
        out: Line = [Segment(" " * LABEL)]
        for unit in self._units:
            if self.plain:
                out.append(Segment(f"{UNIT_LETTERS[unit]} ", STRONG))
            else:
                out += [Segment("  ", Style(bgcolor=UNIT_COLOURS[unit])), Segment(" ")]
            out.append(Segment(f"{unit}   ", bold(blend(UNIT_COLOURS[unit], "#ffffff", 0.15))))
        g, marks = self.glyphs, self.scene.marks if self.scene is not None else Marks()
        signs = [("-", "did nothing (NOP)")]
        if marks.stops:
            signs.insert(0, (g.stop, "breakpoint"))
        if marks.edited:
            signs[:0] = [(g.edited, "edited"), (g.downstream, "after it")]
        for sign, meaning in signs:
            more = [Segment(sign, MUTED), Segment(f" {meaning}   ", FAINT)]
            if line_width(out) + line_width(more) - 3 > width:
                break
            out += more
        return out

    def on_click(self, event: events.Click) -> None:
        scene = self.scene
        offset = event.get_content_offset(self)
        if scene is None or offset is None or offset.x < LABEL:
            return
        number = self._left + (offset.x - LABEL) // self._cell_width
        if number < scene.total:
            self.post_message(CycleChosen(number))

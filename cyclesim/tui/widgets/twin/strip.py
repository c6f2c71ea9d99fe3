"""Both runs as strips, cycle over cycle, and under them where they differ."""

from __future__ import annotations

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message

from cyclesim.language import tr
from cyclesim.render.colour import BACKGROUND, UNIT_COLOURS, UNIT_LETTERS, blend, ink_on
from cyclesim.trace import Cycle, Unit
from cyclesim.tui.compare.alignment import Column
from cyclesim.tui.compare.twin import Moment, SideName
from cyclesim.tui.settings.palette import ACCENT, BAD, FAINT, MUTED, STRONG
from cyclesim.tui.widgets.twin.panel import TwinPanel
from cyclesim.tui.words.lines import Line
from cyclesim.tui.words.text import fit

__all__ = ["TwinStrip"]

LABEL = 9
_NOW = Style(color="#000000", bgcolor="#ffffff", bold=True)
_PLAIN_NOW = Style(reverse=True, bold=True)
_NAN = Style(color="#ffffff", bgcolor="#c4352b", bold=True)
_TRACK = Style(bgcolor="#161d27")
_NOTHING = Style()


@lru_cache(maxsize=64)
def _block(unit: Unit, faint: bool) -> Style:
    ground = blend(UNIT_COLOURS[unit], BACKGROUND, 0.62) if faint else UNIT_COLOURS[unit]
    return Style(color=ink_on(ground), bgcolor=ground)


class TwinStrip(TwinPanel):
    """One column for each cycle of either run; follows the one that is looked at."""

    class Chosen(Message):
        """A person pointed at a column."""

        def __init__(self, column: int) -> None:
            super().__init__()
            self.column = column

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._left = 0

    def rebuild(self) -> None:
        """Scroll, and draw what is visible."""
        moment, width = self.moment, self.scrollable_content_region.width
        if moment is None or width <= LABEL:
            self.repaint([])
            return
        total = len(moment.found.columns)
        columns = max((width - LABEL) // self._cell, 1)
        margin = min(8, columns // 4)
        self._left = min(self._left, moment.at - margin)
        self._left = max(self._left, moment.at + margin - columns + 1)
        self._left = max(0, min(self._left, total - columns))
        shown = range(self._left, min(total, self._left + columns))
        rows = (self._ruler, self._a, self._b, self._differing, self._first)
        self.repaint([row(moment, shown) for row in rows])

    @property
    def _cell(self) -> int:
        total = len(self.moment.found.columns) if self.moment is not None else 1
        return max(1, min(3, (self.scrollable_content_region.width - LABEL) // max(total, 1)))

    # -- the lines ---------------------------------------------------------------------------

    def _ruler(self, moment: Moment, shown: range) -> Line:
        """The numbers of A's cycles, and over them where we look."""
        columns, cell = moment.found.columns, self._cell
        out = [" "] * (len(shown) * cell)
        here = columns[moment.at].a
        mark = f"{self.glyphs.now}{'' if here is None else here.number}"
        start = min((moment.at - shown.start) * cell, len(out) - len(mark))
        for place in shown:
            cycle = columns[place].a
            text = "" if cycle is None or cycle.number % 10 else str(cycle.number)
            at = (place - shown.start) * cell
            repeated = place > 0 and columns[place - 1].a is cycle
            clear = at + len(text) < start or at > start + len(mark)
            if text and not repeated and clear and at + len(text) <= len(out):
                out[at : at + len(text)] = text
        line = "".join(out)
        return [
            Segment(fit(f" {tr('cycle')}", LABEL), FAINT), Segment(line[:start], FAINT),
            Segment(mark, ACCENT), Segment(line[start + len(mark) :], FAINT),
        ]  # fmt: skip

    def _a(self, moment: Moment, shown: range) -> Line:
        return self._run("A", moment, shown)

    def _b(self, moment: Moment, shown: range) -> Line:
        return self._run("B", moment, shown)

    def _run(self, side: SideName, moment: Moment, shown: range) -> Line:
        columns, cell = moment.found.columns, self._cell
        out: Line = [Segment(fit(f" {side}", LABEL), STRONG)]

        def of(column: Column) -> Cycle | None:
            return column.a if side == "A" else column.b

        place = shown.start
        while place < shown.stop:
            cycle, first = of(columns[place]), place
            while place < shown.stop and of(columns[place]) is cycle and cycle is not None:
                place += 1
            place = max(place, first + 1)
            count = place - first
            # One kernel that stands for several steps of the other run says so.
            text = fit(tr("fused"), count * cell, ellipsis="") if count > 1 else ""
            for step in range(count):
                part = text[step * cell : (step + 1) * cell]
                column = columns[first + step]
                out.append(self._draw(cycle, column, part, first + step == moment.at))
        return out

    def _draw(self, cycle: Cycle | None, column: Column, text: str, here: bool) -> Segment:
        cell, plain, g = self._cell, self.plain, self.glyphs
        if cycle is None:
            text = g.waiting if column.kind == "waiting" else ""
            style = FAINT if plain else FAINT + _TRACK
        else:
            style = _NOTHING if plain else _block(cycle.unit, cycle.nop)
            if cycle.has_nan:
                text, style = g.nan, _PLAIN_NOW if plain else _NAN
            elif cycle.edited:
                text = g.edited
            elif plain and not text:
                text = "-" if cycle.nop else UNIT_LETTERS[cycle.unit]
        if here:
            style = _PLAIN_NOW if plain else _NOW
        return Segment(fit(text, cell, ellipsis=""), style)

    def _differing(self, moment: Moment, shown: range) -> Line:
        g, cell = self.glyphs, self._cell
        out: Line = [Segment(fit(f" {tr('differs')}", LABEL), MUTED)]
        for place in shown:
            found = moment.found.columns[place].found
            sign, style = " ", FAINT
            if found is not None:
                sign = {"same": "=", "unknown": "?"}.get(found.outcome, g.differs)
                style = BAD if found.differs else FAINT
            if place == moment.at and sign != " ":
                style = _PLAIN_NOW if self.plain else _NOW
            out.append(Segment(fit(sign, cell, ellipsis=""), style))
        return out

    def _first(self, moment: Moment, shown: range) -> Line:
        """Under all, an arrow to the first difference, or where it lies."""
        if not moment.found.differences:
            return []
        first = moment.found.differences[0]
        said = self.glyphs.text(tr("first difference"))
        if first < shown.start:
            return [Segment(" " * LABEL), Segment(f"{self.glyphs.fetched} {said}", BAD)]
        if first >= shown.stop:
            return [Segment(" " * LABEL), Segment(f"{said} {self.glyphs.feeds}", BAD)]
        at = LABEL + (first - shown.start) * self._cell
        return [Segment(" " * at), Segment(f"^ {said}", BAD)]

    def on_click(self, event: events.Click) -> None:
        offset, moment = event.get_content_offset(self), self.moment
        if moment is None or offset is None or offset.x < LABEL:
            return
        column = self._left + (offset.x - LABEL) // self._cell
        if column < len(moment.found.columns):
            self.post_message(self.Chosen(column))

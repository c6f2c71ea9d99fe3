"""TIMELINE: the run as a pipeline diagram, from the whole model down to the steps of one part."""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.message import Message

from cyclesim.language import tr
from cyclesim.render.timeline import ORDERS, ZOOMS, Order, Pipeline, Pipelines, Zoom
from cyclesim.tui.scene import Scene
from cyclesim.tui.settings.palette import ACCENT, FAINT, MUTED, STRONG
from cyclesim.tui.widgets.panel import CycleChosen, Panel
from cyclesim.tui.widgets.timeline.cells import Pen
from cyclesim.tui.widgets.timeline.words import (
    columns_said,
    cycle_said,
    ilp_said,
    rows_in_view,
    rows_said,
    view_said,
)
from cyclesim.tui.words.lines import Line, line_width
from cyclesim.tui.words.text import crop, fit

__all__ = ["Timeline"]

#: Cells of the row titles, at least.
LABEL = 14
#: The widest a column gets; the few of one part have more room than those of a run.
WIDEST = {"units": 3, "layers": 3, "steps": 6}
#: From this height on the title and the legend stay, even if rows have to give way.
ROOMY = 11
_NAME = MUTED + Style(bold=True)


class Timeline(Panel):
    """The whole run at a glance; follows the current cycle, or the cursor that arrows move."""

    BINDINGS = [
        Binding("left", "beside(-1)", "before", show=False),
        Binding("right", "beside(1)", "after", show=False),
        Binding("up", "above(1)", "up", show=False),
        Binding("down", "above(-1)", "down", show=False),
        Binding("home", "end(-1)", "first", show=False),
        Binding("end", "end(1)", "last", show=False),
        Binding("enter", "choose", "go", show=False),
    ]

    class Pointed(Message):
        """The cursor is on a cycle: `text` says which; "" when there is no cursor any more."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.zoom: Zoom = "layers"
        self.order: Order = "run"
        self._pictures = Pipelines(())
        self._picture: Pipeline = self._pictures.picture(self.zoom, self.order)
        self._cursor: int | None = None
        self._at: int | None = None
        self._left = self._top = 0

    # -- for the screen ----------------------------------------------------------------------

    @property
    def wanted(self) -> int:
        """How many lines show all of it."""
        return self._most + 3

    @property
    def cursor(self) -> int | None:
        """The cycle that the arrows have come to; None where we look."""
        return self._cursor

    def show(self, scene: Scene) -> None:
        whole = (scene.ended and not scene.failure) or scene.executed > len(scene.plan)
        source = scene.trace.cycles[: scene.executed] if whole else scene.plan.cycles
        if not self._pictures.is_of(source):
            self._pictures = Pipelines(source)
            self._cursor = None
        if scene.at != self._at:
            self._at, self._cursor = scene.at, None
        super().show(scene)

    def turn_rows(self) -> str:
        """Zoom the rows in, or back out to the whole model; returns what they are now."""
        self.zoom = ZOOMS[(ZOOMS.index(self.zoom) + 1) % len(ZOOMS)]
        self.rebuild()
        return f"{rows_said(self._pictures, self.zoom, self._here)}."

    def turn_columns(self) -> str:
        """The other order of the columns; returns what they are now."""
        self.order = ORDERS[(ORDERS.index(self.order) + 1) % len(ORDERS)]
        self.rebuild()
        return f"{columns_said(self.order)}. {ilp_said(self._pictures)}."

    # -- what is where -----------------------------------------------------------------------

    @property
    def _here(self) -> int:
        """The cycle that has to be in view."""
        at = self._cursor if self._cursor is not None else self._at or 0
        return max(0, min(at, len(self._pictures.cycles) - 1))

    @property
    def _most(self) -> int:
        # While the steps go from part to part, the room for them stays the same.
        return self._pictures.tallest if self.zoom == "steps" else len(self._picture.rows)

    @property
    def _framed(self) -> bool:
        """Whether there is room for the title and the legend."""
        return self.size.height >= min(self.wanted, ROOMY)

    @property
    def _rows_shown(self) -> int:
        return max(1, self.size.height - (3 if self._framed else 1))

    @property
    def _label(self) -> int:
        longest = max((cell_len(row.title) for row in self._picture.rows), default=0)
        return max(LABEL, min(longest + 4, self.size.width // 5))

    @property
    def _room(self) -> int:
        return max(self.scrollable_content_region.width - self._label, 1)

    @property
    def _cell_width(self) -> int:
        fitting = self._room // max(len(self._picture.columns), 1)
        return max(1, min(WIDEST[self.zoom], fitting))

    @property
    def _columns(self) -> range:
        """The columns in view."""
        return self._picture.columns[self._left : self._left + self._room // self._cell_width]

    def rebuild(self) -> None:
        """Choose the picture, scroll it, and draw what of it is visible."""
        scene = self.scene
        self._picture = picture = self._pictures.picture(self.zoom, self.order, self._here)
        width = self.scrollable_content_region.width
        if scene is None or width <= self._label:
            self.repaint([])
            return
        columns = max(self._room // self._cell_width, 1)
        now = picture.column.get(self._here, 0) - picture.columns.start
        margin = min(8, columns // 4)
        if now - margin < self._left:
            self._left = now - margin
        if now + margin >= self._left + columns:
            self._left = now + margin - columns + 1
        self._left = max(0, min(self._left, len(picture.columns) - columns))
        row, rows = picture.row.get(self._here, 0), self._rows_shown
        # Keep the row after the current one in view, too: that is where the run goes.
        if row < self._top or row + 1 >= self._top + rows:
            self._top = row - rows // 2
        self._top = max(0, min(self._top, len(picture.rows) - rows))
        pen = Pen.of(
            scene, picture, self.glyphs, self.plain, self._cell_width,
            self._cursor,
        )  # fmt: skip
        self.repaint([self._line(scene, pen, y, width) for y in range(self.size.height)])

    # -- drawing -----------------------------------------------------------------------------

    def _line(self, scene: Scene, pen: Pen, y: int, width: int) -> Line:
        top = 1 if self._framed else 0
        if y < top:
            return self._title_line(width)
        if y == top:
            label = tr("level") if self.order == "data" else tr("cycle")
            style = ACCENT if self.has_focus and not self._framed else MUTED
            first = Segment(fit(f" {label}", self._label), style)
            return [first, *pen.ruler(self._columns, width - self._label)]
        if self._framed and y == self.size.height - 1:
            return pen.legend(self._columns, width)
        row = y - top - 1 + self._top
        return self._row(scene, pen, row) if row < len(self._picture.rows) else []

    def _row(self, scene: Scene, pen: Pen, index: int) -> Line:
        row = self._picture.rows[index]
        here = scene.at in row.numbers
        style = STRONG if here else MUTED if row.numbers[0] < scene.executed else FAINT
        mark = self.glyphs.current if here else " "
        title = fit(f" {row.title}", self._label - 2, ellipsis=self.glyphs.ellipsis)
        return [Segment(f"{title}{mark} ", style), *pen.row(index, self._columns)]

    def _title_line(self, width: int) -> Line:
        """What rows and columns are, the parallelism, and what of a long run is in view."""
        text = self.glyphs.text
        right = [Segment(text(ilp_said(self._pictures)) + " ", MUTED)]
        rows = rows_in_view(self._top, self._rows_shown, len(self._picture.rows))
        for view in (view_said(self._picture, self._columns), rows):
            if view:
                right.insert(0, Segment(text(view) + "   ", ACCENT))
        room = max(width - line_width(right) - 2, 0)
        out: Line = [Segment(" " + tr("TIMELINE"), ACCENT if self.has_focus else _NAME)]
        rows = rows_said(self._pictures, self.zoom, self._here)
        for said, key in ((rows, "l"), (columns_said(self.order), "d")):
            part = crop(text(said), room - line_width(out) - 6, self.glyphs.ellipsis)
            out += [Segment(f"  {part}", MUTED), Segment(f" ({key})", FAINT)]
        return [*Segment.adjust_line_length(out, room, pad=True), Segment("  "), *right]

    # -- the cursor --------------------------------------------------------------------------

    def _point(self, number: int | None) -> None:
        """Put the cursor on cycle `number` and say what it is."""
        if number is None or not 0 <= number < len(self._pictures.cycles):
            return
        self._cursor = number
        self.rebuild()
        self.post_message(self.Pointed(cycle_said(self._pictures, number, self.order)))

    def action_beside(self, by: int) -> None:
        """One cycle to the left or right, into the next part where this one ends."""
        picture = self._picture
        if not picture.sequence:
            return
        beside = picture.beside(self._here, by)
        if beside is None and self.zoom == "steps":
            beside = min(picture.row) - 1 if by < 0 else max(picture.row) + 1
        self._point(beside)

    def action_above(self, rows: int) -> None:
        """To the nearest cycle of the row above or below."""
        if self._picture.rows:
            self._point(self._picture.above(self._here, rows))

    def action_end(self, side: int) -> None:
        """To the first or the last cycle of the picture."""
        sequence = self._picture.sequence
        if sequence:
            self._point(sequence[0 if side < 0 else -1])

    def action_choose(self) -> None:
        """Go to the cycle under the cursor."""
        if self._cursor is not None:
            self.post_message(CycleChosen(self._cursor))

    def _leave(self) -> None:
        if self._cursor is not None:
            self._cursor = None
            self.post_message(self.Pointed(""))
        self.rebuild()

    def on_focus(self) -> None:
        self.rebuild()

    def on_blur(self) -> None:
        self._leave()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if self.scene is None or offset is None or offset.x < self._label:
            return
        place = (offset.x - self._label) // self._cell_width
        if place >= len(self._columns):
            return
        row = offset.y - (2 if self._framed else 1) + self._top
        number = self._nearest(row, self._columns[place])
        if number is not None:
            self.post_message(CycleChosen(number))

    def _nearest(self, row: int, column: int) -> int | None:
        """The cycle of that column nearest to that row; the next of several at each click."""
        rows = sorted(range(len(self._picture.rows)), key=lambda r: abs(r - row))
        numbers = next((c for r in rows if (c := self._picture.cell(r, column))), ())
        if self._at in numbers:
            return numbers[(numbers.index(self._at) + 1) % len(numbers)]
        return numbers[0] if numbers else None

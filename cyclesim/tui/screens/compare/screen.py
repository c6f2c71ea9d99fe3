"""The compare screen: two runs side by side, the same step of both, and where they differ.

Everything it shows is in one `Comparison`, made by the session's thread; the screen only chooses
which column, tensor and cell of it are looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen

from cyclesim.language import tr
from cyclesim.render.heatmap import Matrix
from cyclesim.tui.compare.alignment import Column, Comparison
from cyclesim.tui.compare.keys import compare_bindings
from cyclesim.tui.compare.twin import Moment
from cyclesim.tui.compare.twins import Twins
from cyclesim.tui.scene import Scene
from cyclesim.tui.screens.compare.help import CompareHelp
from cyclesim.tui.screens.dialogs.against import ColumnDialog
from cyclesim.tui.tensors.listing import Listing
from cyclesim.tui.widgets.bars import TabBar
from cyclesim.tui.widgets.panel import Panel
from cyclesim.tui.widgets.twin.bars import FoundBar, RunBar, TwinBar, TwinKeyBar, WhereBar
from cyclesim.tui.widgets.twin.both import AnswersPane
from cyclesim.tui.widgets.twin.panel import TwinPanel
from cyclesim.tui.widgets.twin.side import CellChosen, DeltaPane, SidePane
from cyclesim.tui.widgets.twin.strip import TwinStrip

if TYPE_CHECKING:
    from cyclesim.tui.app import CyclesimApp

__all__ = ["CompareScreen"]

#: The panes, and those that stand together where there is room for two.
PANES = ("a", "b", "delta", "answers")
PAIRS = (("a", "b"), ("delta", "answers"))
#: From so many columns on there is room for two panes side by side, from so many lines for four.
WIDE, HIGH = 100, 34


class CompareScreen(Screen[int | None]):
    """Two runs side by side; leaves with the cycle to look at on the main screen, or None.

    Args:
        found: the comparison.
        scene: the moment of the main screen that it stands over.
        finish: asks for the rest of the first run.
    """

    CSS_PATH = "screen.tcss"
    BINDINGS = compare_bindings()
    AUTO_FOCUS = ""

    def __init__(self, found: Comparison, scene: Scene, finish: Callable[[], None]) -> None:
        super().__init__()
        self._found, self._scene, self._finish = found, scene, finish
        self._twins: Twins | None = None
        self._at = found.column_of(scene.at)
        if found.differences and scene.at == found.executed - 1:
            # Whoever stands at the end looks at nothing in particular: begin where it begins.
            self._at = found.differences[0]
        self._tensor = self._place = self._view = 0
        self._cursor = (0, 0)

    @property
    def moment(self) -> Moment:
        """What is shown."""
        if self._twins is None:
            self._twins = Twins(self._found, cast("CyclesimApp", self.app).glyphs.fetched)
        twin = self._twins.at(self._at, self._tensor, self._place)
        return Moment(self._scene, self._found, self._at, twin, self._cursor)

    def compose(self) -> ComposeResult:
        yield RunBar("A", id="run-a")
        yield RunBar("B", id="run-b")
        yield FoundBar(id="found")
        yield TwinStrip(id="twin-strip")
        yield WhereBar(id="where")
        yield TabBar(id="twin-tabs")
        with Container(id="sides"):
            yield SidePane("A", id="side-a")
            yield SidePane("B", id="side-b")
            yield DeltaPane(id="side-delta")
            yield AnswersPane(id="side-answers")
        yield TwinKeyBar(id="keys")

    def on_mount(self) -> None:
        self._arrange()

    def on_resize(self, event: events.Resize) -> None:
        self._arrange()

    def renew(self, found: Comparison, scene: Scene) -> None:
        """More of the first run has run: show that, at the same place."""
        column = self._found.columns[self._at] if self._found.columns else None
        self._found, self._scene, self._twins = found, scene, None
        self._at = _again(found, column)
        self._show()

    # -- painting ----------------------------------------------------------------------------

    def _show(self) -> None:
        if not self._found.columns:
            return
        moment = self.moment
        for part in self.query("TwinBar, TwinPanel").results():
            cast("TwinBar | TwinPanel", part).face(moment)

    def _views(self) -> tuple[tuple[str, ...], ...]:
        """What can be shown at once, in the order of the tabs."""
        width, height = self.app.size
        if width >= WIDE and height >= HIGH:
            return (PANES, *PAIRS)
        return PAIRS if width >= WIDE else tuple((pane,) for pane in PANES)

    def _arrange(self) -> None:
        """As many panes as there is room for."""
        views = self._views()
        self._view %= len(views)
        shown = views[self._view]
        self.set_class(len(shown) == 2, "-pair")
        self.set_class(len(shown) == 1, "-one")
        self.query_one("#twin-strip").styles.height = 5 if self.app.size.height >= 30 else 4
        for pane in PANES:
            self.query_one(f"#side-{pane}", Panel).display = pane in shown
        names = {"a": "A", "b": "B", "delta": "A − B", "answers": tr("answers")}
        text = cast("CyclesimApp", self.app).glyphs.text
        titles = tuple(
            (str(i), tr("all") if len(view) > 2 else text(" | ".join(names[p] for p in view)))
            for i, view in enumerate(views)
        )
        self.query_one("#twin-tabs", TabBar).select(titles, str(self._view))
        self.call_after_refresh(self._show)

    # -- going -------------------------------------------------------------------------------

    def _go(self, column: int) -> None:
        column = max(0, min(column, len(self._found.columns) - 1))
        if column != self._at:
            self._at, self._tensor = column, 0
        self._show()

    def action_step(self) -> None:
        self._go(self._at + 1)

    def action_back(self) -> None:
        self._go(self._at - 1)

    def action_next_difference(self) -> None:
        """The next one; after the last comes the first."""
        found = self._found.differences
        self._go(next((c for c in found if c > self._at), found[0] if found else self._at))

    def action_previous_difference(self) -> None:
        found = self._found.differences[::-1]
        self._go(next((c for c in found if c < self._at), found[0] if found else self._at))

    def action_next_layer(self) -> None:
        columns = self._found.columns
        here = columns[self._at].cycle.layer
        after = range(self._at + 1, len(columns))
        self._go(next((i for i in after if columns[i].cycle.layer != here), len(columns) - 1))

    def action_previous_layer(self) -> None:
        start = self._start(self._at)
        self._go(start if start < self._at else self._start(max(start - 1, 0)))

    def _start(self, column: int) -> int:
        """The first column of the layer that `column` is in."""
        columns = self._found.columns
        while column > 0 and columns[column - 1].cycle.layer == columns[column].cycle.layer:
            column -= 1
        return column

    def action_goto(self) -> None:
        """Ask for a cycle of either run."""

        def answered(text: str | None) -> None:
            if text is not None:
                side, number = text[0], int(text[1:])
                for place, column in enumerate(self._found.columns):
                    cycle = column.a if side == "a" else column.b
                    if cycle is not None and cycle.number == number:
                        self._go(place)
                        return

        last = len(self._found.theirs) - 1
        self.app.push_screen(ColumnDialog(self._found.executed - 1, last), answered)

    @on(TwinStrip.Chosen)
    def _column_chosen(self, message: TwinStrip.Chosen) -> None:
        self._go(message.column)

    # -- what of it --------------------------------------------------------------------------

    def action_next_tensor(self) -> None:
        self._turn_tensor(1)

    def action_previous_tensor(self) -> None:
        self._turn_tensor(-1)

    def _turn_tensor(self, by: int) -> None:
        count = len(self.moment.twin.titles)
        self._tensor = (self._tensor + by) % max(count, 1)
        self._show()

    def action_next_head(self) -> None:
        self._turn_head(1)

    def action_previous_head(self) -> None:
        self._turn_head(-1)

    def _turn_head(self, by: int) -> None:
        self._place = (self._place + by) % max(self.moment.twin.places, 1)
        self._show()

    def action_view(self, by: int = 1) -> None:
        """Show something else of it."""
        self._view = (self._view + by) % len(self._views())
        self._arrange()

    @on(TabBar.Chosen)
    def _tab_chosen(self, message: TabBar.Chosen) -> None:
        self._view = int(message.panel)
        self._arrange()

    def action_move(self, rows: int, columns: int) -> None:
        """Move the cell in both runs."""
        twin = self.moment.twin
        high = wide = 1
        for side in (twin.a, twin.b):
            if isinstance(side.drawn, Matrix):
                high = max(high, side.drawn.values.shape[0])
                wide = max(wide, side.drawn.values.shape[1])
            elif isinstance(side.drawn, Listing):
                high = max(high, len(side.drawn.rows))
        # Where it stood in another tensor may be beyond the ends of this one.
        row, column = min(self._cursor[0], high - 1), min(self._cursor[1], wide - 1)
        self._cursor = (max(0, min(row + rows, high - 1)), max(0, min(column + columns, wide - 1)))
        self._show()

    @on(CellChosen)
    def _cell_chosen(self, message: CellChosen) -> None:
        self._cursor = (message.row, message.column)
        self._show()

    def action_scroll(self, by: int) -> None:
        self.query_one("#side-answers").scroll_relative(y=by, animate=False)

    # -- the rest ----------------------------------------------------------------------------

    def action_finish(self) -> None:
        """Run the first run to its end."""
        if not self._found.ours.complete:
            self._finish()

    def action_help(self) -> None:
        self.app.push_screen(CompareHelp())

    def action_take(self) -> None:
        """Close, and look at this cycle on the main screen."""
        cycle = self._found.columns[self._at].a
        self.dismiss(None if cycle is None else cycle.number)

    def action_close(self) -> None:
        self.dismiss(None)


def _again(found: Comparison, column: Column | None) -> int:
    """Where a column of an earlier comparison is in this one."""
    if column is None:
        return 0
    for place, other in enumerate(found.columns):
        if other.a is column.a if column.a is not None else other.b is column.b:
            return place
    return found.column_of(column.a.number if column.a is not None else None)

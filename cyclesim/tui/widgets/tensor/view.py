"""The tensor panel: draws what `state` knows, and takes the keys of the cell cursor."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np
from rich.segment import Segment
from textual import events
from textual.binding import Binding

from cyclesim.errors import CyclesimError
from cyclesim.language import N_, tr
from cyclesim.render.heatmap import Heatmap, Matrix
from cyclesim.render.multiples import Multiples
from cyclesim.tui.scene import Scene
from cyclesim.tui.settings.palette import ACCENT, BODY, MUTED
from cyclesim.tui.tensors.dimensions import Cut, dimension_name
from cyclesim.tui.tensors.listing import listing_of
from cyclesim.tui.tensors.pairs import Pair
from cyclesim.tui.tensors.slots import Slot
from cyclesim.tui.tensors.sources import SCOPES, observed
from cyclesim.tui.widgets.tensor.figures import figures_lines, histogram_lines
from cyclesim.tui.widgets.tensor.heading import (
    dimensions_line,
    keys_line,
    slots_line,
    title_of,
)
from cyclesim.tui.widgets.tensor.pair import HeatmapPair
from cyclesim.tui.widgets.tensor.reading import WIDE, below, stats_line
from cyclesim.tui.widgets.tensor.sight import Sight
from cyclesim.tui.widgets.tensor.state import TensorState
from cyclesim.tui.widgets.tensor.table import table_lines
from cyclesim.tui.words.lines import Line, wrap
from cyclesim.tui.words.text import fit, number, printable

if TYPE_CHECKING:
    from cyclesim.tui.app import CyclesimApp

__all__ = ["Tensor"]

_FAR = 1_000_000_000
#: What may go wrong when numbers are read: they were not kept, or are none that NumPy knows.
_UNREADABLE = (CyclesimError, ValueError, TypeError, IndexError, MemoryError)


class Tensor(TensorState):
    """The chosen tensor of the current cycle, with a cell cursor."""

    name_shown = N_("Tensor")
    BINDINGS = [
        Binding("up", "move(-1, 0)", show=False),
        Binding("down", "move(1, 0)", show=False),
        Binding("left", "move(0, -1)", show=False),
        Binding("right", "move(0, 1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", f"move(0, -{_FAR})", show=False),
        Binding("end", f"move(0, {_FAR})", show=False),
        Binding("ctrl+home", f"move(-{_FAR}, -{_FAR})", show=False),
        Binding("ctrl+end", f"move({_FAR}, {_FAR})", show=False),
    ]

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._offset = (0, 0)
        self._plot: Heatmap | HeatmapPair | Multiples | None = None
        #: Rows and columns that the cursor can be on, how many rows are a page, and the line the
        #: plot begins at.
        self._extent = (1, 1)
        self._page = 10
        self._top = 0

    # -- drawing -----------------------------------------------------------------------------

    def _before(self, scene: Scene, width: int) -> list[Line]:
        """What will be read, and that nothing has run."""
        said = tr("Nothing has run yet, so there are no numbers. Press {key} to run cycle 0.")
        said = said.format(key=self.key("step"))
        lines: list[Line] = [[], *wrap(f" {said}", width - 1, MUTED)]
        text = scene.plan.header.text
        if text:
            lines += [[], *wrap(f" {printable(text)}", width - 1, BODY, limit=6)]
        return lines

    def build(self, scene: Scene, width: int, height: int) -> list[Line]:
        self._plot = None
        cycle, slot, cut = scene.current, self.slot, self._cut
        if cycle is None or slot is None or cut is None:
            self.entitle(tr("TENSOR"))
            if cycle is None:
                return self._before(scene, width)
            return [[], *wrap(" " + tr("This cycle wrote no tensor."), width - 1, MUTED)]
        self.entitle(title_of(tr("TENSOR"), slot, width - 2))
        lines = [
            slots_line(
                self._slots, self._slot, cycle, width, self.glyphs, self.plain,
                self.key("next_tensor"),
            )
        ]  # fmt: skip
        if 0 in slot.value.shape:
            return [*lines, [], *wrap(" " + tr("This tensor is empty."), width, MUTED)]
        if not slot.value.kept:
            return [*lines, [], *self._not_kept(slot, width)]
        try:
            if self._listed(slot):
                return lines + self._table(scene, slot, width, height - len(lines))
            side = self._side(scene, slot)
            if side is not None and side.value is None:
                return [*lines, [], *wrap(f" {side.text}", width, ACCENT)]
            lines += self._draw(self._look(scene, slot, cut, side), width, height - 1)
        except _UNREADABLE as error:
            return [*lines, [], *wrap(f" {error}", width, MUTED)]
        if len(lines) + 2 <= height:
            lines += [[]] * (height - len(lines) - 1) + [self._keys(width)]
        return lines

    def _keys(self, width: int) -> Line:
        commands = cast("CyclesimApp", self.app).commands
        return keys_line(commands, width, self.glyphs)

    def _not_kept(self, slot: Slot, width: int) -> list[Line]:
        """Why there are no numbers; and what is known of them, where a file kept that."""
        why = tr("Its numbers were not kept.")
        try:
            slot.value.numpy()
        except CyclesimError as error:
            why = str(error)
        lines = wrap(" " + why[:1].upper() + why[1:], width - 1, MUTED)
        if not np.isnan(slot.value.stats.mean):
            lines += [[], stats_line(slot.value.stats, self.glyphs)]
        return lines

    def _table(self, scene: Scene, slot: Slot, width: int, height: int) -> list[Line]:
        table = listing_of(slot.value, scene.trace.header)
        self._cursor = (max(min(self._cursor[0], len(table.rows) - 1), 0), self._cursor[1])
        lines, top = table_lines(
            table, width, height, self._cursor[0], self._offset[0],
            focus=self.has_focus, plain=self.plain,
        )  # fmt: skip
        self._offset, self._extent = (top, 0), (len(table.rows), 1)
        self._page = max(height - 2, 1)
        return lines

    def _draw(self, sight: Sight, width: int, height: int) -> list[Line]:
        notes = self._notes(sight, width)
        if self._drawing == "heatmap":
            return self._matrix(sight, notes, width, height)
        spoken = tr(SCOPES[sight.spoken[1]])
        rest = max(height - len(notes) - 7, 3)
        if self._drawing == "histogram":
            found = sight.histogram(min(rest, 24))
            scale = sight.matrix.scale
            return notes + histogram_lines(found, scale, spoken, width, self.glyphs, self.plain)
        return notes + figures_lines(sight.figures, spoken, width, self.glyphs)

    def _notes(self, sight: Sight, width: int) -> list[Line]:
        """What these numbers are, where they are not simply those of the tensor."""
        said = []
        if sight.side is not None:
            said.append(sight.side.text[:1].upper() + sight.side.text[1:] + ".")
        if sight.heads == "mean":
            words = tr("Mean over {count} heads, computed from the observed.")
            if sight.slot.value.kind == "recomputed":
                words = tr("Mean over {count} heads, computed from the recomputed.")
            said.append(words.format(count=sight.count))
        elif sight.slot.value.kind == "recomputed" and self._beside is not None:
            words = tr("Recomputed, not observed: with V, within {off} of what the kernel wrote.")
            said.append(words.format(off=number(self._beside.made.difference, 2)))
        return [
            line
            for text in said
            for line in wrap(" " + self.glyphs.text(text), width - 1, ACCENT, limit=2)
        ]

    def _matrix(self, sight: Sight, notes: list[Line], width: int, height: int) -> list[Line]:
        self._extent = sight.cut.drawn_shape
        self._cursor = sight.cut.within(self._cursor)
        room = height - len(notes) - 1
        under = 5 if room >= 12 else 4 if room >= 10 else 3 if room >= 8 else 2 if room >= 6 else 1
        if width >= WIDE:
            under = min(under, 2 if room < 12 else 3)
        plot: Heatmap | HeatmapPair | Multiples
        heads: np.ndarray | None = None
        if sight.heads == "all":
            # Better all heads than all that could be said of them.
            least = min(under, 3)
            plot = tiles = self._multiples(sight, width, room - least)
            if len(tiles.page) < sight.count:
                plot = tiles = self._multiples(sight, width, room - least - 1)
                notes = [*notes, self._page_note(tiles, sight.count)]
            under = max(least, min(under, room - plot.height))
            heads = sight.grids[:, self._cursor[0], self._cursor[1]]
        elif (pair := self._other(sight)) is not None:
            plot, note = self._side_by_side(sight, *pair, width, max(room - under - 1, 2))
            notes = [*notes, note]
        else:
            plot = self._heatmap(sight, width, max(room - under, 2))
        self._plot = plot
        self._offset = (plot.first[0], plot.first[1])
        self._page = max(plot.shown[0] - 1, 1)
        levels = np.unique(plot.levels).tolist()
        hint = "" if self.aimed else tr("arrows")
        said = below(
            sight, self._cursor, levels, width, under, self.glyphs, self.plain, heads, hint
        )
        air = 1 if room >= plot.height + len(said) + 2 else 0
        key = self.key("next_head")
        top: list[Line] = [
            dimensions_line(sight.cut, plot.first, plot.shown, width, self.glyphs, key),
            *notes,
        ]
        self._top = 1 + len(top) + air
        drawn = [plot.line(y) for y in range(plot.height)]
        return [*top, *([[]] * air), *drawn, *([[]] * air), *said]

    def _heatmap(self, sight: Sight, width: int, height: int) -> Heatmap:
        return Heatmap(
            sight.matrix, width - 1, height, self._cursor, offset=self._offset, plain=self.plain,
            marker=self.glyphs.now, zoom=self._zoom,
        )  # fmt: skip

    def _other(self, sight: Sight) -> tuple[Pair, Matrix] | None:
        """Its gradient, or what it is the gradient of, cut in the same way."""
        pair = self._pair(self.scene) if self.scene is not None and sight.heads == "one" else None
        if pair is None:
            return None
        other = pair.data if pair.gradient is sight.slot.value else pair.gradient
        source = observed(other)
        cut, shown = sight.cut, sight.matrix
        return pair, replace(shown, values=source.grid(cut), scale=source.scale[0])

    def _side_by_side(
        self, sight: Sight, pair: Pair, other: Matrix, width: int, height: int
    ) -> tuple[HeatmapPair, Line]:
        own = pair.gradient is sight.slot.value
        data, gradient = (other, sight.matrix) if own else (sight.matrix, other)

        def draw(matrix: Matrix, room: int) -> Heatmap:
            return Heatmap(
                matrix, room, height, self._cursor, offset=self._offset, plain=self.plain,
                marker=self.glyphs.now, zoom=self._zoom,
            )  # fmt: skip

        plot = HeatmapPair(draw, data, gradient, width - 1, own)
        row, column = self._cursor
        said = [
            f"{tr(word)} {number(float(matrix.values[row, column]), 4)}"
            for word, matrix in ((N_("data"), data), (N_("gradient"), gradient))
        ]
        if not own or pair.number != sight.cycle.number:
            said[not own] += f" {self.glyphs.fetched} {pair.number}"
        left = Segment(fit(" " + self.glyphs.text(said[0]), plot.half), ACCENT)
        return plot, [left, Segment(self.glyphs.text(f" {said[1]}"), ACCENT)]

    def _multiples(self, sight: Sight, width: int, height: int) -> Multiples:
        name = dimension_name("head")
        return Multiples(
            sight.grids, [f"{name} {head}" for head in range(sight.count)], sight.matrix.scale,
            width - 1, height, self.head, self._cursor, offset=self._offset, plain=self.plain,
        )  # fmt: skip

    def _page_note(self, tiles: Multiples, count: int) -> Line:
        """Which heads are on the screen, where not all are."""
        words = tr("Heads {first}–{last} of {count}; {key} goes on.")
        said = words.format(
            first=tiles.page[0], last=tiles.page[-1], count=count, key=self.key("next_head")
        )
        return [Segment(" " + self.glyphs.text(said), ACCENT)]

    # -- keys and mouse ----------------------------------------------------------------------

    def zoom(self, by: int) -> str:
        """Make the cells larger or smaller."""
        plot = self._plot
        if not isinstance(plot, Heatmap | HeatmapPair):
            said = tr("Only one heatmap has cells to zoom: {heads} and {drawing} lead back to it.")
            return said.format(heads=self.key("heads"), drawing=self.key("drawing"))
        was = (plot.cell_width, plot.cell_height)
        self._zoom += by
        self.rebuild()
        now = self._plot
        if isinstance(now, Heatmap | HeatmapPair) and (now.cell_width, now.cell_height) == was:
            self._zoom -= by
            largest = tr("The cells are as large as they get.")
            return largest if by > 0 else tr("The cells are as small as they get.")
        return ""

    def action_page(self, pages: int) -> None:
        """A screenful up or down."""
        self.action_move(pages * self._page, 0)

    def action_move(self, rows: int, columns: int) -> None:
        """Move the cell cursor."""
        high, wide = self._extent
        row = max(0, min(self._cursor[0] + rows, high - 1))
        column = max(0, min(self._cursor[1] + columns, wide - 1))
        self._point(row, column)

    def _point(self, row: int, column: int) -> None:
        plot = self._plot
        if isinstance(plot, Heatmap | HeatmapPair) and not plot.matrix.holds(row, column):
            return
        self._aim(row, column)
        self._changed()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or self._plot is None:
            return
        found = self._plot.cell_at(offset.x, offset.y - self._top)
        if found is None:
            return
        if len(found) == 3:
            dimension, cut = self._head_dimension(), self._cut
            assert dimension is not None and isinstance(cut, Cut)
            self._aim(found[1], found[2])
            self.lay(cut.placed(dimension, found[0]))
        else:
            self._point(*found)

    def on_focus(self) -> None:
        self.rebuild()

    def on_blur(self) -> None:
        self.rebuild()

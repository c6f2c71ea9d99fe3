"""TENSOR: the numbers of one tensor of the current cycle, as a heatmap or a small table."""

from __future__ import annotations

import numpy as np
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding

from cyclesim.errors import CyclesimError
from cyclesim.render.colour import UNIT_COLOURS
from cyclesim.render.heatmap import Heatmap, Matrix, legend
from cyclesim.trace import Cycle
from cyclesim.tui.beside import Beside, BesideCache
from cyclesim.tui.explaining import words_for
from cyclesim.tui.palette import ACCENT, BODY, FAINT, MUTED, STRONG
from cyclesim.tui.scene import Scene
from cyclesim.tui.tensors import Listing, Slot, is_probability, leading, picture, slots_of
from cyclesim.tui.text import crop, fit, number, shape_text
from cyclesim.tui.widgets.panel import Line, Panel, line_width, wrap

__all__ = ["Tensor"]

_NAN = Style(color="#ffffff", bgcolor="#c4352b", bold=True)


class Tensor(Panel):
    """The chosen tensor of the current cycle, with a cell cursor."""

    name_shown = "Tensor"
    BINDINGS = [
        Binding("up", "move(-1, 0)", "up", show=False),
        Binding("down", "move(1, 0)", "down", show=False),
        Binding("left", "move(0, -1)", "left", show=False),
        Binding("right", "move(0, 1)", "right", show=False),
        Binding("pageup", "move(-10, 0)", "up", show=False),
        Binding("pagedown", "move(10, 0)", "down", show=False),
        Binding("home", "move(0, -1000000)", "first", show=False),
        Binding("end", "move(0, 1000000)", "last", show=False),
    ]

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._cycle: Cycle | None = None
        self._slots: list[Slot] = []
        self._beside: Beside | None = None
        self._cache = BesideCache()
        self._slot = 0
        self._cursor = (0, 0)
        self._offset = (0, 0)
        #: Position in the leading dimensions, counted from the innermost: head, batch, …
        self._fixed: list[int] = []
        self._picture: tuple[object, Matrix | Listing] | None = None
        self._heatmap: Heatmap | None = None
        self._top = 0

    # -- what is shown -----------------------------------------------------------------------

    @property
    def cursor(self) -> tuple[int, int]:
        """Row and column of the cell cursor."""
        return self._cursor

    @property
    def slot(self) -> Slot | None:
        """The tensor that is shown."""
        return self._slots[self._slot] if self._slots else None

    @property
    def head(self) -> int:
        """The innermost leading position (the attention head)."""
        return self._fixed[0] if self._fixed else 0

    @property
    def output(self) -> int:
        """Which output of the cycle is shown; 0 if it is another tensor."""
        return self._slot if self.slot is not None and self.slot.output else 0

    @property
    def cell(self) -> tuple[int, ...] | None:
        """Index of the cell under the cursor, where an output is shown."""
        slot, drawn = self.slot, self._picture[1] if self._picture is not None else None
        if slot is None or not slot.output or not isinstance(drawn, Matrix):
            return None
        if drawn.count is not None:  # a vector, drawn in rows
            place = self._cursor[0] * drawn.values.shape[1] + self._cursor[1]
            return tuple(int(i) for i in np.unravel_index(place, slot.value.shape))
        return (*self._positions(slot), *self._cursor)

    def show(self, scene: Scene) -> None:
        if scene.current is not self._cycle:
            self._cycle = scene.current
            self._beside = self._cache.of(self._cycle) if self._cycle is not None else None
            more = self._beside.values if self._beside is not None else ()
            self._slots = slots_of(self._cycle, self.glyphs.fetched, more) if self._cycle else []
            self._slot = 0
            self._picture = None
            self._top = 0
        super().show(scene)

    def choose(self, by: int) -> None:
        """Show another tensor of the cycle."""
        if self._slots:
            self._slot = (self._slot + by) % len(self._slots)
            self._picture = None
            self.rebuild()

    def turn(self, dimension: int, by: int) -> None:
        """Move along a leading dimension: 0 is the innermost (heads), 1 the one before (batch)."""
        slot = self.slot
        sizes = leading(slot.value.shape)[::-1] if slot else ()
        if dimension >= len(sizes):
            return
        while len(self._fixed) < len(sizes):
            self._fixed.append(0)
        self._fixed[dimension] = (self._fixed[dimension] + by) % max(sizes[dimension], 1)
        self._picture = None
        self.rebuild()

    def _positions(self, slot: Slot) -> tuple[int, ...]:
        sizes = leading(slot.value.shape)[::-1]
        chosen = [*self._fixed, *([0] * len(sizes))]
        return tuple(min(c, max(s - 1, 0)) for c, s in zip(chosen, sizes, strict=False))[::-1]

    # -- drawing -----------------------------------------------------------------------------

    def build(self, scene: Scene, width: int, height: int) -> list[Line]:
        cycle, slot = self._cycle, self.slot
        self._heatmap = None
        if cycle is None or slot is None:
            self.entitle("TENSOR")
            return self._nothing(scene, cycle, width)
        value = slot.value
        self.entitle(f"TENSOR  {slot.title}  {shape_text(value.shape)} {value.dtype}")
        lines: list[Line] = [self._chooser(slot, width)]
        if 0 in value.shape:
            return [*lines, [], *wrap(" This tensor is empty.", width, MUTED)]
        if not value.kept:
            return [*lines, [], *self._not_kept(slot, width)]
        key = (id(value), self._positions(slot))
        if self._picture is None or self._picture[0] != key:
            named = words_for(cycle, scene.trace).axes if slot.output else ()
            axes = named[self._slot] if self._slot < len(named) else ()
            if value.kind == "recomputed":
                axes = ("batch", "head", "query", "key")[-len(value.shape) :]
            try:
                drawn = picture(slot, cycle, scene.plan.header, self._positions(slot), axes)
            except (CyclesimError, ValueError, TypeError, IndexError) as error:
                return [*lines, [], *wrap(f" {error}", width, MUTED)]
            self._picture = (key, drawn)
        drawn = self._picture[1]
        if value.kind == "recomputed" and self._beside is not None:
            lines += self._difference(self._beside, width)
        if isinstance(drawn, Listing):
            return lines + self._listing(drawn, width, height - len(lines))
        return lines + self._matrix(slot, cycle, drawn, width, height - len(lines), len(lines))

    def _not_kept(self, slot: Slot, width: int) -> list[Line]:
        """Why there are no numbers; and what is known of them, where a file kept that."""
        why = "Its numbers were not kept."
        try:
            slot.value.numpy()
        except CyclesimError as error:
            why = str(error)
        lines = wrap(" " + why[:1].upper() + why[1:], width - 1, MUTED)
        if not np.isnan(slot.value.stats.mean):
            lines += [[], self._stats(slot, width)]
        return lines

    def _nothing(self, scene: Scene, cycle: Cycle | None, width: int) -> list[Line]:
        text = (
            "Nothing has run yet, so there are no numbers. Press n to run cycle 0."
            if cycle is None
            else "This cycle wrote no tensor."
        )
        return [[], *wrap(f" {text}", width - 1, MUTED)]

    def _difference(self, beside: Beside, width: int) -> list[Line]:
        """That nobody observed this, and how near it is to what was observed."""
        off = self.glyphs.text(number(beside.made.difference, 2))
        said = f" Recomputed, not observed: with V, within {off} of what the kernel wrote."
        return wrap(said, width - 1, ACCENT, limit=2)

    def _chooser(self, slot: Slot, width: int) -> Line:
        """Which tensor of the cycle this is, and the key for the others."""
        sizes = leading(slot.value.shape)
        right = ""
        if sizes:
            place = self._positions(slot)
            if len(sizes) >= 2:
                right = f"head {place[-1]} of {sizes[-1]} (h)"
                if sizes[-2] > 1:
                    right = f"batch {place[-2]} of {sizes[-2]} (.)  {right}"
            elif sizes[-1] > 1:
                right = f"batch {place[-1]} of {sizes[-1]} (h)"
        room = width - cell_len(right) - 2
        longest = max(12, room - 12)
        titles = [f" {crop(s.title, longest, self.glyphs.ellipsis)} " for s in self._slots]
        more = f" {self.glyphs.ellipsis}"
        # Start so far to the right that the chosen one is seen.
        first = 0
        while first < self._slot and sum(map(cell_len, titles[first : self._slot + 1])) > room - 6:
            first += 1
        out: Line = [Segment(more, FAINT)] if first else []
        for index in range(first, len(titles)):
            rest = 8 if index + 1 < len(titles) else 0
            if index != self._slot and line_width(out) + cell_len(titles[index]) > room - rest:
                out.append(Segment(more, FAINT))
                break
            style = MUTED
            if index == self._slot:
                unit = self._cycle.unit if self._cycle is not None else "other"
                style = Style(color="#0b0e12", bgcolor=UNIT_COLOURS[unit], bold=True)
                style = Style(reverse=True, bold=True) if self.plain else style
            out.append(Segment(titles[index], style))
        if len(titles) > 1 and line_width(out) + 6 <= room:
            out.append(Segment("  (o)", FAINT))
        gap = width - line_width(out) - cell_len(right) - 1
        if right and gap >= 0:
            out += [Segment(" " * gap), Segment(right, ACCENT)]
        return out

    def _matrix(
        self, slot: Slot, cycle: Cycle, matrix: Matrix, width: int, height: int, above: int
    ) -> list[Line]:
        rows, columns = matrix.values.shape
        self._cursor = (min(self._cursor[0], rows - 1), min(self._cursor[1], columns - 1))
        # Where the lines are long, statistics and legend share one.
        wide = width >= 76
        below = 2 if wide and height >= 5 else 3 if height >= 8 else 2 if height >= 6 else 1
        air = 1 if height >= matrix.values.shape[0] + below + 3 else 0
        plot = Heatmap(
            matrix, width - 1, max(height - below - 2 * air, 2), self._cursor,
            offset=self._offset, plain=self.plain, marker=self.glyphs.now,
        )  # fmt: skip
        self._heatmap, self._offset = plot, (plot.first[0], plot.first[1])
        self._top = above + air
        lines: list[Line] = [[]] * air + [plot.line(y) for y in range(plot.height)] + [[]] * air
        lines.append(self._reading(slot, cycle, matrix, width))
        if below >= 2:
            lines.append(self._stats(slot, width))
        if below == 2 and wide:
            lines[-1] += [Segment("    "), *self._legend(matrix)]
        if below >= 3:
            lines.append([Segment(" "), *self._legend(matrix)])
        if line_width(lines[-1]) > width:
            lines[-1].pop()  # the words after the colours
        self._say_part(lines[0], plot, width)
        return lines

    def _legend(self, matrix: Matrix) -> Line:
        g = self.glyphs
        return [
            Segment(g.text(s.text), s.style) if not s.text.isspace() and not self.plain else
            Segment(s.text if s.text in matrix.scale.glyphs else g.text(s.text), s.style)
            for s in legend(matrix.scale, plain=self.plain)
        ]  # fmt: skip

    def _reading(self, slot: Slot, cycle: Cycle, matrix: Matrix, width: int) -> Line:
        """The cell under the cursor, exactly."""
        row, column = self._cursor
        value = float(matrix.values[row, column])
        g = self.glyphs
        where = f" {matrix.row(row)} {g.feeds} {matrix.column(column)} "
        if not matrix.rows and not matrix.columns:
            where = f" [{row},{column}] "
        elif matrix.count is not None:
            where = f" [{row * matrix.values.shape[1] + column}] "
        elif not matrix.columns:
            where = f" {matrix.row(row)}, column {column} "
        exact = number(value, 7)
        style = _NAN if np.isnan(value) else STRONG
        out: Line = [Segment(where, BODY), Segment(f"= {exact}", style)]
        if is_probability(slot, cycle):
            total = float(np.nansum(matrix.values[row]))
            for words in ("   row sum ", "  sum "):
                if line_width(out) + len(words) + 6 <= width:
                    out += [Segment(words, MUTED), Segment(f"{total:.4f}", BODY)]
                    break
        return out

    def _say_part(self, line: Line, plot: Heatmap, width: int) -> None:
        """Add to `line` which part of the matrix is shown, where it is not all of it."""
        parts = []
        for name, first, shown, total in zip(
            ("rows", "columns"), plot.first, plot.shown, plot.matrix.values.shape, strict=True
        ):
            if shown < total:
                parts.append(f"{name} {first}–{first + shown - 1} of {total}")
        text = self.glyphs.text(", ".join(parts))
        gap = width - line_width(line) - cell_len(text) - 1
        if parts and gap < 1:
            text = self.glyphs.text(parts[-1].replace("columns ", "").replace("rows ", ""))
            gap = width - line_width(line) - cell_len(text) - 1
        if parts and gap >= 1:
            line += [Segment(" " * gap), Segment(text, MUTED)]

    def _stats(self, slot: Slot, width: int) -> Line:
        stats = slot.value.stats
        out: Line = []
        for name, value in (("min", stats.min), ("max", stats.max), ("mean", stats.mean)):
            out += [Segment(f" {name} ", FAINT), Segment(number(value, 3), MUTED)]
        out += [Segment(" NaN ", FAINT), Segment(f"{stats.nan}", _NAN if stats.nan else MUTED)]
        if stats.inf:
            out += [Segment(" inf ", FAINT), Segment(f"{stats.inf}", MUTED)]
        if not stats.nan and not stats.inf and line_width(out) > width:
            out = out[:-2]
        return [Segment(self.glyphs.text(s.text), s.style) for s in out]

    def _listing(self, table: Listing, width: int, height: int) -> list[Line]:
        widths = [
            max(cell_len(name), *(cell_len(row[i]) for row in table.rows), 1)
            if table.rows
            else cell_len(name)
            for i, name in enumerate(table.columns)
        ]
        while sum(widths) + 2 * len(widths) + 1 > width and max(widths) > 6:
            widths[widths.index(max(widths))] -= 1
        texts = [bool(table.rows) and not _numeric(table.rows[0][i]) for i in range(len(widths))]
        self._cursor = (min(self._cursor[0], max(len(table.rows) - 1, 0)), self._cursor[1])
        room = max(height - 2, 1)
        top = max(0, min(self._offset[0], self._cursor[0]))
        top = max(top, self._cursor[0] - room + 1)
        top = min(top, max(0, len(table.rows) - room))
        self._offset = (top, 0)
        self._top = 2

        def line(cells: tuple[str, ...], style: Style, strong: Style) -> Line:
            out: Line = [Segment(" ")]
            for place, (cell, size) in enumerate(zip(cells, widths, strict=True)):
                text = fit(cell, size, right=not texts[place])
                out.append(Segment(text + "  ", strong if place else style))
            return out

        lines = [line(table.columns, FAINT, FAINT)]
        for index, row in enumerate(table.rows[top : top + room], start=top):
            here = index == self._cursor[0]
            drawn = line(row, FAINT, STRONG if here else BODY)
            if here and self.has_focus:
                ground = Style(bgcolor="#263240", reverse=self.plain)
                drawn = [Segment(s.text, (s.style or Style()) + ground) for s in drawn]
            lines.append(drawn)
        if len(table.rows) > room:
            lines.append([Segment(f" {len(table.rows)} rows in all", FAINT)])
        elif not table.rows:
            lines.append([Segment(" no rows", MUTED)])
        return lines

    # -- keys and mouse ----------------------------------------------------------------------

    def action_move(self, rows: int, columns: int) -> None:
        if self._picture is None:
            return
        drawn = self._picture[1]
        if isinstance(drawn, Matrix):
            high, wide = drawn.values.shape
        else:
            high, wide = len(drawn.rows), 1
        row = max(0, min(self._cursor[0] + rows, high - 1))
        column = max(0, min(self._cursor[1] + columns, wide - 1))
        if isinstance(drawn, Matrix) and not drawn.holds(row, column):
            return
        self._cursor = (row, column)
        self.rebuild()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or self._heatmap is None:
            return
        cell = self._heatmap.cell_at(offset.x, offset.y - self._top)
        if cell is not None:
            self._cursor = cell
            self.rebuild()

    def on_focus(self) -> None:
        self.rebuild()

    def on_blur(self) -> None:
        self.rebuild()


def _numeric(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).replace("e-", "", 1).isdigit()

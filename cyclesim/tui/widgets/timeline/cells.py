"""How the timeline is drawn: its cells, its ruler, its signs.

Each mark has a sign of its own, so that none is told by colour alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from cyclesim.language import N_, tr
from cyclesim.render.colour import BACKGROUND, UNIT_COLOURS, UNIT_LETTERS, blend, ink_on
from cyclesim.render.timeline import Pipeline
from cyclesim.trace import Unit
from cyclesim.tui.scene import Scene
from cyclesim.tui.settings.palette import ACCENT, ACCENT_COLOUR, FAINT, MUTED, STRONG, bold
from cyclesim.tui.words.glyphs import Glyphs
from cyclesim.tui.words.lines import Line, line_width
from cyclesim.tui.words.text import fit

__all__ = ["Pen"]

_NAN = Style(color="#ffffff", bgcolor="#c4352b", bold=True)
_NOW = Style(color="#000000", bgcolor="#ffffff", bold=True)
_CURSOR = Style(color="#000000", bgcolor=ACCENT_COLOUR, bold=True)
_PLAIN_NOW = Style(reverse=True, bold=True)
_PLAIN_CURSOR = Style(underline=True, bold=True)
_TRACK = Style(bgcolor="#161d27")
_NOTHING = Style()
#: Ticks of the ruler stand at multiples of one of these.
_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


@lru_cache(maxsize=128)
def _block(unit: Unit, done: bool, nop: bool) -> Style:
    colour = UNIT_COLOURS[unit]
    share = (0.62 if nop else 0.0) if done else 0.82 if nop else 0.7
    ground = blend(colour, BACKGROUND, share)
    return Style(color=ink_on(ground) if done else blend(colour, BACKGROUND, 0.4), bgcolor=ground)


@lru_cache(maxsize=16)
def _wait(unit: Unit) -> Style:
    return Style(color=blend(UNIT_COLOURS[unit], BACKGROUND, 0.35), bgcolor="#161d27")


@dataclass(frozen=True, slots=True)
class Pen:
    """Draws one picture of one moment.

    Attributes:
        scene, picture: what is drawn.
        glyphs: the signs to draw with.
        plain: colours must not carry meaning.
        cell: width of a column.
        cursor: the cycle under the cursor, or None.
        bookmarks: the digits that lead to each cycle.
    """

    scene: Scene
    picture: Pipeline
    glyphs: Glyphs
    plain: bool
    cell: int
    cursor: int | None
    bookmarks: dict[int, str]

    @classmethod
    def of(
        cls, scene: Scene, picture: Pipeline, glyphs: Glyphs, plain: bool,
        cell: int, cursor: int | None,
    ) -> Pen:  # fmt: skip
        """A pen for this moment."""
        bookmarks: dict[int, str] = {}
        for digit, number in sorted(scene.marks.bookmarks.items()):
            bookmarks[number] = bookmarks.get(number, "") + str(digit)
        return cls(scene, picture, glyphs, plain, cell, cursor, bookmarks)

    # -- cells -------------------------------------------------------------------------------

    def row(self, row: int, columns: Iterable[int]) -> Line:
        """The cells of one row, neighbours of one look joined."""
        out: Line = []
        run, run_style = "", _NOTHING
        for column in columns:
            text, style = self._cell(row, column)
            if style is not run_style and run:
                out.append(Segment(run, run_style))
                run = ""
            run, run_style = run + text, style
        out.append(Segment(run, run_style))
        return out

    def _cell(self, row: int, column: int) -> tuple[str, Style]:
        numbers = self.picture.cell(row, column)
        if not numbers:
            if self.picture.waits(row, column):
                unit = self.scene.cycle(self.picture.rows[row].numbers[0]).unit
                return self.glyphs.wait * self.cell, _NOTHING if self.plain else _wait(unit)
            return " " * self.cell, _NOTHING if self.plain else _TRACK
        scene = self.scene
        cycle = scene.cycle(next((n for n in numbers if n == scene.at), numbers[0]))
        done = numbers[-1] < scene.executed
        nop = all(scene.cycle(n).nop for n in numbers)
        signs = self._signs(numbers)
        if len(numbers) > 1:
            base = str(len(numbers)) if len(numbers) < 10 ** min(self.cell, 2) else "&"
        elif nop and done:
            base = "-"
        elif self.plain:
            base = UNIT_LETTERS[cycle.unit] if done else "."
        else:
            base = ""
        text = signs if signs and (self.cell == 1 or base in "-.") else base + signs
        return fit(text, self.cell, ellipsis=""), self._style(numbers, cycle.unit, done, nop, signs)

    def _style(
        self, numbers: Sequence[int], unit: Unit, done: bool, nop: bool, signs: str
    ) -> Style:
        if self.scene.at in numbers:
            return _PLAIN_NOW if self.plain else _NOW
        if self.cursor in numbers:
            return _PLAIN_CURSOR if self.plain else _CURSOR
        if self.plain:
            return _PLAIN_NOW if self.glyphs.nan in signs else _NOTHING
        return _NAN if self.glyphs.nan in signs else _block(unit, done, nop)

    def _signs(self, numbers: Sequence[int]) -> str:
        """What is to be said of these cycles, the most telling sign first."""
        g, scene = self.glyphs, self.scene
        ran = [scene.cycle(n) for n in numbers if n < scene.executed]
        out = g.cursor if self.cursor in numbers else ""
        if any(c.has_nan for c in ran):
            out += g.nan
        if any(c.edited for c in ran):
            out += g.edited
        if self._difference in numbers:
            out += g.differs
        if any(n in scene.marks.stops for n in numbers):
            out += g.stop
        if digits := "".join(self.bookmarks.get(n, "") for n in numbers):
            out += g.bookmark + digits
        if any(c.downstream and not c.edited for c in ran):
            out += g.downstream
        return out

    @property
    def _difference(self) -> int | None:
        """The first cycle that differs from the other run, or from the untraced one."""
        scene = self.scene
        return scene.other.first if scene.other is not None else scene.verdict.first_difference

    def legend(self, columns: range, width: int) -> Line:
        """The units, and the signs that are in the picture now: as many as fit."""
        # A unit that is a row is explained by the row: those give way together, and first.
        rows = {row.title for row in self.picture.rows}
        named = [unit for unit in self.picture.units if unit in rows]
        entries: list[tuple[int, Line]] = []
        for unit in self.picture.units:
            swatch = (
                Segment(UNIT_LETTERS[unit], STRONG)
                if self.plain
                else Segment("  ", Style(bgcolor=UNIT_COLOURS[unit]))
            )
            name = Segment(f" {unit}", bold(blend(UNIT_COLOURS[unit], "#ffffff", 0.15)))
            entries.append((2 if unit in named else 0, [swatch, name]))
        for sign, meaning in self._meanings(columns):
            entries.append((1, [Segment(sign, STRONG), Segment(f" {meaning}", MUTED)]))
        left = width - 1
        fitting: set[int] = set()
        for rank in (0, 1, 2):
            places = [p for p, (r, _) in enumerate(entries) if r == rank]
            widths = [line_width(entries[p][1]) + 2 for p in places]
            if rank == 2 and sum(widths) > left:
                break
            for place, taken in zip(places, widths, strict=True):
                if taken <= left:
                    left -= taken
                    fitting.add(place)
        out: Line = [Segment(" ")]
        for place, (_, entry) in enumerate(entries):
            out += [*entry, Segment("  ")] if place in fitting else []
        return out

    def _meanings(self, columns: range) -> list[tuple[str, str]]:
        """The signs that are in the picture, with what they mean, the most telling first."""
        g, scene, picture = self.glyphs, self.scene, self.picture
        shown = [n for n in picture.between(columns) if n < scene.executed]
        waits = N_("its result waits") if picture.order == "data" else N_("waits for its turn")
        found = (
            (g.cursor, N_("cursor"), self.cursor is not None),
            (g.nan, N_("NaN"), any(scene.cycle(n).has_nan for n in shown)),
            (g.edited, N_("edited"), bool(scene.marks.edited)),
            (g.downstream, N_("after an edit"), bool(scene.marks.edited)),
            (g.differs, N_("first difference"), self._difference is not None),
            (g.stop, N_("breakpoint"), bool(scene.marks.stops)),
            (g.bookmark, N_("bookmark"), bool(self.bookmarks)),
            ("3" if picture.widest < 10 else "3 &", N_("side by side"), picture.widest > 1),
            (g.wait, waits, any(picture.waiting)),
            ("-", N_("NOP"), any(scene.cycle(n).nop for n in shown)),
            (g.now, N_("now"), scene.at is not None),
        )
        return [(sign, tr(meaning)) for sign, meaning, there in found if there]

    # -- the ruler ---------------------------------------------------------------------------

    def ruler(self, columns: range, width: int) -> Line:
        """The numbers of the columns, and over them where we look and what leads somewhere."""
        g, picture = self.glyphs, self.picture
        taken: list[tuple[int, str, Style]] = []

        def put(column: int, text: str, style: Style, *, flipped: str = "") -> None:
            place = (column - columns.start) * self.cell
            if flipped and place + len(text) > width:
                text, place = flipped, place - len(flipped) + 1
            end = place + len(text)
            # A number needs a blank before the next one; a sign is told from it without.
            free = all(
                end + other[0].isdigit() <= start or place > start + len(other)
                for start, other, _ in taken
            )
            if column in columns and place >= 0 and end <= width and free:
                taken.append((place, text, style))

        marked = {n: f"{g.bookmark}{digits}" for n, digits in self.bookmarks.items()}
        for number, sign in ((self.scene.at, g.now), (self.cursor, g.cursor)):
            column = None if number is None else picture.column.get(number)
            if number is not None and column is not None:
                mark = marked.pop(number, "")
                put(column, f"{sign}{column}{mark}", ACCENT, flipped=f"{mark}{column}{sign}")
        for number, mark in sorted(marked.items()):
            if number in picture.column:
                put(picture.column[number], mark, ACCENT)
        if columns.stop < picture.columns.stop:
            # There is more to the right: this far.
            more = f"{g.ellipsis}{picture.columns.stop - 1}"
            if all(start + len(text) < width - len(more) for start, text, _ in taken):
                taken.append((width - len(more), more, MUTED))
        apart = cell_len(str(columns.stop)) + 2
        step = next((s for s in _STEPS if s * self.cell >= apart), _STEPS[-1])
        # Over many narrow columns every tenth reads best, where there is room for more.
        step = 10 if step in (2, 5) and len(columns) > 40 else step
        for column in columns:
            if column % step == 0:
                put(column, str(column), FAINT)
        out: Line = []
        at = 0
        for place, text, style in sorted(taken, key=lambda t: t[0]):
            out.append(Segment(" " * (place - at) + text, style))
            at = place + len(text)
        return out

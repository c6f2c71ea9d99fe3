"""PROGRAM: the model as a tree of layers, modules and steps, with what has run."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding

from cyclesim.language import N_, current, tr
from cyclesim.render.colour import BACKGROUND, UNIT_COLOURS, blend, unit_style
from cyclesim.render.program import Node, program_tree
from cyclesim.render.units import duration
from cyclesim.trace import Cycle, Trace
from cyclesim.tui.scene import Scene
from cyclesim.tui.settings.palette import ACCENT, FAINT, GOOD, MUTED, STRONG
from cyclesim.tui.widgets.panel import CycleChosen, Panel
from cyclesim.tui.words.lines import Line, line_width
from cyclesim.tui.words.text import crop, fit, shape_text

__all__ = ["Program"]


BLOCK = "#d7dee6"
#: Cells of the columns to the right of the names, and the widths from which on they are shown.
SHARE, TIME, BAR, SHAPE = 4, 8, 8, 20
TIME_FROM, BAR_FROM, SHAPE_FROM = 36, 50, 76
#: Further from the names no eye finds the figures.
WIDEST = 100


class Program(Panel):
    """Follows the current cycle: its layer and module are open, the others closed.

    What a person opens or closes stays as they left it; where the tree does not follow, all of it
    stays.
    """

    name_shown = N_("Program")
    BINDINGS = [
        Binding("up", "move(-1)", "up", show=False),
        Binding("down", "move(1)", "down", show=False),
        Binding("pageup", "move(-10)", "up", show=False),
        Binding("pagedown", "move(10)", "down", show=False),
        Binding("left", "fold", "close", show=False),
        Binding("right", "unfold", "open", show=False),
        Binding("enter", "choose", "go", show=False),
    ]

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        #: Whether the tree goes along with the run.
        self.following = True
        self._roots: list[Node] = []
        self._source: Trace | None = None
        self._forced: dict[tuple[int, int], bool] = {}
        self._rows: list[Node] = []
        self._cursor: int | None = None
        self._followed: int | None = -1
        #: What the titles of the tree are said in.
        self._language = ""
        #: The cycle whose layer and module are open.
        self._anchor = 0
        #: Time of the cycles before each, as they ran in this run; and those that have a sign.
        self._spent: list[int] = [0]
        self._signed: list[int] = []
        self._seen: Cycle | None = None

    # -- the tree ----------------------------------------------------------------------------

    def show(self, scene: Scene) -> None:
        source = scene.trace if scene.ended and not scene.failure else scene.plan
        if source is not self._source or self._language != current():
            self._language = current()
            changed = self._source is None or len(self._source) != len(source)
            self._source = source
            self._roots = program_tree(source)
            if changed:
                self._forced.clear()
                self._cursor = None
        self._look_over(scene)
        if self.following:
            self._anchor = scene.at or 0
        super().show(scene)
        if scene.at != self._followed:
            self._followed = scene.at
            if self.following:
                self._cursor = None
                self._reveal()

    def _look_over(self, scene: Scene) -> None:
        """Note times and signs of the cycles that have run since the last time."""
        cycles, known = scene.trace.cycles, len(self._spent) - 1
        if known > scene.executed or (known and cycles[known - 1] is not self._seen):
            self._spent, self._signed, known = [0], [], 0
        for cycle in cycles[known : scene.executed]:
            self._spent.append(self._spent[-1] + cycle.self_ns)
            if cycle.has_nan or cycle.edited or cycle.downstream:
                self._signed.append(cycle.number)
            self._seen = cycle

    def toggle(self) -> bool:
        """Follow the run, or stay; returns which."""
        self.following = not self.following
        if self.scene is not None:
            self._followed = -1
            self.show(self.scene)
        return self.following

    def _is_open(self, node: Node) -> bool:
        forced = self._forced.get((node.first, node.last))
        return forced if forced is not None else node.holds(self._anchor)

    def build(self, scene: Scene, width: int, height: int) -> list[Line]:
        width = min(width, WIDEST)
        self._entitle(scene, width)
        self._rows = []

        def add(nodes: list[Node]) -> None:
            for node in nodes:
                self._rows.append(node)
                if node.children is not None and self._is_open(node):
                    add(node.children)

        add(self._roots)
        return [self._line(scene, node, place, width) for place, node in enumerate(self._rows)]

    def _entitle(self, scene: Scene, width: int) -> None:
        """How much ran, whether the tree stays, and over the columns what they are."""
        titles = (
            (tr("PROGRAM  {executed} of {total} cycles ran"), tr("PROGRAM  {executed} of {total}"))
            if self.following
            else (tr("PROGRAM  stays (F)"),)
        )
        observed = (
            tr("stepped") if scene.trace.timing.stepped or not scene.saved else tr("recorded")
        )
        columns = ""
        if width >= SHAPE_FROM:
            columns += fit(" " + tr("output"), SHAPE)
        if width >= TIME_FROM:
            columns += fit(observed, TIME, right=True)
            columns += fit("%", SHARE + 1, right=True)
        else:
            columns += f" {observed} %"
        room = max(width - cell_len(columns) - (BAR if width >= BAR_FROM else 1), 12)
        said = [t.format(executed=scene.executed, total=scene.total) for t in titles]
        title = next((t for t in said if cell_len(t) < room), said[-1])
        self.entitle(fit(title, room, ellipsis=self.glyphs.ellipsis) + columns)

    def _line(self, scene: Scene, node: Node, place: int, width: int) -> Line:
        state = scene.state(node.first, node.last)
        part = node.first < scene.executed <= node.last
        nop = node.leaf and scene.cycle(node.first).nop
        g = self.glyphs
        if state == "now":
            mark, style, mark_style = g.current, STRONG, ACCENT
        elif state == "done" and not part:
            mark, style, mark_style = g.done, MUTED, GOOD
            if nop:
                style = mark_style = FAINT
        else:
            mark, style, mark_style = g.waiting, FAINT, FAINT
        fold = " " if node.leaf else g.open if self._is_open(node) else g.closed
        colour = blend(UNIT_COLOURS[node.unit], BACKGROUND, 0.0 if state == "now" else 0.25)
        figures = self._figures(scene, node, width)
        # The mark of a module that is not finished yet is the one of its current step.
        indent = "  " * node.depth
        room = max(width - len(indent) - 4 - line_width(figures), 4)
        signs = self._signs(scene, node)
        title = node.title + (" (NOP)" if nop else "")
        title = fit(crop(title, max(room - len(signs), 1), g.ellipsis) + signs, room)
        if node.leaf:
            if state == "now":
                style = Style(color="#ffffff", bold=True)
            body = [Segment(f"{mark} ", mark_style), Segment(title, style)]
            if state != "waiting" and not nop and state != "now":
                body[1] = Segment(title, unit_style(node.unit, 0.3))
        else:
            # A layer holds several units: it has no colour of its own.
            strong = Style(color=BLOCK if node.depth == 0 else colour, bold=True)
            title_style = strong if state != "waiting" else MUTED
            body = [Segment(f"{mark} ", mark_style), Segment(title, title_style)]
        line = [Segment(f"{indent}{fold} ", FAINT), *body, *figures]
        selected = place == self._cursor and self.has_focus
        if selected or (state == "now" and node.leaf):
            ground = "#33455c" if selected else "#263240"
            if self.plain:
                return [Segment("".join(s.text for s in line), Style(reverse=True, bold=True))]
            line = [Segment(s.text, Style(bgcolor=ground) + (s.style or Style())) for s in line]
        return line

    def _signs(self, scene: Scene, node: Node) -> str:
        """What is to be said of it: breakpoint, edit, after an edit, NaN. As in the timeline."""
        g, marks = self.glyphs, scene.marks
        signs = g.stop if any(node.holds(n) for n in marks.stops) else ""
        first = bisect_left(self._signed, node.first)
        signed = self._signed[first : bisect_right(self._signed, node.last)]
        cycles = [scene.trace.cycles[n] for n in signed]
        if any(c.has_nan for c in cycles):
            signs += g.nan
        if any(c.edited for c in cycles):
            signs += g.edited
        elif any(c.downstream for c in cycles):
            signs += g.downstream
        return f" {signs}" if signs else ""

    def _figures(self, scene: Scene, node: Node, width: int) -> Line:
        """What it wrote, its time, its share of the time so far: as much as there is room for."""
        out: Line = []
        if width >= SHAPE_FROM:
            outputs = scene.cycle(node.last).outputs
            text = f" {shape_text(outputs[0].shape)}" if outputs else ""
            out.append(Segment(fit(text, SHAPE, ellipsis=self.glyphs.ellipsis), FAINT))
        last = min(node.last + 1, scene.executed)
        ran = node.first < scene.executed
        spent = self._spent[last] - self._spent[node.first] if ran else 0
        share = spent / self._spent[-1] if self._spent[-1] else 0.0
        if width >= TIME_FROM:
            text = self.glyphs.text(duration(spent)) if ran else ""
            out.append(Segment(fit(text, TIME, right=True), MUTED))
        percent = "" if not ran else "<1%" if share < 0.005 else f"{share:.0%}"
        out.append(Segment(fit(percent, SHARE + 1, right=True), MUTED))
        if width >= BAR_FROM:
            length = round(share * (BAR - 1)) if ran else 0
            if self.plain:
                out.append(Segment(" " + fit("#" * length, BAR - 1), MUTED))
            else:
                bar = Style(bgcolor=blend(UNIT_COLOURS[node.unit], BACKGROUND, 0.25))
                out += [Segment(" "), Segment(" " * length, bar), Segment(" " * (BAR - 1 - length))]
        return out

    def _reveal(self) -> None:
        """Scroll so that the current step is in view, with what comes next."""
        scene = self.scene
        if scene is None or scene.at is None:
            self.scroll_to(y=0, animate=False, immediate=True)
            return
        row = max((i for i, n in enumerate(self._rows) if n.holds(scene.at)), default=0)
        self._bring(row, margin=3)

    def _bring(self, row: int, margin: int = 0) -> None:
        height = self.scrollable_content_region.height
        top = int(self.scroll_offset.y)
        if row < top + 1:
            self.scroll_to(y=max(0, row - 1), animate=False, immediate=True)
        elif row + margin >= top + height:
            self.scroll_to(y=row + margin - height + 1, animate=False, immediate=True)

    # -- keys --------------------------------------------------------------------------------

    def _place(self) -> int:
        if self._cursor is None:
            scene = self.scene
            at = scene.at if scene is not None and scene.at is not None else 0
            self._cursor = max((i for i, n in enumerate(self._rows) if n.holds(at)), default=0)
        return min(self._cursor, max(len(self._rows) - 1, 0))

    def action_move(self, rows: int) -> None:
        self._cursor = max(0, min(self._place() + rows, len(self._rows) - 1))
        self.rebuild()
        self._bring(self._cursor)

    def action_fold(self) -> None:
        if not self._rows:
            return
        place = self._place()
        node = self._rows[place]
        if node.leaf or not self._is_open(node):
            # Already closed: go to what it is part of.
            while place > 0 and self._rows[place].depth >= node.depth:
                place -= 1
            self._cursor = place
        else:
            self._forced[(node.first, node.last)] = False
        self.rebuild()
        self._bring(self._cursor or 0)

    def action_unfold(self) -> None:
        node = self._rows[self._place()] if self._rows else None
        if node is not None and not node.leaf:
            self._forced[(node.first, node.last)] = True
            self.rebuild()

    def action_choose(self) -> None:
        if not self._rows:
            return
        node = self._rows[self._place()]
        if node.leaf:
            self.post_message(CycleChosen(node.first))
            return
        self._forced[(node.first, node.last)] = not self._is_open(node)
        self.rebuild()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        row = offset.y + int(self.scroll_offset.y)
        if row < len(self._rows):
            self._cursor = row
            self.action_choose()

    def on_focus(self) -> None:
        self.rebuild()

    def on_blur(self) -> None:
        self._cursor = None
        self.rebuild()

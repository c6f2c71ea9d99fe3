"""PROGRAM: the model as a tree of layers, modules and steps, with what has run."""

from __future__ import annotations

from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding

from cyclesim.render.colour import BACKGROUND, UNIT_COLOURS, blend, unit_style
from cyclesim.trace import Trace, Unit
from cyclesim.tui.palette import ACCENT, FAINT, GOOD, MUTED, STRONG
from cyclesim.tui.scene import Scene
from cyclesim.tui.text import duration, fit
from cyclesim.tui.widgets.panel import CycleChosen, Line, Panel

__all__ = ["Program"]


BLOCK = "#d7dee6"


@dataclass(slots=True)
class Node:
    """A layer, a module of a layer, or a step. Only open ones are drawn."""

    title: str
    first: int
    last: int
    depth: int
    unit: Unit
    children: list[Node] | None = None

    @property
    def leaf(self) -> bool:
        return self.children is None

    def holds(self, number: int) -> bool:
        return self.first <= number <= self.last


class Program(Panel):
    """Follows the current cycle: its layer and module are open, the others closed.

    What a person opens or closes stays as they left it.
    """

    name_shown = "Program"
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
        self._roots: list[Node] = []
        self._source: Trace | None = None
        self._forced: dict[tuple[int, int], bool] = {}
        self._rows: list[Node] = []
        self._cursor: int | None = None
        self._followed: int | None = -1

    # -- the tree ----------------------------------------------------------------------------

    def show(self, scene: Scene) -> None:
        source = scene.trace if scene.ended and not scene.failure else scene.plan
        if source is not self._source:
            changed = self._source is None or len(self._source) != len(source)
            self._source = source
            self._roots = _tree(source)
            if changed:
                self._forced.clear()
                self._cursor = None
        super().show(scene)
        if scene.at != self._followed:
            self._followed = scene.at
            self._cursor = None
            self._reveal()

    def _is_open(self, node: Node, at: int | None) -> bool:
        forced = self._forced.get((node.first, node.last))
        return forced if forced is not None else at is not None and node.holds(at)

    def build(self, scene: Scene, width: int, height: int) -> list[Line]:
        self.entitle(f"PROGRAM  {scene.executed} of {scene.total} cycles ran")
        self._rows = []
        at = scene.at if scene.at is not None else 0

        def add(nodes: list[Node]) -> None:
            for node in nodes:
                self._rows.append(node)
                if node.children is not None and self._is_open(node, at):
                    add(node.children)

        add(self._roots)
        return [self._line(scene, node, place, width) for place, node in enumerate(self._rows)]

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
        if node.leaf:
            fold = " "
        else:
            at = scene.at if scene.at is not None else 0
            fold = g.open if self._is_open(node, at) else g.closed
        colour = blend(UNIT_COLOURS[node.unit], BACKGROUND, 0.0 if state == "now" else 0.25)
        time = self._time(scene, node)
        # The mark of a module that is not finished yet is the one of its current step.
        indent = "  " * node.depth
        room = width - len(indent) - 4 - len(time) - 1
        title = fit(node.title + (" (NOP)" if nop else "") + self._sign(scene, node), max(room, 4))
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
        line = [Segment(f"{indent}{fold} ", FAINT), *body, Segment(f" {g.text(time)}", MUTED)]
        selected = place == self._cursor and self.has_focus
        if selected or (state == "now" and node.leaf):
            ground = "#33455c" if selected else "#263240"
            if self.plain:
                return [Segment("".join(s.text for s in line), Style(reverse=True, bold=True))]
            line = [Segment(s.text, (s.style or Style()) + Style(bgcolor=ground)) for s in line]
        return line

    def _sign(self, scene: Scene, node: Node) -> str:
        """What a person has put here: a breakpoint, an edit, or that an edit went into it."""
        g, marks = self.glyphs, scene.marks
        signs = g.stop if any(node.holds(n) for n in marks.stops) else ""
        if any(node.holds(n) and n < scene.executed for n in marks.edited):
            signs += g.edited
        elif marks.edited and node.leaf and node.first < scene.executed:
            signs += g.downstream if scene.cycle(node.first).downstream else ""
        return f" {signs}" if signs else ""

    def _time(self, scene: Scene, node: Node) -> str:
        if node.first >= scene.executed:
            return ""
        cycles = scene.trace.cycles[node.first : min(node.last + 1, scene.executed)]
        return duration(sum(c.self_ns for c in cycles))

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
        place = self._place()
        node = self._rows[place]
        scene = self.scene
        at = scene.at if scene is not None and scene.at is not None else 0
        if node.leaf or not self._is_open(node, at):
            # Already closed: go to what it is part of.
            while place > 0 and self._rows[place].depth >= node.depth:
                place -= 1
            self._cursor = place
        else:
            self._forced[(node.first, node.last)] = False
        self.rebuild()
        self._bring(self._cursor or 0)

    def action_unfold(self) -> None:
        node = self._rows[self._place()]
        if not node.leaf:
            self._forced[(node.first, node.last)] = True
            self.rebuild()

    def action_choose(self) -> None:
        node = self._rows[self._place()]
        if node.leaf:
            self.post_message(CycleChosen(node.first))
            return
        scene = self.scene
        at = scene.at if scene is not None and scene.at is not None else 0
        self._forced[(node.first, node.last)] = not self._is_open(node, at)
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


def _tree(trace: Trace) -> list[Node]:
    """Layers, their modules, their steps, from the same groups that the clock ticks by."""
    cycles = trace.cycles
    modules = trace.groups("module")
    roots: list[Node] = []
    for layer in trace.groups("layer"):
        root = Node(layer.title, layer.first, layer.last, 0, cycles[layer.first].unit, [])
        parts = [m for m in modules if layer.first <= m.first <= layer.last]
        for part in parts:
            steps = range(part.first, part.last + 1)
            depth = 1
            into = root
            if len(parts) > 1:
                title = part.title.rpartition(" · ")[2]
                into = Node(title, part.first, part.last, 1, cycles[part.first].unit, [])
                assert root.children is not None
                root.children.append(into)
                depth = 2
            assert into.children is not None
            into.children += [Node(cycles[n].step, n, n, depth, cycles[n].unit) for n in steps]
        roots.append(root)
    return roots

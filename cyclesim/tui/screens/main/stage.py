"""The stage: what is on the main screen, what it knows of the run, and how it is painted.

What a key does is in the classes made from it: `running`, `finding`, `changing`, `main`.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, cast

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container
from textual.geometry import Size
from textual.screen import Screen
from textual.timer import Timer

from cyclesim.language import tr
from cyclesim.trace import Resolution, Trace
from cyclesim.tui.backstage.measures import Measures
from cyclesim.tui.launch import SPEEDS
from cyclesim.tui.scene import Marks, Other, Scene
from cyclesim.tui.widgets.answer import Answer
from cyclesim.tui.widgets.bars import Bar, HeaderBar, KeyBar, TabBar
from cyclesim.tui.widgets.card import Card
from cyclesim.tui.widgets.find import FindBar
from cyclesim.tui.widgets.gradients import Gradients, learns
from cyclesim.tui.widgets.loading import LoadingView
from cyclesim.tui.widgets.now import NowBar
from cyclesim.tui.widgets.panel import Panel
from cyclesim.tui.widgets.pressed import Pressed
from cyclesim.tui.widgets.program import Program
from cyclesim.tui.widgets.result import Result
from cyclesim.tui.widgets.tensor import CellMoved, Tensor
from cyclesim.tui.widgets.timeline import Timeline
from cyclesim.tui.widgets.times import Times
from cyclesim.tui.widgets.writing import Writing, writes

if TYPE_CHECKING:
    from cyclesim.tui.app import CyclesimApp
    from cyclesim.tui.backstage.session import Session
    from cyclesim.tui.commands import Command

__all__ = ["Stage"]

#: Panels in the order of the tabs.
PANELS = ("card", "tensor", "program", "times", "writing", "learning", "probe", "result")
#: These share a place where all panels are seen.
CORNER = ("writing", "learning", "probe", "result")
#: From so many lines on the panels below have more of them.
TALL = 56
#: On a low screen the timeline leaves so many lines to the bars and the panel below.
LOW = 15
#: At least this long between two repaints, so that a key held down never queues behind them.
FRAME = 0.03


class Stage(Screen):
    """Timeline on top; program, tensor, cycle, times and result below, or as tabs."""

    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__(id="main")
        self._plan: Trace | None = None
        self._trace: Trace | None = None
        self._executed = 0
        self._at: int | None = None
        self._ended = False
        self._failure = ""
        self._marks = Marks()
        self._branch = 1
        #: Of a batch, the sequence that is looked at.
        self._sequence = 0
        self._saved = False
        self._speeds: tuple[int, ...] = ()
        self._other: Other | None = None
        self._measures = Measures()
        self._opening = True
        #: Whether the view goes along with the run.
        self._following = True
        self._resolution: Resolution = cast("CyclesimApp", self.app).options.clock
        self._speed = SPEEDS.index(cast("CyclesimApp", self.app).options.ticks)
        self._player: Timer | None = None
        self._scene: Scene | None = None
        self._repaint: Timer | None = None
        self._next_paint = 0.0
        self._due = 0.0
        self._active = "card"
        self._tabs = False
        #: The panel that was given the whole screen, or "".
        self._large = ""
        #: Which of the panels of the corner is seen.
        self._corner = "probe"

    def compose(self) -> ComposeResult:
        yield HeaderBar(id="header")
        yield LoadingView(id="loading")
        with Container(id="stage"):
            yield Timeline(id="timeline")
            yield NowBar(id="now")
            yield TabBar(id="tabs")
            with Container(id="panels"):
                yield Program(id="program")
                yield Tensor(id="tensor")
                yield Card(id="card")
                yield Times(id="times")
                yield Writing(id="writing")
                yield Gradients(id="learning")
                yield Answer(id="probe")
                yield Result(id="result")
        yield FindBar(id="find")
        yield KeyBar(id="keys")
        yield Pressed(id="pressed")

    def on_mount(self) -> None:
        self.query_one("#stage").display = False
        self.query_one("#find").display = False
        self._arrange()

    @property
    def session(self) -> Session:
        return cast("CyclesimApp", self.app).session

    @property
    def room(self) -> Size:
        """The part of the screen that is for the instrument."""
        return self.app.size

    @property
    def scene(self) -> Scene | None:
        """The moment that is shown; None while loading."""
        return self._scene

    @property
    def speed(self) -> int:
        """Ticks per second when playing."""
        return SPEEDS[self._speed]

    @property
    def enlarged(self) -> bool:
        """Whether one panel has the whole screen, where there is room for all."""
        return bool(self._large)

    # -- painting ----------------------------------------------------------------------------

    def _stale(self, patience: float = 0.0) -> None:
        """Repaint soon; many changes in a row are one repaint, and the last one is shown.

        With `patience` something better is expected before so many seconds are over: a cycle that
        has just been asked for has mostly run by then, and one repaint shows it.
        """
        now = monotonic()
        due = max(self._next_paint, now + patience)
        if self._repaint is not None:
            if self._due <= due:
                return
            self._repaint.stop()
            self._repaint = None
        if due <= now:
            self._paint()
        else:
            self._due = due
            self._repaint = self.set_timer(due - now, self._paint)

    def _paint(self) -> None:
        if self._repaint is not None:
            self._repaint.stop()
            self._repaint = None
        if self._plan is None or self._trace is None:
            return
        began = monotonic()
        for trace in (self._plan, self._trace):
            if self._sequence < len(trace.header.sequences):
                trace.choose(self._sequence)
        self._scene = scene = Scene(
            plan=self._plan,
            trace=self._trace,
            executed=self._executed,
            at=self._at,
            ended=self._ended,
            resolution=self._resolution,
            playing=self._player is not None,
            running=not self._ended and self.session.target >= self._executed,
            failure=self._failure,
            speeds=self._speeds,
            marks=self._marks,
            branch=self._branch,
            saved=self._saved,
            other=self._other,
            following=self._following,
            measures=self._measures,
        )
        for view in self.query("Bar, Panel").results():
            cast("Bar | Panel", view).show(scene)
        ended = monotonic()
        self._next_paint = ended + max(FRAME, ended - began)

    # -- layout ------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        self._arrange()

    def _arrange(self) -> None:
        """All panels at once where there is room, one at a time with tabs where there is not."""
        width, height = self.room
        narrow = width < 100 or height < 30
        self._tabs = narrow or bool(self._large) or self.has_class("-projector")
        self.set_class(self._tabs, "-tabs")
        self.set_class(not self._tabs and width >= 150, "-huge")
        self.set_class(not self._tabs and height >= TALL, "-tall")
        timeline = self.query_one(Timeline)
        # A training step has rows for forward and backward.
        share = 40 if self._learns else 28
        room = max(height * share // 100, 6)
        if narrow:
            room = min(height // 3 + 1, max(height - LOW, 5))
        if self._large == timeline.id:
            room = max(height - 4, 6)
        timeline.styles.height = min(timeline.wanted, room)
        panels = self._panels
        names = tuple((p, tr(self.query_one(f"#{p}", Panel).name_shown)) for p in panels)
        self.query_one(TabBar).select(names, self._active)
        for panel in PANELS:
            self.query_one(f"#{panel}").display = self._seen(panel)
        if self._scene is not None:
            self.call_after_refresh(timeline.rebuild)

    @property
    def _writes(self) -> bool:
        """Whether the run writes a text, token by token."""
        return writes(self._plan)

    @property
    def _learns(self) -> bool:
        """Whether the run is a training step."""
        return learns(self._plan)

    @property
    def _panels(self) -> tuple[str, ...]:
        """The panels that this run has something for."""
        absent = {"writing"} - ({"writing"} if self._writes else set())
        absent |= {"probe"} if self._learns else {"learning"}
        return tuple(p for p in PANELS if p not in absent)

    def _seen(self, panel: str) -> bool:
        if self._tabs:
            return panel == self._active
        return panel not in CORNER or panel == self._corner

    def _focus(self, panel: str) -> None:
        if panel in PANELS:
            self._active = panel
            self._large = panel if self._large else ""
        turned = panel in CORNER and panel != self._corner
        self._corner = panel if turned else self._corner
        if self._tabs or turned:
            self._arrange()
        widget = self.query_one(f"#{panel}", Panel)
        widget.focus(scroll_visible=False)
        if self._scene is not None:
            widget.show(self._scene)

    def _turn_panel(self, by: int) -> None:
        order = (*self._panels, "timeline")
        place = order.index(self._focused_panel)
        self._focus(order[(place + by) % len(order)])

    @property
    def _focused_panel(self) -> str:
        focused = self.focused.id if self.focused is not None else None
        return focused if focused in (*PANELS, "timeline") else self._active

    def _enlarge(self, panel: str = "") -> None:
        """Give `panel`, or the focused one, the whole screen; again for all panels."""
        self._large = "" if self._large else panel or self._focused_panel
        if self._large in PANELS:
            self._active = self._large
        self._arrange()

    @on(CellMoved)
    def _cell_moved(self) -> None:
        self.query_one(Card).point()

    @on(TabBar.Chosen)
    def _tab_chosen(self, message: TabBar.Chosen) -> None:
        self._focus(message.panel)

    def noted(self, command: Command) -> None:
        """A person gives `command`; it takes effect next."""

    def tell(self, text: str, *, bad: bool = False) -> None:
        """Say something in the line under the timeline, until the next step."""
        self.query_one(NowBar).tell(text, bad=bad)

"""The main screen: all views of one run, and everything a key can do.

The screen owns *where we look* (`at`); the session owns *what has run*. Looking back never waits
for the model, and going forward is a wish stated to the session, answered by `moved`.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, cast

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen
from textual.timer import Timer

from cyclesim.trace import Resolution, Trace
from cyclesim.tui.commands import bindings
from cyclesim.tui.messages import Failed, Moved, Opened
from cyclesim.tui.scene import Scene
from cyclesim.tui.screens.dialogs import GotoDialog, TextDialog
from cyclesim.tui.screens.help import HelpScreen
from cyclesim.tui.widgets.bars import Bar, HeaderBar, KeyBar, NowBar, TabBar
from cyclesim.tui.widgets.card import Card
from cyclesim.tui.widgets.find import FindBar, matches
from cyclesim.tui.widgets.loading import LoadingView
from cyclesim.tui.widgets.panel import CycleChosen, Panel
from cyclesim.tui.widgets.program import Program
from cyclesim.tui.widgets.result import Result
from cyclesim.tui.widgets.tensor import Tensor
from cyclesim.tui.widgets.timeline import Timeline
from cyclesim.tui.widgets.times import Times

if TYPE_CHECKING:
    from cyclesim.tui.app import CyclesimApp
    from cyclesim.tui.session import Session

__all__ = ["MainScreen"]

#: Panels in the order of the tabs.
PANELS = ("card", "tensor", "program", "times", "result")
RESOLUTIONS: tuple[Resolution, ...] = ("step", "module", "layer")
#: Ticks per second that `+` and `-` choose from.
SPEEDS = (1, 2, 4, 8, 16, 32, 64)
#: A step asked for while the model has been busy this long (seconds) is not saved up.
PATIENCE = 0.25
#: At least this long between two repaints, so that a key held down never queues behind them.
FRAME = 0.03


class MainScreen(Screen):
    """Timeline on top; program, tensor, cycle, times and result below, or as tabs."""

    AUTO_FOCUS = ""
    BINDINGS = bindings(app=False)

    def __init__(self) -> None:
        super().__init__(id="main")
        self._plan: Trace | None = None
        self._trace: Trace | None = None
        self._executed = 0
        self._at: int | None = None
        self._ended = False
        self._failure = ""
        self._speeds: tuple[int, ...] = ()
        self._opening = True
        #: Whether the view goes along with the run.
        self._following = True
        self._resolution: Resolution = cast("CyclesimApp", self.app).options.clock
        self._speed = 2
        self._player: Timer | None = None
        self._scene: Scene | None = None
        self._repaint: Timer | None = None
        self._next_paint = 0.0
        self._active = "card"
        self._tabs = False

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
                yield Result(id="result")
        yield FindBar(id="find")
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        self.query_one("#stage").display = False
        self.query_one("#find").display = False
        self._arrange()

    @property
    def session(self) -> Session:
        return cast("CyclesimApp", self.app).session

    @property
    def scene(self) -> Scene | None:
        """The moment that is shown; None while loading."""
        return self._scene

    @property
    def speed(self) -> int:
        """Ticks per second when playing."""
        return SPEEDS[self._speed]

    # -- what the session reports ------------------------------------------------------------

    def opened(self, report: Opened) -> None:
        """A run is ready: show it, paused before cycle 0."""
        self._plan, self._trace = report.plan, report.trace
        self._executed, self._at, self._ended, self._failure = 0, None, False, ""
        self._following, self._opening = True, False
        self._speeds = report.plan.timing.full_speed
        self.query_one("#loading").display = False
        self.query_one("#stage").display = True
        self.query_one(NowBar).tell("")
        self._paint()
        self._arrange()
        if self.focused is None:
            self._focus(self._active if self._tabs else "tensor")

    def moved(self, report: Moved) -> None:
        """More cycles have run."""
        if report.trace is not self._trace:
            return
        self._executed, self._ended = report.executed, report.ended
        if self._following and self._executed:
            self._at = self._executed - 1
        if self._ended:
            self._stop()
            # Measured before and after the run: other work on the machine disturbs the larger one.
            again = report.trace.timing.full_speed
            if len(again) == report.executed and sum(again) < sum(self._speeds):
                self._speeds = again
        self.query_one(NowBar).tell("")
        self._stale()

    def failed(self, report: Failed) -> None:
        """Say it; keep what there is."""
        self._opening = False
        self._stop()
        if report.ended:
            self._failure = report.sentence
            self._stale()
        self.query_one(NowBar).tell(report.sentence, bad=True)

    # -- painting ----------------------------------------------------------------------------

    def _stale(self) -> None:
        """Repaint soon; many changes in a row are one repaint, and the last one is shown."""
        if self._repaint is not None:
            return
        delay = self._next_paint - monotonic()
        if delay <= 0:
            self._paint()
        else:
            self._repaint = self.set_timer(delay, self._paint)

    def _paint(self) -> None:
        if self._repaint is not None:
            self._repaint.stop()
            self._repaint = None
        if self._plan is None or self._trace is None:
            return
        began = monotonic()
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
        width, height = self.app.size
        self._tabs = width < 100 or height < 30
        self.set_class(self._tabs, "-tabs")
        self.set_class(not self._tabs and width >= 150, "-huge")
        timeline = self.query_one(Timeline)
        lanes = max(timeline.lanes, 1)
        room = height // 3 + 1 if self._tabs else max(height * 28 // 100, 6)
        timeline.styles.height = min(lanes + (1 if self._tabs else 2), room)
        names = tuple((p, self.query_one(f"#{p}", Panel).name_shown) for p in PANELS)
        self.query_one(TabBar).select(names, self._active)
        for panel in PANELS:
            self.query_one(f"#{panel}").display = not self._tabs or panel == self._active
        if self._scene is not None:
            self.call_after_refresh(timeline.rebuild)

    def _focus(self, panel: str) -> None:
        self._active = panel
        if self._tabs:
            self._arrange()
        widget = self.query_one(f"#{panel}", Panel)
        widget.focus(scroll_visible=False)
        if self._scene is not None:
            widget.show(self._scene)

    def _turn_panel(self, by: int) -> None:
        focused = self.focused.id if self.focused is not None else self._active
        place = PANELS.index(focused) if focused in PANELS else PANELS.index(self._active)
        self._focus(PANELS[(place + by) % len(PANELS)])

    @on(TabBar.Chosen)
    def _tab_chosen(self, message: TabBar.Chosen) -> None:
        self._focus(message.panel)

    # -- going -------------------------------------------------------------------------------

    @property
    def _ready(self) -> bool:
        return self._plan is not None and not self._opening

    def _go(self, number: int) -> None:
        """Look at cycle `number`; have it run if it has not."""
        if number < self._executed:
            self.session.hold()
            self._at = max(number, 0)
            self._following = False
            self.query_one(NowBar).tell("")
            self._stale()
        elif self._ended:
            self._over()
        else:
            self._following = True
            self.session.run_to(number)
            self._stale()

    def _over(self) -> None:
        said = "The run broke off here." if self._failure else "The run is over."
        self.query_one(NowBar).tell(f"{said} b looks back, r starts again, t takes another text.")

    def _front(self) -> int:
        """The cycle that a step goes on from: where we look, or where the run is heading."""
        if self._following:
            return max(self.session.target, self._executed - 1)
        return -1 if self._at is None else self._at

    def _group_of(self, number: int, resolution: Resolution) -> tuple[int, int]:
        assert self._scene is not None
        for group in self._scene.groups(resolution):
            if number in group:
                return group.first, group.last
        return number, number

    def action_step(self) -> None:
        """Go on by one tick of the clock."""
        if not self._ready:
            return
        if self._following and self.session.busy_seconds > PATIENCE:
            return
        _, last = self._group_of(self._front() + 1, self._resolution)
        self._go(last)

    def action_back(self) -> None:
        """Look back by one tick of the clock."""
        if not self._ready:
            return
        self._stop()
        if self._at is None:
            self.query_one(NowBar).tell("Nothing has run yet, so there is nothing to look back at.")
            return
        first, _ = self._group_of(self._at, self._resolution)
        self._go(max(first - 1, 0))

    def action_next_layer(self) -> None:
        """Go to the first cycle of the next layer, or to the end."""
        if not self._ready:
            return
        front = self._front()
        _, last = self._group_of(front, "layer") if front >= 0 else (0, -1)
        assert self._scene is not None
        self._go(min(last + 1, self._scene.total - 1) if not self._ended else
                 min(last + 1, self._executed - 1))  # fmt: skip

    def action_previous_layer(self) -> None:
        """Look back to the first cycle of this layer, or of the one before."""
        if not self._ready or self._at is None:
            return
        self._stop()
        first, _ = self._group_of(self._at, "layer")
        if first == self._at and first > 0:
            first, _ = self._group_of(first - 1, "layer")
        self._go(first)

    def action_finish(self) -> None:
        """Run to the end."""
        if not self._ready:
            return
        self._stop()
        if self._ended:
            self._following = True
            self._at = self._executed - 1
            self._stale()
            return
        assert self._scene is not None
        # The rehearsal may have been shorter than the run will be: the end is where it ends.
        self._following = True
        self.session.run_to(10**9)
        self._stale()

    def action_restart(self) -> None:
        """Start again before cycle 0."""
        self._reopen(None)

    def _reopen(self, text: str | None) -> None:
        if not self._ready:
            return
        self._stop()
        self._opening = True
        self.query_one(NowBar).tell("Starting again…")
        self.session.restart(text)

    def action_goto(self) -> None:
        """Ask for a number and go there."""
        if not self._ready or self._scene is None:
            return
        self._stop()

        def answered(number: int | None) -> None:
            if number is not None:
                self._go(number)

        self.app.push_screen(GotoDialog(self._scene.total - 1, self._executed), answered)

    def action_new_text(self) -> None:
        """Ask for another text and start again with it."""
        if not self._ready:
            return
        self._stop()

        def answered(text: str | None) -> None:
            if text is not None:
                self._reopen(text)

        self.app.push_screen(TextDialog(self.session.text), answered)

    @on(CycleChosen)
    def _cycle_chosen(self, message: CycleChosen) -> None:
        if self._ready:
            self._stop()
            self._go(message.number)

    # -- playing -----------------------------------------------------------------------------

    def action_play(self) -> None:
        """Let the clock tick by itself, or stop it."""
        if not self._ready:
            return
        if self._player is not None:
            self._stop()
            self.session.hold()
        elif self._ended and not self._looking_back:
            self._over()
            return
        else:
            self._play()
        self._stale()

    @property
    def _looking_back(self) -> bool:
        return self._at is not None and self._at < self._executed - 1

    def _play(self) -> None:
        self._player = self.set_interval(1 / self.speed, self._beat)

    def _stop(self) -> None:
        if self._player is not None:
            self._player.stop()
            self._player = None
            self._stale()

    def _beat(self) -> None:
        if self._ended and not self._looking_back:
            self._stop()
        elif self._following and self.session.target >= self._executed:
            return  # still running the last one: drop this beat
        else:
            self.action_step()

    def _faster(self, by: int) -> None:
        self._speed = max(0, min(self._speed + by, len(SPEEDS) - 1))
        if self._player is not None:
            self._player.stop()
            self._play()
        else:
            self.query_one(NowBar).tell(f"Space will play {self.speed} cycles a second.")
        self._stale()

    def action_faster(self) -> None:
        self._faster(1)

    def action_slower(self) -> None:
        self._faster(-1)

    def action_resolution(self) -> None:
        """The next clock resolution."""
        place = (RESOLUTIONS.index(self._resolution) + 1) % len(RESOLUTIONS)
        self._resolution = RESOLUTIONS[place]
        what = {"step": "one cycle", "module": "one module", "layer": "one layer"}
        self._stale()
        self.query_one(NowBar).tell(f"One step is now {what[self._resolution]}.")

    # -- looking -----------------------------------------------------------------------------

    def action_next_panel(self) -> None:
        self._turn_panel(1)

    def action_previous_panel(self) -> None:
        self._turn_panel(-1)

    def action_next_tensor(self) -> None:
        self.query_one(Tensor).choose(1)

    def action_previous_tensor(self) -> None:
        self.query_one(Tensor).choose(-1)

    def action_next_head(self) -> None:
        self.query_one(Tensor).turn(0, 1)

    def action_previous_head(self) -> None:
        self.query_one(Tensor).turn(0, -1)

    def action_next_batch(self) -> None:
        self.query_one(Tensor).turn(1, 1)

    def action_previous_batch(self) -> None:
        self.query_one(Tensor).turn(1, -1)

    def action_help(self) -> None:
        """Keys and words."""
        self._stop()
        self.app.push_screen(HelpScreen())

    # -- finding -----------------------------------------------------------------------------

    def action_find(self) -> None:
        """Open the find line."""
        if self._ready:
            self._stop()
            self.query_one(FindBar).open()

    def _found(self, query: str) -> list[int]:
        scene = self._scene
        return [] if scene is None else matches(map(scene.cycle, range(scene.total)), query)

    @on(FindBar.Typed)
    def _typed(self, message: FindBar.Typed) -> None:
        found = self._found(message.query)
        if not message.query.strip():
            text = ""
        elif not found:
            text = "no cycle has that"
        else:
            text = f"{len(found)} found. Enter: next, escape: close"
        self.query_one(FindBar).say(text)

    @on(FindBar.Wanted)
    def _wanted(self, message: FindBar.Wanted) -> None:
        found = self._found(message.query)
        if not found:
            return
        at = -1 if self._at is None else self._at
        if self._following:
            at = max(at, self._front())
        # After the last match comes the first.
        place = next((i for i, n in enumerate(found) if n > at), 0)
        self.query_one(FindBar).say(f"{place + 1} of {len(found)}. Enter: next, escape: close")
        self._go(found[place])

    @on(FindBar.Closed)
    def _find_closed(self) -> None:
        self._focus(self._active if self._tabs else "tensor")

"""Running: what the session reports, and the keys that go over the run tick by tick.

The screen owns *where we look* (`at`); the session owns *what has run*. Looking back never waits
for the model, and going forward is a wish stated to the session, answered by `moved`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from textual import on

from cyclesim.language import N_, tr
from cyclesim.trace import Resolution
from cyclesim.tui.backstage.session import END
from cyclesim.tui.backstage.stops import Stop
from cyclesim.tui.launch import LaunchOptions
from cyclesim.tui.messages import Changed, Failed, Loading, Moved, Opened
from cyclesim.tui.scene import Marks
from cyclesim.tui.screens.main.stage import Stage
from cyclesim.tui.widgets.loading import LoadingView
from cyclesim.tui.widgets.panel import CycleChosen

if TYPE_CHECKING:
    from cyclesim.tui.app import CyclesimApp

__all__ = ["SAVED", "Running"]

#: A step asked for while the model has been busy this long (seconds) is not saved up.
PATIENCE = 0.25
#: Seconds to wait for a cycle that was asked for before showing that it runs.
ASKED = 0.08
#: So many jumps are remembered.
JUMPS = 100
#: Why some keys do nothing on a saved trace.
SAVED = N_("A saved trace cannot run: `cyclesim TEXT` opens a live one.")


class Running(Stage):
    """Goes over the run: by ticks, by layers, to a number, by itself."""

    def __init__(self) -> None:
        super().__init__()
        #: Where one was before each jump.
        self._trail: deque[int] = deque(maxlen=JUMPS)
        #: What to say on arriving at a cycle.
        self._arrival = (-1, "")
        #: The condition that it runs to, or "".
        self._sought = ""

    # -- what the session reports ------------------------------------------------------------

    def progressed(self, report: Loading) -> None:
        """Loading has come to another stage; the present run, if any, stays until it is done."""
        self.query_one(LoadingView).stage(report.text)
        if self._plan is not None:
            self.tell(tr("Opening: {stage}…").format(stage=report.text))

    def opened(self, report: Opened) -> None:
        """A run is ready: show it, paused before cycle 0; or a saved one, whole, at cycle 0."""
        cast("CyclesimApp", self.app).options = report.options
        self._plan, self._trace, self._saved = report.plan, report.trace, not report.live
        self._executed, self._at, self._ended, self._failure = 0, None, False, ""
        self._other, self._sought = None, ""
        if self._saved:
            self._executed, self._ended = len(report.trace), True
            self._at = 0 if self._executed else None
            if not report.trace.complete:
                self._failure = tr("This run was saved before it had reached its end.")
        self._following, self._opening = report.live, False
        edited = tuple(c.number for c in report.trace.cycles if c.edited)
        last = max(len(report.plan), self._executed, 1) - 1
        bookmarks = {d: min(n, last) for d, n in self._marks.bookmarks.items()}
        stops = self.session.stops.foreseen(report.plan)
        self._marks, self._branch = Marks(stops, edited, bookmarks), 1
        self._trail.clear()
        self._speeds = report.plan.timing.full_speed
        self.query_one("#loading").display = False
        self.query_one("#stage").display = True
        self.tell("")
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
        number, said = self._arrival
        self.tell(said if number == self._at else "")
        if report.stopped is not None:
            self._stop()
            self._stopped(report.stopped, report.executed - 1)
        elif self._ended and self._sought:
            said = tr("The run is over, and no cycle made it true: {condition}")
            self.tell(said.format(condition=self._sought))
        if report.stopped is not None or self._ended:
            self._sought = ""
        self._stale()

    def _stopped(self, stop: Stop, number: int) -> None:
        """Say why the run stopped at cycle `number`."""
        said = tr("Cycle {number} is the next that makes it true: {condition}")
        if stop.number:
            said = tr(
                "Breakpoint {stop} stopped the run at cycle {number}: {condition}  ({key} goes on)"
            )
            # What was not foreseen, a number in a tensor, is marked now that it is known.
            stops = self._marks.stops | {number}
            self._marks = replace(self._marks, stops=stops)
        self.tell(
            said.format(
                stop=stop.number, number=number, condition=stop.text, key=self._key("finish")
            )
        )

    def changed(self, report: Changed) -> None:
        """The session has gone back, or edited a cycle: from here on it is another trace."""
        self._trace, self._executed = report.trace, report.executed
        self._at = report.executed - 1 if report.executed else None
        self._ended, self._failure = False, ""
        self._following, self._opening = True, False
        self._marks = replace(self._marks, edited=report.edited)
        self._branch = report.branch
        self.tell(report.said)
        self._stale()

    def failed(self, report: Failed) -> None:
        """Say it; keep what there is."""
        self._opening = False
        self._stop()
        if report.ended:
            self._failure = report.sentence
            self._stale()
        self.tell(report.sentence, bad=True)

    # -- going -------------------------------------------------------------------------------

    @property
    def _ready(self) -> bool:
        return self._plan is not None and not self._opening

    @property
    def _visible(self) -> bool:
        """Whether there is a run to look at: also while another one is being opened."""
        return self._plan is not None

    def _key(self, name: str) -> str:
        """The key of a command, for a sentence that names it."""
        return cast("CyclesimApp", self.app).key(name)

    def _jump(self, number: int, said: str = "") -> None:
        """Go to a cycle out of the order of the run; `_trail` leads back."""
        if self._at is not None and self._at != number:
            self._trail.append(self._at)
        self._go(number, said)

    def _go(self, number: int, said: str = "") -> None:
        """Look at cycle `number`; have it run if it has not. `said` is told on arrival."""
        self._arrival, self._sought = (number, said), ""
        if number < self._executed:
            self.session.hold()
            self._at = max(number, 0)
            self._following = False
            if not self._opening:  # its progress is in that line
                self.tell(said)
            self._stale()
        elif self._opening:
            return
        elif self._ended:
            self._over()
        else:
            self._following = True
            self.session.run_to(number)
            self._stale(ASKED)

    def _over(self) -> None:
        if self._saved:
            self.tell(f"{tr('This is the last cycle that was recorded.')} {tr(SAVED)}")
            return
        said = tr("The run broke off here.") if self._failure else tr("The run is over.")
        keys = tr("{back} looks back, {restart} starts again, {text} takes another text.").format(
            back=self._key("back"), restart=self._key("restart"), text=self._key("new_text")
        )
        self.tell(f"{said} {keys}")

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

    @property
    def _behind(self) -> bool:
        """Whether the model is too busy for another step: it would only queue up."""
        asked = self.session.target >= self.session.executed  # else it is a job, and makes way
        return self._following and asked and self.session.busy_seconds > PATIENCE

    def action_step(self) -> None:
        """Go on by one tick of the clock."""
        if not self._ready or self._behind:
            return
        _, last = self._group_of(self._front() + 1, self._resolution)
        self._go(last)

    def action_back(self) -> None:
        """Look back by one tick of the clock."""
        if not self._visible:
            return
        self._stop()
        if self._at is None:
            if not self._opening:
                self.tell(tr("Nothing has run yet, so there is nothing to look back at."))
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
        if not self._visible or self._at is None:
            return
        self._stop()
        first, _ = self._group_of(self._at, "layer")
        if first == self._at and first > 0:
            first, _ = self._group_of(first - 1, "layer")
        self._go(first)

    def action_finish(self) -> None:
        """Run to the end, or to the next breakpoint."""
        if not self._ready:
            return
        self._stop()
        if self._ended and self._saved and self._at == self._executed - 1:
            self._over()
            return
        if self._ended:
            self._following = not self._saved
            self._at = self._executed - 1 if self._executed else None
            self.tell("")
            self._stale()
            return
        assert self._scene is not None
        # The rehearsal may have been shorter than the run will be: the end is where it ends.
        self._following, self._sought = True, ""
        self.session.run_to(END)
        self._stale(ASKED)

    def action_restart(self) -> None:
        """Start again before cycle 0."""
        if self._live():
            self._reopen(self.session.options)

    def _live(self) -> bool:
        """Whether there is a model that can run; says so if not."""
        if self._ready and self._saved:
            self.tell(tr(SAVED))
        return self._ready and not self._saved

    def _reopen(self, options: LaunchOptions) -> None:
        """Open another run; this one stays until that is ready."""
        self._stop()
        self._opening = True
        self.tell(tr("Starting again…"))
        self.session.reopen(options)

    @on(CycleChosen)
    def _cycle_chosen(self, message: CycleChosen) -> None:
        if self._visible:
            self._stop()
            self._jump(message.number)

    def _stop(self) -> None:
        """Let the clock tick by itself no more."""
        if self._player is not None:
            self._player.stop()
            self._player = None
            self._stale()

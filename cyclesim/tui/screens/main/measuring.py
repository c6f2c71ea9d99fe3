"""Measuring: full speed again, and the answer if the clock stopped here.

Both are work beside the run, done by the session's thread between two cycles, and both make way as
soon as cycles are wanted. The head is asked by itself only where that is quick, and only when
nothing has moved for a moment, so that no step ever waits for it.
"""

from __future__ import annotations

from dataclasses import replace

from textual.timer import Timer

from cyclesim.language import tr, trn
from cyclesim.render.units import duration
from cyclesim.tui.backstage.answers import Probed, ProbeJob
from cyclesim.tui.backstage.measures import Measured, MeasureJob, Measures, PeakJob, Progress
from cyclesim.tui.messages import Changed, Failed, Moved, Opened
from cyclesim.tui.screens.main.running import Running
from cyclesim.tui.widgets.result import labels_cycle

__all__ = ["Measuring"]

#: The head is asked by itself where a forward takes less than this, nanoseconds.
QUICK_NS = 50_000_000
#: Seconds without a move after which it is asked.
IDLE = 0.12


class Measuring(Running):
    """Asks the session's thread for what takes a model and time."""

    def __init__(self) -> None:
        super().__init__()
        self._idle: Timer | None = None
        #: The measuring that goes on.
        self._measuring: MeasureJob | None = None

    # -- what the session reports ------------------------------------------------------------

    def opened(self, report: Opened) -> None:
        bare = report.plan.timing.untraced_ns
        quick = report.live and bare is not None and bare < QUICK_NS
        self._measures = Measures(automatic=quick)
        if self._measuring is not None:
            self._measuring.stop.set()
            self._measuring = None
        super().opened(report)
        self._turn_corner(self._usual if report.live or self._learns else "result")
        if report.live:
            self.session.ask(PeakJob())
            self._ask_soon()

    def moved(self, report: Moved) -> None:
        measured = self._speeds if self._measures.repeats else None
        shown = self._trace is not None and self._answer_shown
        super().moved(report)
        if report.trace is not self._trace:
            return
        if measured is not None:
            self._speeds = measured
        if not shown and self._answer_shown and self._usual == "probe":
            self._turn_corner("result")
        self._ask_soon()

    def changed(self, report: Changed) -> None:
        super().changed(report)
        if not self._answer_shown and self._usual == "probe":
            self._turn_corner("probe")
        self._ask_soon()

    def failed(self, report: Failed) -> None:
        """The line under the timeline may be too short for why it broke off; the result is not."""
        super().failed(report)
        if report.ended and self._tabs:
            self._focus("result")
        elif report.ended:
            self._turn_corner("result")

    @property
    def _usual(self) -> str:
        """Which panel of the corner a run begins with."""
        return "writing" if self._writes else "learning" if self._learns else "probe"

    @property
    def _answer_shown(self) -> bool:
        """Whether the run itself has given its answer, or never will."""
        if self._trace is None:
            return False
        return self._ended or labels_cycle(self._trace, self._executed) is not None

    def _turn_corner(self, panel: str) -> None:
        """Show `panel` where the answer now and the result take turns."""
        if panel == self._corner:
            return
        focused = self._focused_panel == self._corner
        self._corner = panel
        if not self._tabs:
            if focused:
                self._focus(panel)
            self._arrange()

    # -- the answer now ----------------------------------------------------------------------

    def action_writing(self) -> None:
        """Show the text and its cache alone; again for all panels."""
        if not self._ready:
            return
        if not self._writes:
            self.tell(tr("This run writes no text, so it has no key-value cache."))
            return
        self._alone("writing")

    def action_learning(self) -> None:
        """Show gradients and updates alone; again for all panels."""
        if not self._ready:
            return
        if not self._learns:
            self.tell(tr("This run is no training step: it has no gradients."))
            return
        self._alone("learning")

    def action_probe(self) -> None:
        """Ask the head and show its answers over the layers; again for all panels."""
        if not self._live():
            return
        if self._learns:
            self.tell(tr("A training step gives no answer: what it makes is a loss."))
            return
        if self._large != "probe":
            self._measures = replace(self._measures, automatic=True)
        if self._alone("probe"):
            self._stale()
            self._ask_head()

    def _alone(self, panel: str) -> bool:
        """Give one panel the whole screen, or, again, all panels; whether it now has it."""
        if self._large == panel:
            self._enlarge()
            return False
        self._focus(panel)
        if not self._tabs:
            self._enlarge(panel)
        return True

    def _ask_soon(self) -> None:
        """Ask the head when nothing has moved for a moment."""
        if self._idle is not None:
            self._idle.stop()
        self._idle = self.set_timer(IDLE, self._ask_head)

    def _ask_head(self) -> None:
        self._idle = None
        measures = self._measures
        if self._saved or not self._ready or not measures.automatic or self._learns:
            return
        if self._measuring is not None:
            self._ask_soon()  # a question of ours would stop what a person has asked for
            return
        known = measures.answers
        if known is None or known.trace is not self._trace or known.missing(self._executed):
            self.session.ask(ProbeJob(known))

    def probed(self, report: Probed) -> None:
        """The head has been asked."""
        answers = report.answers
        if answers is not None and answers.trace is self._trace:
            self._measures = replace(self._measures, answers=answers)
            self._stale()
        if answers is None or answers.missing(self._executed):
            self._ask_soon()

    # -- full speed --------------------------------------------------------------------------

    def action_measure(self) -> None:
        """Measure full speed over more repeats; again to stop."""
        if not self._live():
            return
        if self._measuring is not None:
            self._measuring.stop.set()
            return
        self._stop()
        self.session.hold()
        self._measuring = MeasureJob()
        self.session.ask(self._measuring)

    def measuring(self, report: Progress) -> None:
        """So many repeats are done."""
        if self._measuring is not None:
            self.tell(report.sentence)

    def measured(self, report: Measured) -> None:
        """Full speed, or this machine, was measured."""
        if report.plan is None or report.plan is not self._plan:
            return
        if report.peak is not None:
            self._measures = replace(self._measures, peak=report.peak)
        speeds = report.speeds
        if speeds is not None:
            self._speeds = speeds.medians
            spread = tuple(map(tuple, speeds.spread))
            self._measures = replace(self._measures, repeats=speeds.repeats, spread=spread)
        if report.asked:
            self._measuring = None
            self.tell(report.sentence or self._said(speeds), bad=report.bad)
        self._stale()

    @staticmethod
    def _said(speeds) -> str:
        """What was measured, in one sentence."""
        said = trn("Full speed is now the time of {count} run: {time} for the forward.",
                   "Full speed is now the median of {count} runs: {time} for the forward.",
                   speeds.repeats)  # fmt: skip
        return said.format(count=speeds.repeats, time=duration(speeds.wall_ns))

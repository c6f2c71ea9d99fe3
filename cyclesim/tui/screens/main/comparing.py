"""Comparing: another run beside this one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from cyclesim.language import tr
from cyclesim.tui.backstage.branches import UpdateJob
from cyclesim.tui.backstage.session import END
from cyclesim.tui.compare.alignment import Comparison
from cyclesim.tui.compare.other import Pairing
from cyclesim.tui.compare.versus import (
    Against,
    Compared,
    CompareJob,
    NotCompared,
    Offered,
    Postponed,
    Preparing,
    WaysJob,
)
from cyclesim.tui.launch import MOST_SERVED
from cyclesim.tui.messages import Moved
from cyclesim.tui.screens.compare import CompareScreen
from cyclesim.tui.screens.dialogs.against import AgainstDialog, OtherDialog, WaitDialog
from cyclesim.tui.screens.main.running import Running

if TYPE_CHECKING:
    from cyclesim.tui.app import CyclesimApp

__all__ = ["Comparing"]


class Comparing(Running):
    """The compare key: what with, making the other run, and the screen that shows both."""

    _comparison: Comparison | None = None
    _job: CompareJob | None = None
    _wait: WaitDialog | None = None
    #: The first run goes on to its end, to be compared then.
    _finishing = False

    def action_compare(self) -> None:
        """Ask what to put beside this run."""
        if not self._ready:
            return
        self._stop()
        self.session.hold()
        if not self._executed:
            said = tr("Nothing has run yet, so there is nothing to compare: {key} runs to the end.")
            self.tell(said.format(key=self._key("finish")))
            return
        self.session.ask(WaysJob(self._comparison))

    def compare_offered(self, report: Offered) -> None:
        """The session has said what there is."""
        if self.app.screen is not self:
            return

        def chosen(against: Against | None) -> None:
            if against is not None and against.way in ("model", "file") and self._forbidden():
                self.tell(self._forbidden(), bad=True)
            elif against is not None and against.asked:
                self._ask_which(against)
            elif against is not None:
                self._compare(against)

        hint = ""
        if self._saved:
            hint = tr("A saved trace cannot run, so only another file can stand beside it.")
        elif not self._ended:
            hint = tr(
                "Only the {count} cycles that have run are compared; {key} there runs the rest."
            )
            hint = hint.format(count=self._executed, key=self._key("finish"))
        self.app.push_screen(AgainstDialog(report.choices, hint), chosen)

    def _ask_which(self, against: Against) -> None:
        def answered(value: str | None) -> None:
            if value is not None and self._forbidden() and len(value) > MOST_SERVED:
                said = tr("That text is too long to be run here: {count} characters at most.")
                self.tell(said.format(count=MOST_SERVED), bad=True)
            elif value is not None:
                self._compare(replace(against, value=value))

        value = self.session.text if against.way == "text" else ""
        self.app.push_screen(OtherDialog(against.way, value), answered)

    def _forbidden(self) -> str:
        return cast("CyclesimApp", self.app).forbidden()

    def _compare(self, against: Against) -> None:
        job = self._job = CompareJob(against)
        self._wait = WaitDialog()

        def closed(_: None) -> None:
            job.cancelled.set()
            self._wait = None

        self.app.push_screen(self._wait, closed)
        self.session.ask(job)

    # -- what the session reports ------------------------------------------------------------

    def compare_progressed(self, report: Preparing) -> None:
        """The other run has come further."""
        if self._wait is not None and self._wait.is_mounted:
            self._wait.progress(report.text)

    def compare_postponed(self, report: Postponed) -> None:
        """Something came in between: ask again."""
        if not report.job.cancelled.is_set():
            self.session.ask(report.job)

    def compare_failed(self, report: NotCompared) -> None:
        """Say why."""
        if self._wait is not None and self._wait.is_mounted:
            self._wait.fail(report.sentence)
        else:
            self.tell(report.sentence, bad=True)

    def compared(self, report: Compared) -> None:
        """Both runs have been compared: show them."""
        found, scene = report.comparison, self._scene
        if scene is None or found.ours is not self._trace:
            return
        self._comparison = found
        # The main screen goes on looking at this run against that one.
        self.session.ask(UpdateJob(Pairing(found.title, found.ours, found.theirs)))
        screen = self.app.screen
        if isinstance(screen, CompareScreen):
            screen.renew(found, scene)
            return
        if self._wait is None:
            return

        def closed(number: int | None) -> None:
            if number is not None:
                self._go(number)

        shown = CompareScreen(found, scene, self._finish_and_compare)
        self._wait.dismiss(None)
        self.app.push_screen(shown, closed)

    # -- the rest of the first run -----------------------------------------------------------

    def _finish_and_compare(self) -> None:
        self._finishing = True
        self.session.run_to(END, through=True)

    def moved(self, report: Moved) -> None:
        super().moved(report)
        if self._finishing and report.ended and self._comparison is not None:
            self._finishing = False
            against = Against("again", last=self._comparison)
            self.session.ask(CompareJob(against))

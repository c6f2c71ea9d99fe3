"""Changing: breakpoints, other futures, edits. What a person puts on the run."""

from __future__ import annotations

from dataclasses import replace

from cyclesim.tui.edits import EditWish
from cyclesim.tui.messages import Changed
from cyclesim.tui.screens.edit import EditDialog
from cyclesim.tui.screens.running import SAVED, Running
from cyclesim.tui.screens.stops import StopsDialog
from cyclesim.tui.widgets.tensor import Tensor

__all__ = ["Changing"]


class Changing(Running):
    """`B`, `w` and `e`."""

    def changed(self, report: Changed) -> None:
        """The session has gone back, or edited a cycle: from here on it is another trace."""
        self._trace, self._executed = report.trace, report.executed
        self._at = report.executed - 1 if report.executed else None
        self._ended, self._failure = False, ""
        self._following, self._opening = True, False
        self._marks = replace(self._marks, edited=report.edited)
        self._branch = report.branch
        kept = f" Branch {report.branch}: the old future is kept." if report.branch > 1 else ""
        self.tell(report.said + kept)
        self._stale()

    def action_stops(self) -> None:
        """List the breakpoints and ask for another."""
        if not self._ready or self._scene is None:
            return
        if self._saved:
            self.tell(f"{SAVED} / finds cycles by the same conditions.")
            return
        self._stop()
        scene = self._scene
        here = scene.current or scene.coming
        steps = {c.step for c in scene.plan.cycles} | {c.step for c in scene.trace.cycles}

        def closed(_: None) -> None:
            stops = self.session.stops.foreseen(scene.plan)
            self._marks = replace(self._marks, stops=stops)
            self._stale()

        prefill = "" if here is None else str(here.number)
        self.app.push_screen(StopsDialog(self.session.stops, steps, prefill), closed)

    def action_rewind(self) -> None:
        """What if: run again from the current cycle; the future that was is kept as a branch."""
        if not self._live():
            return
        self._stop()
        if self._at is None:
            self.tell("Nothing has run yet, so there is nothing to go back to.")
        elif self._at == self._executed - 1 and not self._failure:
            self.tell("Nothing has run after this cycle: b or g first, then w runs on from there.")
        else:
            self._opening = True
            self.tell(f"Rewinding to cycle {self._at}\u2026")
            self.session.rewind(self._at)

    def action_edit(self) -> None:
        """Ask for a change of the current cycle's output, and run on from there."""
        if not self._live():
            return
        self._stop()
        number = self._at
        if number is None:
            self.tell("Nothing has run yet: step to a cycle first, then edit it.")
            return
        self.session.hold()  # the future is about to change: do not run into the old one
        tensor = self.query_one(Tensor)
        cell, output = tensor.cell, tensor.output

        def answered(wish: EditWish | None) -> None:
            if wish is not None:
                self._opening = True
                self.tell(f"Editing cycle {number}\u2026")
                self.session.edit(number, wish)

        written = self._trace.cycles[number].outputs if self._trace is not None else ()
        heads = output < len(written) and len(written[output].shape) == 4
        head, row = tensor.head if heads else None, tensor.cursor[0]
        self.app.push_screen(EditDialog(number, cell, output, head, row), answered)

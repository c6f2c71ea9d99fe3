"""Changing: breakpoints, other futures, edits. What a person puts on the run."""

from __future__ import annotations

from dataclasses import replace

from cyclesim.language import tr
from cyclesim.tui.backstage.branches import BesideJob, Branches, BranchesJob, Matched, UpdateJob
from cyclesim.tui.backstage.editable import Editable, EditableJob
from cyclesim.tui.backstage.edits import EditWish
from cyclesim.tui.compare.other import Pairing
from cyclesim.tui.messages import Changed, Moved
from cyclesim.tui.screens.dialogs.branches import BranchesDialog, Choice
from cyclesim.tui.screens.dialogs.edit import EditDialog
from cyclesim.tui.screens.dialogs.stops import StopsDialog
from cyclesim.tui.screens.main.running import SAVED, Running
from cyclesim.tui.widgets.tensor import Tensor

__all__ = ["Changing"]


class Changing(Running):
    """`B`, `w`, `W` and `e`."""

    #: The branch that this run is looked at against, as far as it was matched.
    _pairing: Pairing | None = None

    def changed(self, report: Changed) -> None:
        """From here on it is another trace: look at it against the one that was left."""
        if report.trace is not self._trace:
            self._other, self._pairing = None, None
        super().changed(report)
        if report.left is not None:
            self.session.ask(BesideJob(report.left))
            kept = tr("Branch {number} is kept: {key} lists them.")
            kept = kept.format(number=report.left, key=self._key("branches"))
            self.tell(f"{report.said} {kept}")

    # -- another branch beside this one --------------------------------------------------------

    def moved(self, report: Moved) -> None:
        """More cycles have run, so more can be compared."""
        super().moved(report)
        pairing = self._pairing
        if pairing is not None and self._beside(pairing) and pairing.behind:
            self.session.ask(UpdateJob(pairing))

    def _beside(self, pairing: Pairing) -> bool:
        """Whether it is still what this run is looked at against."""
        other = self._other
        return pairing.ours is self._trace and other is not None and other.trace is pairing.theirs

    def matched(self, report: Matched) -> None:
        """A branch is beside this one, or more of it."""
        if report.pairing.ours is self._trace:
            self._pairing, self._other = report.pairing, report.other
            self._stale()

    def action_branches(self) -> None:
        """List the branches."""
        if not self._live():
            return
        self._stop()
        self.session.hold()
        self.session.ask(BranchesJob())

    def branches_listed(self, report: Branches) -> None:
        """Show them, and do what is chosen."""
        if report.sentence:
            self.tell(report.sentence, bad=True)
        elif len(report.rows) < 2:
            said = tr("There is one branch only: {edit} (edit) or {rewind} (what if) make others.")
            self.tell(said.format(rewind=self._key("rewind"), edit=self._key("edit")))
        elif self.app.screen is self:
            pairing = self._pairing
            beside = pairing.title if pairing is not None and self._beside(pairing) else None
            self.app.push_screen(BranchesDialog(report.rows, beside), self._branch_chosen)

    def _branch_chosen(self, choice: Choice | None) -> None:
        if choice is None:
            return
        if choice.deed == "go":
            self._opening = True
            self.tell(tr("Going to branch {number}…").format(number=choice.number))
            self.session.switch(choice.number)
        elif choice.deed == "beside":
            self.tell(tr("Branch {number} is beside this one: {key} shows what changed.").format(
                number=choice.number, key=self._key("changed")
            ))  # fmt: skip
            self.session.ask(BesideJob(choice.number))
        else:
            self._pairing, self._other = None, None
            self._stale()

    # -- breakpoints, rewinding, editing -------------------------------------------------------

    def action_stops(self) -> None:
        """List the breakpoints and ask for another."""
        if not self._ready or self._scene is None:
            return
        if self._saved:
            more = tr("{key} finds cycles by the same conditions.").format(key=self._key("find"))
            self.tell(f"{tr(SAVED)} {more}")
            return
        self._stop()
        scene = self._scene
        here = scene.current or scene.coming

        def closed(_: None) -> None:
            stops = self.session.stops.foreseen(scene.plan)
            self._marks = replace(self._marks, stops=stops)
            self._stale()

        prefill = "" if here is None else str(here.number)
        self.app.push_screen(StopsDialog(self.session.stops, scene.steps, prefill), closed)

    def action_rewind(self) -> None:
        """What if: run again from the current cycle; the future that was is kept as a branch."""
        if not self._live():
            return
        self._stop()
        if self._at is None:
            self.tell(tr("Nothing has run yet, so there is nothing to go back to."))
        elif self._at == self._executed - 1 and not self._failure:
            said = tr(
                "Nothing has run after this cycle: {back} or {goto} first, then {rewind} runs on "
                "from there."
            )
            keys = {name: self._key(name) for name in ("back", "goto", "rewind")}
            self.tell(said.format(**keys))
        else:
            self._opening = True
            self.tell(tr("Rewinding to cycle {number}…").format(number=self._at))
            self.session.rewind(self._at)

    def action_edit(self) -> None:
        """Ask for a change of the current cycle's output, and run on from there."""
        if not self._live():
            return
        self._stop()
        number = self._at
        if number is None or self._trace is None:
            self.tell(tr("Nothing has run yet: step to a cycle first, then edit it."))
            return
        self.session.hold()  # the future is about to change: do not run into the old one
        if self._trace.cycles[number].stack:
            self._ask_edit(number)
        else:  # a step outside the model, perhaps: most of these cannot be edited
            self.session.ask(EditableJob(number, self.query_one(Tensor).output))

    def may_edit(self, report: Editable) -> None:
        """Ask for the change, or say at once why there can be none."""
        if report.sentence:
            self.tell(report.sentence, bad=True)
        elif self.app.screen is self and report.number == self._at and self._ready:
            self._ask_edit(report.number)

    def _ask_edit(self, number: int) -> None:
        assert self._trace is not None
        tensor = self.query_one(Tensor)
        cell, output = tensor.cell, tensor.output
        cycle = self._trace.cycles[number]

        def answered(wish: EditWish | None) -> None:
            if wish is None:
                return
            self._opening = True
            self.tell(tr("Editing cycle {number}…").format(number=number))
            if wish.kind == "undo":
                self.session.undo(number)
            else:
                self.session.edit(number, wish)

        heads = output < len(cycle.outputs) and len(cycle.outputs[output].shape) == 4
        head = tensor.head if heads else None
        # Edits count positions along the last dimension but one, whichever way it is drawn.
        row = cell[-2] if cell is not None and len(cell) > 1 else 0
        dialog = EditDialog(number, cell, output, head, row, edited=cycle.edited)
        self.app.push_screen(dialog, answered)

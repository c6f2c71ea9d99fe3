"""Opening: another text, model, task, attention or device, without leaving."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from cyclesim.language import tr
from cyclesim.machine.catalog import DEFAULT, EMBEDDED
from cyclesim.tui.backstage.engine import Offers
from cyclesim.tui.launch import MOST_SERVED, LaunchOptions
from cyclesim.tui.messages import Opened
from cyclesim.tui.screens.dialogs.line import TextDialog
from cyclesim.tui.screens.dialogs.machine import MachineDialog
from cyclesim.tui.screens.main.running import Running
from cyclesim.tui.settings.recent import Recent, Remembered, RememberJob
from cyclesim.tui.words.text import crop, printable

if TYPE_CHECKING:
    from cyclesim.tui.app import CyclesimApp

__all__ = ["Opening"]


class Opening(Running):
    """The dialogs that start another run, and what they remember."""

    _recent = Recent()
    _offers = Offers()

    def opened(self, report: Opened) -> None:
        """Another run: remember what it is."""
        super().opened(report)
        if report.live:
            self.session.ask(RememberJob(self._recent, not self._confined))

    def remembered(self, report: Remembered) -> None:
        """What was opened lately, and what can be opened here."""
        self._recent, self._offers = report.recent, report.offers

    @property
    def _confined(self) -> bool:
        return cast("CyclesimApp", self.app).confined

    def _reopen(self, options: LaunchOptions) -> None:
        """Open another run, if the screen may."""
        said = ""
        known = options.model == cast("CyclesimApp", self.app).options.model
        if self._confined and not known and (options.model or DEFAULT) not in EMBEDDED:
            said = tr("Only a model that comes with cyclesim can be opened here: {models}.")
        elif self._confined and len(options.text) > MOST_SERVED:
            said = tr("That text is too long to be run here: {count} characters at most.")
        if said:
            self.tell(said.format(models=", ".join(EMBEDDED), count=MOST_SERVED), bad=True)
        else:
            super()._reopen(options)

    def action_new_text(self) -> None:
        """Ask for another text and start again with it."""
        if not self._live():
            return
        self._stop()
        options = self.session.options

        def answered(text: str | None) -> None:
            if text is not None:
                self._reopen(options.saying(text))

        self.app.push_screen(TextDialog(options.text, self._recent.texts), answered)

    def action_new_machine(self) -> None:
        """Ask for another machine, and open it beside this one."""
        if not self._live() or self._trace is None:
            return
        self._stop()
        header = self._trace.header
        parts = (crop(printable(header.model), 40), header.task, header.device,
                 header.attention, header.dtype)  # fmt: skip
        present = tr("now: {machine}").format(machine=" · ".join(part for part in parts if part))

        def answered(options: LaunchOptions | None) -> None:
            if options is not None:
                self._reopen(options)

        dialog = MachineDialog(
            self.session.options, present, self._offers, self._recent, confined=self._confined
        )
        self.app.push_screen(dialog, answered)

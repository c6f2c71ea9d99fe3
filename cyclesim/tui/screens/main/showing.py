"""Showing: export, projector, language, help; and where the run stands, for logs and replays."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from cyclesim.language import LANGUAGES, current, speak, tr
from cyclesim.tui.classroom.exports import Exported, HtmlExport, screen_svg, write_new
from cyclesim.tui.classroom.log import Standing
from cyclesim.tui.screens.dialogs.export import ExportDialog, Kind
from cyclesim.tui.screens.dialogs.help import HelpScreen
from cyclesim.tui.screens.main.running import Running
from cyclesim.tui.settings.palette import HIGH_CONTRAST
from cyclesim.tui.widgets.bars import Bar
from cyclesim.tui.widgets.pressed import Pressed

if TYPE_CHECKING:
    from cyclesim.tui.app import CyclesimApp

__all__ = ["Showing"]


class Showing(Running):
    """What a classroom needs of the screen."""

    #: The theme to return to from projector mode; "" outside of it.
    _theme_before = ""

    # -- where the run stands ----------------------------------------------------------------

    @property
    def standing(self) -> Standing:
        """Where the run stands, as far as the screen knows."""
        executed = self._executed if self._ready else None
        return Standing(self._at, executed, self._branch, self._marks.edited)

    @property
    def settled(self) -> bool:
        """Whether the screen shows all that it knows."""
        return self._ready and self._repaint is None

    @property
    def pressed(self) -> Pressed:
        """Where a pressed key is shown to the back row."""
        return self.query_one(Pressed)

    def refresh_bars(self) -> None:
        """Draw the one-line bars anew."""
        for bar in self.query(Bar):
            bar.refresh()

    # -- projector ---------------------------------------------------------------------------

    @property
    def projecting(self) -> bool:
        """Whether this is for the back row."""
        return self.has_class("-projector")

    def action_projector(self) -> None:
        """Large panes, high contrast and pressed keys; again for the usual screen."""
        app = cast("CyclesimApp", self.app)
        if self.projecting:
            self.remove_class("-projector")
            app.theme = self._theme_before
        else:
            self._theme_before = app.theme
            self.add_class("-projector")
            app.theme = HIGH_CONTRAST.name
        self._arrange()
        self._paint()

    # -- language ----------------------------------------------------------------------------

    def action_language(self) -> None:
        """The next language there is."""
        codes = list(LANGUAGES)
        speak(codes[(codes.index(current()) + 1) % len(codes)])
        self._arrange()
        self._paint()
        self.refresh_bars()
        self.tell(tr("The language is now {name}.").format(name=LANGUAGES[current()]))

    # -- help --------------------------------------------------------------------------------

    def action_help(self) -> None:
        """Keys and words."""
        self._stop()
        self.app.push_screen(HelpScreen())

    # -- export ------------------------------------------------------------------------------

    def action_export(self) -> None:
        """Ask what to save, and save it in a new file."""
        app = cast("CyclesimApp", self.app)
        if app.forbidden():
            self.tell(app.forbidden())
            return
        if not self._ready:
            return
        self._stop()
        self.app.push_screen(ExportDialog(), self._export)

    def _export(self, kind: Kind | None) -> None:
        if kind == "svg":
            # The dialog is gone from the screen after the next refresh.
            self.call_after_refresh(self._export_svg)
        elif kind == "html":
            self.tell(tr("Writing the page…"))
            self.session.ask(HtmlExport(self._at))
        elif kind == "log":
            recorder = cast("CyclesimApp", self.app).recorder
            self.exported(write_new("jsonl", recorder.text(self.standing)))

    def _export_svg(self) -> None:
        self.exported(write_new("svg", screen_svg(self.app)))

    def exported(self, report: Exported) -> None:
        """Say where it is, or why it is not."""
        if report.sentence:
            self.tell(report.sentence, bad=True)
        else:
            self.tell(tr("Saved as {file}.").format(file=report.path))

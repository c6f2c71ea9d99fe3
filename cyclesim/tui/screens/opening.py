"""Opening: another text, model, task, attention or device, without leaving."""

from __future__ import annotations

from cyclesim.tui.screens.dialogs import TextDialog
from cyclesim.tui.screens.running import Running

__all__ = ["Opening"]


class Opening(Running):
    """The dialogs that start another run."""

    def action_new_text(self) -> None:
        """Ask for another text and start again with it."""
        if not self._live():
            return
        self._stop()

        def answered(text: str | None) -> None:
            if text is not None:
                self._reopen(text)

        self.app.push_screen(TextDialog(self.session.text), answered)

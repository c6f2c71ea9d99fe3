"""Showing: export, projector, language, help."""

from __future__ import annotations

from cyclesim.tui.screens.help import HelpScreen
from cyclesim.tui.screens.running import Running

__all__ = ["Showing"]


class Showing(Running):
    """What a classroom needs of the screen."""

    def action_help(self) -> None:
        """Keys and words."""
        self._stop()
        self.app.push_screen(HelpScreen())

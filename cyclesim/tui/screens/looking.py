"""Looking: keys of the timeline, the program and the panels, and jumps between cycles."""

from __future__ import annotations

from cyclesim.tui.screens.running import Running

__all__ = ["Looking"]


class Looking(Running):
    """Where to look, and how the rows, columns and panels are laid out."""

    def action_next_panel(self) -> None:
        self._turn_panel(1)

    def action_previous_panel(self) -> None:
        self._turn_panel(-1)

"""The main screen: all views of one run, and everything a key can do."""

from __future__ import annotations

from cyclesim.tui.commands import bindings
from cyclesim.tui.screens.changing import Changing
from cyclesim.tui.screens.finding import Finding
from cyclesim.tui.screens.help import HelpScreen
from cyclesim.tui.widgets.tensor import Tensor

__all__ = ["MainScreen"]


class MainScreen(Finding, Changing):
    """A stage that can run, be searched and be changed; here are the keys that only look."""

    BINDINGS = bindings(app=False)

    def action_next_panel(self) -> None:
        self._turn_panel(1)

    def action_previous_panel(self) -> None:
        self._turn_panel(-1)

    def action_next_tensor(self) -> None:
        self.query_one(Tensor).choose(1)

    def action_previous_tensor(self) -> None:
        self.query_one(Tensor).choose(-1)

    def action_next_head(self) -> None:
        self.query_one(Tensor).turn(0, 1)

    def action_previous_head(self) -> None:
        self.query_one(Tensor).turn(0, -1)

    def action_next_batch(self) -> None:
        self.query_one(Tensor).turn(1, 1)

    def action_previous_batch(self) -> None:
        self.query_one(Tensor).turn(1, -1)

    def action_help(self) -> None:
        """Keys and words."""
        self._stop()
        self.app.push_screen(HelpScreen())

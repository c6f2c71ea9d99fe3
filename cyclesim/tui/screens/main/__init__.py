"""The main screen. Each file is a part of what a person can do there."""

from cyclesim.tui.screens.main.screen import MainScreen

__all__ = ["MainScreen"]

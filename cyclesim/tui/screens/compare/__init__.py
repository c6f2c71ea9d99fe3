"""The compare screen: two runs side by side."""

from cyclesim.tui.screens.compare.screen import CompareScreen

__all__ = ["CompareScreen"]

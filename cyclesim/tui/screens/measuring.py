"""Measuring: full speed again, and the answer if the clock stopped here."""

from __future__ import annotations

from cyclesim.tui.screens.running import Running

__all__ = ["Measuring"]


class Measuring(Running):
    """Asks the session's thread for what takes a model and time."""

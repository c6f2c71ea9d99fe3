"""Asking: predict what a cycle will do before it does it."""

from __future__ import annotations

from cyclesim.tui.screens.running import Running

__all__ = ["Asking"]


class Asking(Running):
    """The predict key, and its tally."""

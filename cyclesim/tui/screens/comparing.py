"""Comparing: another run beside this one."""

from __future__ import annotations

from cyclesim.tui.screens.running import Running

__all__ = ["Comparing"]


class Comparing(Running):
    """The compare key."""

"""The door: what is seen while the rest of the app is still being imported.

It looks like the main screen while a model loads, knows no key but the one that leaves, and needs
nothing but Textual: neither NumPy nor the code of a single panel.
"""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen

from cyclesim.tui.keys import bindings
from cyclesim.tui.widgets.bars import HeaderBar, KeyBar
from cyclesim.tui.widgets.loading import LoadingView

__all__ = ["Door"]


class Door(Screen):
    """The first screen; the main screen covers it."""

    AUTO_FOCUS = ""
    BINDINGS = [b for b in bindings(app=False) if isinstance(b, Binding) and b.id == "quit"]

    def compose(self) -> ComposeResult:
        yield HeaderBar(id="header")
        yield LoadingView(id="loading")
        yield KeyBar(id="keys")

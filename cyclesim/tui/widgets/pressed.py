"""The key that was just pressed, large, so that the back row sees what the teacher does."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Offset
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from cyclesim.language import tr
from cyclesim.tui.commands import Command
from cyclesim.tui.words.lines import strip_of
from cyclesim.tui.words.text import crop

if TYPE_CHECKING:
    from cyclesim.tui.app import CyclesimApp
    from cyclesim.tui.screens.main import MainScreen

__all__ = ["Pressed"]

#: Seconds that it stays.
STAYS = 2.0

_KEY = Style(color="#000000", bgcolor="#ffd500", bold=True)
_LABEL = Style(color="#ffffff", bgcolor="#333333", bold=True)


class Pressed(Widget):
    """Three lines in the corner above the keys: the key on a bright ground, and what it does."""

    HEIGHT = 3

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._key, self._label = "", ""
        self._timer: Timer | None = None

    def on_mount(self) -> None:
        self.display = False

    def press(self, key: str, command: Command) -> None:
        """Show `key`, and what it does, for a while."""
        glyphs = cast("CyclesimApp", self.app).glyphs
        self._key = f"  {key}  "
        room = cast("MainScreen", self.screen).room  # beside a lesson, its words are not covered
        self._label = crop(f"  {glyphs.text(tr(command.label))}  ", room.width // 2)
        width = cell_len(self._key) + cell_len(self._label)
        self.styles.width, self.styles.height = width, self.HEIGHT
        self.offset = Offset(max(room.width - width - 2, 0), max(room.height - self.HEIGHT - 2, 0))
        self.display = True
        self.refresh(layout=True)
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(STAYS, self._hide)

    def _hide(self) -> None:
        self.display = False

    def render_line(self, y: int) -> Strip:
        key, label = self._key, self._label
        if y != 1:
            key, label = " " * cell_len(key), " " * cell_len(label)
        style = _KEY
        if cast("CyclesimApp", self.app).plain:
            style = Style(reverse=True, bold=True)
        return strip_of([Segment(key, style), Segment(label, _LABEL)], self.size.width, _LABEL)

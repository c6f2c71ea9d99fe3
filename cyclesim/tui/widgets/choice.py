"""A row of a form: one of a few values, all of them in sight as far as there is room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from cyclesim.tui.settings.palette import ACCENT, BODY, FAINT, MUTED
from cyclesim.tui.words.lines import Line, line_width, strip_of

if TYPE_CHECKING:
    from cyclesim.tui.app import CyclesimApp

__all__ = ["Choice"]


class Choice(Widget, can_focus=True):
    """Left and right (or up and down) choose; the chosen one is in brackets.

    Args:
        values: what can be chosen, each with the words that are shown.
        value: what is chosen; put in front of the others where it is none of them.
    """

    class Changed(Message):
        """Another value is chosen."""

    BINDINGS = [
        Binding("left,up", "turn(-1)", show=False),
        Binding("right,down,space", "turn(1)", show=False),
    ]

    def __init__(
        self, values: Sequence[tuple[str | None, str]], value: str | None, *, id: str
    ) -> None:
        super().__init__(id=id)
        self.value = value
        self._values: tuple[tuple[str | None, str], ...] = ()
        self.offer(values)

    def offer(self, values: Sequence[tuple[str | None, str]]) -> None:
        """Let these be chosen from."""
        known = any(value == self.value for value, _ in values)
        self._values = tuple(values) if known else ((self.value, str(self.value)), *values)
        self.refresh()

    def choose(self, value: str | None) -> None:
        """Choose `value`."""
        self.value = value
        self.offer(self._values)
        self.post_message(self.Changed())

    @property
    def _place(self) -> int:
        return next(i for i, (value, _) in enumerate(self._values) if value == self.value)

    def action_turn(self, by: int) -> None:
        """The next value, or the one before."""
        self.choose(self._values[(self._place + by) % len(self._values)][0])

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        x = 0
        for value, words in self._shown(self.size.width):
            x += cell_len(words) + 2
            if event.x < x:
                self.choose(value)
                break

    def _shown(self, width: int) -> list[tuple[str | None, str]]:
        """The values from the first that lets the chosen one be seen."""
        for first in range(self._place + 1):
            shown = list(self._values[first:])
            until = sum(cell_len(words) + 2 for _, words in shown[: self._place - first + 1])
            if until <= width:
                return shown
        return [self._values[self._place]]

    def render_line(self, y: int) -> Strip:
        width, base = self.size.width, self.rich_style
        if y:
            return Strip.blank(width, base)
        plain = cast("CyclesimApp", self.app).plain
        line: Line = []
        for value, words in self._shown(width):
            chosen = value == self.value
            style = MUTED
            if chosen:
                style = ACCENT if self.has_focus else BODY
                if self.has_focus:
                    style += Style(reverse=True) if plain else Style(bgcolor="#2b3a4d")
            left, right = "[]" if chosen else "  "
            line.append(Segment(f"{left}{words}{right}", style))
        if line_width(line) > width:
            line = [*Segment.adjust_line_length(line, width - 1, pad=False), Segment(">", FAINT)]
        return strip_of(line, width, base)

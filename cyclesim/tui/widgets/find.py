"""The find line: type part of a step, unit or module path; Enter goes to the next match."""

from __future__ import annotations

from collections.abc import Iterable

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Label

from cyclesim.trace import Cycle

__all__ = ["FindBar", "matches"]


def matches(cycles: Iterable[Cycle], query: str) -> list[int]:
    """Numbers of the cycles that have every word of `query` in their label, path or function."""
    words = query.lower().split()
    if not words:
        return []
    found = []
    for cycle in cycles:
        text = f"{cycle.label} {cycle.path} {cycle.op}".lower()
        if all(word in text for word in words):
            found.append(cycle.number)
    return found


class FindBar(Horizontal):
    """Hidden until asked for. Enter: next match (running up to it); escape: close."""

    class Wanted(Message):
        """Go to the next match of `query` after the current cycle."""

        def __init__(self, query: str) -> None:
            super().__init__()
            self.query = query

    class Typed(Message):
        """`query` has changed: say how many there are."""

        def __init__(self, query: str) -> None:
            super().__init__()
            self.query = query

    class Closed(Message):
        """The person is done."""

    def compose(self) -> ComposeResult:
        yield Label("find", id="find-title")
        yield Input(placeholder="softmax, attention, layer 2, …", id="find-input", compact=True,
                    select_on_focus=True)  # fmt: skip
        yield Label("", id="find-count", markup=False)

    def on_mount(self) -> None:
        self.query_one(Input).cursor_blink = not self.app.is_headless

    def open(self) -> None:
        """Show the line and type into it."""
        self.display = True
        self.query_one(Input).focus()

    def say(self, text: str) -> None:
        """What was found."""
        self.query_one("#find-count", Label).update(text)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Typed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Wanted(event.value))

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            self.display = False
            self.post_message(self.Closed())

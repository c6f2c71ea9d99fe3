"""The small dialogs: go to a cycle, run another text."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label

__all__ = ["GotoDialog", "TextDialog"]


class _Ask(ModalScreen):
    """One question, one line to answer it, one line that says what is wrong with the answer."""

    BINDINGS = [Binding("escape", "dismiss(None)", "cancel", show=False)]

    title_shown = ""
    hint = ""
    value = ""

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Label(self.title_shown, id="question", markup=False)
            yield Input(self.value, id="answer", select_on_focus=True)
            yield Label(self.hint, id="hint", markup=False)

    def on_mount(self) -> None:
        self.query_one("#answer", Input).cursor_blink = not self.app.is_headless

    def complain(self, text: str) -> None:
        """Say what is wrong and keep asking."""
        hint = self.query_one("#hint", Label)
        hint.update(text)
        hint.add_class("bad")


class GotoDialog(_Ask):
    """Asks for the number of a cycle."""

    title_shown = "Go to cycle"

    def __init__(self, last: int, executed: int) -> None:
        super().__init__()
        self.last = last
        self.hint = f"0 to {last}. Enter goes there"
        self.hint += (
            f", and runs what has not run yet (from {executed})." if executed <= last else "."
        )

    def on_input_submitted(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        if not text.isdecimal() or int(text) > self.last:
            self.complain(f"There is no cycle {text!r}: give a number from 0 to {self.last}.")
            return
        self.dismiss(int(text))


class TextDialog(_Ask):
    """Asks for another text."""

    title_shown = "Run another text"
    hint = "Enter starts again before cycle 0; escape keeps this run."

    def __init__(self, value: str) -> None:
        super().__init__()
        self.value = value

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if not event.value.strip():
            self.complain("The text is empty: give at least one word.")
            return
        self.dismiss(event.value)

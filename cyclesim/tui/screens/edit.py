"""The dialog of edits: one line, and the ready-made edits that can stand in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from cyclesim.errors import CyclesimError
from cyclesim.tui.edits import FORMS, EditWish, parse_edit
from cyclesim.tui.text import indented

if TYPE_CHECKING:
    from cyclesim.tui.app import CyclesimApp

__all__ = ["EditDialog"]

HINT = "up, down: another · Enter: change it, run on from there · escape"


class EditDialog(ModalScreen[EditWish | None]):
    """Asks what to change in the output of one cycle.

    Args:
        number: the cycle.
        cell: index of the cell under the cursor, if an output is shown.
        output: which output is shown.
        head, row: what is looked at: the examples start from there; no head where there is none.
    """

    BINDINGS = [
        Binding("escape", "dismiss(None)", "cancel", show=False),
        Binding("down", "turn(1)", show=False, priority=True),
        Binding("up", "turn(-1)", show=False, priority=True),
    ]

    def __init__(
        self, number: int, cell: tuple[int, ...] | None, output: int, head: int | None, row: int
    ) -> None:
        super().__init__()
        self.number, self.cell, self.output = number, cell, output
        self._examples = [form.example.format(head=head or 0, row=row) for form in FORMS]
        # Of a matrix per head, a head; of everything else, a factor.
        self._place = 2 if head is None else 0

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Label(f"Edit what cycle {self.number} wrote", id="question", markup=False)
            yield Input(self._examples[self._place], id="answer")
            yield Label("", id="choices", markup=False)
            yield Label(self._text(HINT), id="hint", markup=False)

    def on_mount(self) -> None:
        self.query_one("#answer", Input).cursor_blink = not self.app.is_headless
        self._list()

    def _text(self, text: str) -> str:
        return cast("CyclesimApp", self.app).glyphs.text(text)

    def _list(self) -> None:
        mark = cast("CyclesimApp", self.app).glyphs.current
        lines = []
        for place, (form, example) in enumerate(zip(FORMS, self._examples, strict=True)):
            does = form.does
            if form.kind == "set":
                does += f": {list(self.cell)}" if self.cell is not None else " (look at it first)"
            lines.append(f"{mark if place == self._place else ' '} {example:<18} {does}")
        self.query_one("#choices", Label).update(indented("\n".join(lines)))

    def action_turn(self, by: int) -> None:
        """Put another example into the line."""
        self._place = (self._place + by) % len(FORMS)
        line = self.query_one("#answer", Input)
        line.value = self._examples[self._place]
        line.cursor_position = len(line.value)
        self._list()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        try:
            wish = parse_edit(event.value, self.cell, self.output)
        except CyclesimError as error:
            hint = self.query_one("#hint", Label)
            hint.update(str(error))
            hint.add_class("bad")
            return
        self.dismiss(wish)

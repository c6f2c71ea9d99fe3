"""The dialog of edits: one line, and the ready-made edits that can stand in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Input, Label

from cyclesim.errors import CyclesimError
from cyclesim.language import N_, tr
from cyclesim.tui.backstage.edits import FORMS, EditWish, Form, parse_edit
from cyclesim.tui.screens.dialogs.line import Ask
from cyclesim.tui.words.text import fit, indented

if TYPE_CHECKING:
    from cyclesim.tui.app import CyclesimApp

__all__ = ["EditDialog"]

HINT = N_("up, down: another · Enter: change it · escape: leave it")


class EditDialog(Ask[EditWish | None]):
    """Asks what to change in the output of one cycle.

    Args:
        number: the cycle.
        cell: index of the cell under the cursor, if an output is shown.
        output: which output is shown.
        head, row: what is looked at: the examples start from there; no head where there is none.
        edited: whether it is edited already, so that there is something to undo.
    """

    BINDINGS = [
        Binding("down", "turn(1)", show=False, priority=True),
        Binding("up", "turn(-1)", show=False, priority=True),
    ]

    def __init__(
        self,
        number: int,
        cell: tuple[int, ...] | None,
        output: int,
        head: int | None,
        row: int,
        *,
        edited: bool = False,
    ) -> None:
        super().__init__()
        self.cell, self.output, self.edited = cell, output, edited
        impossible = {"head": head is None, "set": cell is None, "undo": not edited}
        self._forms = [form for form in FORMS if not impossible.get(form.kind)]
        self._examples = [form.example.format(head=head or 0, row=row) for form in self._forms]
        # Of a matrix per head, a head; of everything else, a factor.
        kinds = [form.kind for form in self._forms]
        self._place = kinds.index("scale") if head is None else 0
        self.title_shown = tr("Edit what cycle {number} wrote").format(number=number)
        self.value, self.hint = self._examples[self._place], tr(HINT)

    def more(self) -> ComposeResult:
        yield Label("", id="choices", markup=False)

    def on_mount(self) -> None:
        super().on_mount()
        self._list()

    def _list(self) -> None:
        mark = cast("CyclesimApp", self.app).glyphs.current
        lines = []
        for place, (form, example) in enumerate(zip(self._forms, self._examples, strict=True)):
            here = mark if place == self._place else " "
            lines.append(f"{here} {fit(example, 18)} {self.plain_text(self._does(form))}")
        self.query_one("#choices", Label).update(indented("\n".join(lines)))

    def _does(self, form: Form) -> str:
        cell = f": {list(self.cell)}" if form.kind == "set" and self.cell is not None else ""
        return tr(form.does) + cell

    def action_turn(self, by: int) -> None:
        """Put another example into the line."""
        self._place = (self._place + by) % len(self._forms)
        self.line.value = self._examples[self._place]
        self.line.cursor_position = len(self.line.value)
        self._list()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        try:
            wish = parse_edit(event.value, self.cell, self.output)
        except CyclesimError as error:
            self.complain(str(error))
            return
        if wish.kind == "undo" and not self.edited:
            self.complain(tr("this cycle is as the model has it: there is nothing to undo."))
            return
        self.dismiss(wish)

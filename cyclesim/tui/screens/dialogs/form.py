"""A form: one field a row, a line that helps or says what is wrong, Enter to be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.screen import ModalScreen, ScreenResultType
from textual.widgets import Input, Label

from cyclesim.tui.widgets.choice import Choice

if TYPE_CHECKING:
    from cyclesim.tui.app import CyclesimApp

__all__ = ["Form"]

#: A screen with fewer lines has no empty ones between the rows.
ROOMY = 36


class Form(ModalScreen[ScreenResultType]):
    """A subclass composes the rows with `row`, and answers `action_done`."""

    BINDINGS = [
        Binding("escape", "dismiss(None)", "cancel", show=False),
        Binding("enter", "done", show=False, priority=True),
    ]

    def row(self, name: str, field: Input | Choice) -> ComposeResult:
        """One field with its name."""
        with Horizontal(classes="row", id=f"row-{field.id}"):
            yield Label(name, classes="field", markup=False)
            yield field

    def on_mount(self) -> None:
        for line in self.query(Input):
            line.cursor_blink = not self.app.is_headless
        self.set_class(self.app.size.height < ROOMY, "-tight")

    def action_done(self) -> None:
        """Take what the form says."""
        raise NotImplementedError

    def said(self, name: str) -> str:
        """What is written in the line called `name`."""
        return self.query_one(f"#{name}", Input).value

    def chosen(self, name: str) -> str | None:
        """What is chosen in the row called `name`."""
        return self.query_one(f"#{name}", Choice).value

    def plain_text(self, text: str) -> str:
        """Our own words in the characters that are allowed."""
        return cast("CyclesimApp", self.app).glyphs.text(text)

    def complain(self, text: str, field: str = "") -> None:
        """Say what is wrong, and go to the field where it is."""
        hint = self.query_one("#hint", Label)
        hint.update(self.plain_text(text))
        hint.add_class("bad")
        if field:
            self.query_one(f"#{field}").focus()

"""The dialog that asks what to save."""

from __future__ import annotations

from typing import Literal

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from cyclesim.language import N_, tr
from cyclesim.tui.classroom.exports import next_path

__all__ = ["ExportDialog", "Kind"]

Kind = Literal["svg", "html", "log"]

#: What can be saved, its ending, and what it is.
KINDS: tuple[tuple[Kind, str, str], ...] = (
    ("svg", "svg", N_("this screen as a picture (SVG)")),
    ("html", "html", N_("this cycle and its run as a page (HTML)")),
    ("log", "jsonl", N_("this session as a log: cyclesim replay plays it")),
)


class ExportDialog(ModalScreen[Kind | None]):
    """Three things to save, each with the name that the file will get."""

    BINDINGS = [
        Binding("escape,q", "dismiss(None)", "cancel", show=False),
        *(Binding(str(n), f"take({n - 1})", show=False) for n in range(1, len(KINDS) + 1)),
    ]

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Label(tr("Save in the current folder"), id="question", markup=False)
            options = [
                Option(f"{number}  {next_path(ending)!s:<20} {tr(what)}", kind)
                for number, (kind, ending, what) in enumerate(KINDS, 1)
            ]
            yield OptionList(*options, id="choices", markup=False)
            yield Label(tr("Enter or the number saves; escape closes."), id="hint", markup=False)

    def on_mount(self) -> None:
        self.query_one("#choices").focus()

    def action_take(self, place: int) -> None:
        """Save that one."""
        self.dismiss(KINDS[place][0])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.action_take(event.option_index)

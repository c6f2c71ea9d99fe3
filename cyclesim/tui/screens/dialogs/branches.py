"""The dialog of branches: the futures of this run, to go on with or to look at beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Label, OptionList

from cyclesim.language import tr, trn
from cyclesim.tui.backstage.branches import Row, branch_title
from cyclesim.tui.words.text import crop, indented, printable

if TYPE_CHECKING:
    from cyclesim.tui.app import CyclesimApp

__all__ = ["BranchesDialog", "Choice"]

WIDTH = 68


class Choice(NamedTuple):
    """What to do with branch `number`: go on with it, look at it beside this one, or no more."""

    deed: Literal["go", "beside", "alone"]
    number: int


class BranchesDialog(ModalScreen[Choice | None]):
    """A few lines a branch: where it comes from, what came of it, and its answer.

    Args:
        rows: the branches, oldest first.
        beside: title of the branch that is beside this one now, if one is.
    """

    BINDINGS = [
        Binding("escape", "dismiss(None)", "close", show=False),
        Binding("x", "beside", show=False),
    ]

    def __init__(self, rows: Sequence[Row], beside: str | None) -> None:
        super().__init__()
        self.rows, self.beside = rows, beside

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Label(tr("Branches: the futures of this run"), id="question", markup=False)
            yield OptionList(*map(self._lines, self.rows), id="choices", markup=False)
            yield Label(self._hint(), id="hint", markup=False)

    def on_mount(self) -> None:
        present = next(place for place, row in enumerate(self.rows) if row.present)
        # The one that is not on the screen is the one that is wanted.
        wanted = present - 1 if present else 1
        choices = self.query_one("#choices", OptionList)
        choices.styles.max_height = 15
        choices.highlighted = wanted
        choices.focus()

    def _hint(self) -> str:
        said = tr("Enter: go on with it · x: beside this run, or no more · escape")
        return cast("CyclesimApp", self.app).glyphs.text(said)

    def _lines(self, row: Row) -> Text:
        g, future = cast("CyclesimApp", self.app).glyphs, row.future
        origin = tr("the first")
        if future.parent is not None:
            said = tr("from branch {parent}, cycle {at}")
            origin = said.format(parent=future.parent, at=future.at)
        if future.notes:
            origin += f": {', '.join(future.notes)}"
        said = trn("{count} cycle ran", "{count} cycles ran", row.executed)
        parts = [said.format(count=row.executed), self._standing(row)]
        if _title(row) == self.beside:
            parts.append(tr("beside this run"))
        mark = g.current if row.present else " "
        lines = [f"{mark} {future.number}  {origin}", "     " + f" {g.dot} ".join(parts)]
        if row.answer:
            lines.append("     " + printable(row.answer))
        return indented("\n".join(crop(g.text(line), WIDTH, g.ellipsis) for line in lines))

    @staticmethod
    def _standing(row: Row) -> str:
        """How it stands to the branch on the screen."""
        if row.present:
            return tr("this is where you are")
        if row.first is not None:
            return tr("differs from cycle {number} on").format(number=row.first)
        said = trn("the same in {count} common cycle", "the same in {count} common cycles",
                   row.common)  # fmt: skip
        return said.format(count=row.common)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        row = self.rows[event.option_index]
        self.dismiss(None if row.present else Choice("go", row.future.number))

    def action_beside(self) -> None:
        """Look at this run beside the highlighted branch; again, or on itself, no more."""
        place = self.query_one("#choices", OptionList).highlighted
        if place is None:
            return
        row = self.rows[place]
        alone = row.present or _title(row) == self.beside
        self.dismiss(Choice("alone" if alone else "beside", row.future.number))


def _title(row: Row) -> str:
    return branch_title(row.future.number)

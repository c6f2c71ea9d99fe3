"""The dialogs of comparing: against what, which one, and waiting for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList

from cyclesim.language import N_, tr
from cyclesim.tui.compare.versus import Against, Way
from cyclesim.tui.screens.dialogs.line import Ask
from cyclesim.tui.words.text import crop, printable

if TYPE_CHECKING:
    from cyclesim.tui.app import CyclesimApp

__all__ = ["AgainstDialog", "ColumnDialog", "OtherDialog", "WaitDialog"]

_LABELS: dict[Way, str] = {
    "again": N_("the last one again: {label}"),
    "attention": N_("the same text with {value} attention"),
    "text": N_("another text…"),
    "model": N_("another model…"),
    "unedited": N_("this run without the edits"),
    "branch": N_("branch {value} of this run: {label}"),
    "file": N_("a saved trace…"),
}
_QUESTIONS: dict[Way, tuple[str, str]] = {
    "text": (N_("Compare with another text"), N_("It runs on the same model, to its end.")),
    "model": (
        N_("Compare with another model"),
        N_("An embedded model, a folder, or a name on the Hugging Face hub; the same text runs."),
    ),
    "file": (N_("Compare with a saved trace"), N_("The file that `cyclesim trace -o FILE` wrote.")),
}


class AgainstDialog(ModalScreen[Against | None]):
    """Lists what this run can be compared with; a digit or Enter chooses."""

    BINDINGS = [Binding("escape,C", "dismiss(None)", "close", show=False)]

    def __init__(self, choices: Sequence[Against], hint: str = "") -> None:
        super().__init__()
        self.choices, self.hint = choices, hint

    def compose(self) -> ComposeResult:
        text = cast("CyclesimApp", self.app).glyphs.text
        with Vertical(id="dialog"):
            yield Label(text(tr("Compare this run with")), id="question", markup=False)
            yield OptionList(*map(self._line, range(len(self.choices))), id="choices", markup=False)
            if self.hint:
                yield Label(text(self.hint), id="hint", markup=False)
            yield Label(text(tr("enter or its number: compare · escape: close")), id="list-hint",
                        markup=False)  # fmt: skip

    def on_mount(self) -> None:
        self.query_one("#choices", OptionList).highlighted = 0

    def _line(self, place: int) -> str:
        choice = self.choices[place]
        said = tr(_LABELS[choice.way]).format(value=choice.value, label=printable(choice.label))
        glyphs = cast("CyclesimApp", self.app).glyphs
        return crop(f" {place + 1}  {glyphs.text(said)}", 66, glyphs.ellipsis)

    def on_key(self, event: events.Key) -> None:
        if event.key.isdecimal() and 1 <= int(event.key) <= len(self.choices):
            event.stop()
            self.dismiss(self.choices[int(event.key) - 1])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self.choices[event.option_index])


class OtherDialog(Ask[str | None]):
    """Asks which text, model or file."""

    def __init__(self, way: Way, value: str = "") -> None:
        super().__init__()
        self.way, self.value = way, value
        self.title_shown, self.hint = map(tr, _QUESTIONS[way])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        if not text:
            self.complain(tr("Nothing is given: type it, or press escape."))
        elif self.way == "file" and not Path(text).expanduser().is_file():
            self.complain(tr("There is no file {path}.").format(path=repr(text)))
        else:
            self.dismiss(text)


class ColumnDialog(Ask[str | None]):
    """Asks for a cycle of A, or of B."""

    def __init__(self, last_a: int, last_b: int) -> None:
        super().__init__()
        self.last = {"a": last_a, "b": last_b}
        self.title_shown = tr("Go to cycle")
        said = tr("A has cycles 0 to {a}; b0 to b{b} are those of B.")
        self.hint = said.format(a=last_a, b=last_b)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        text = event.value.strip().lower()
        side = "b" if text.startswith("b") else "a"
        digits = text.lstrip("ab")
        if not digits.isdecimal() or len(digits) > 9 or int(digits) > self.last[side]:
            said = tr("There is no cycle {text}: give a number up to {last}, or b and a number.")
            self.complain(said.format(text=repr(text), last=self.last["a"]))
        else:
            self.dismiss(f"{side}{int(digits)}")


class WaitDialog(ModalScreen[None]):
    """Says how far the other run is; escape gives it up. Says why, if it cannot be made."""

    BINDINGS = [Binding("escape,enter,C", "dismiss(None)", "close", show=False)]

    def compose(self) -> ComposeResult:
        text = cast("CyclesimApp", self.app).glyphs.text
        with Vertical(id="dialog"):
            yield Label(text(tr("Comparing…")), id="question", markup=False)
            yield Label("", id="hint", markup=False)
            yield Label(text(tr("escape: give it up")), id="list-hint", markup=False)

    def progress(self, said: str) -> None:
        """Say what is going on."""
        text = cast("CyclesimApp", self.app).glyphs.text
        self.query_one("#hint", Label).update(text(said))

    def fail(self, sentence: str) -> None:
        """Say why it cannot be compared."""
        text = cast("CyclesimApp", self.app).glyphs.text
        self.query_one("#question", Label).update(tr("This cannot be compared"))
        hint = self.query_one("#hint", Label)
        hint.update(printable(sentence))
        hint.add_class("bad")
        self.query_one("#list-hint", Label).update(text(tr("escape: close")))

"""The small dialogs: one question, one line to answer it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar, cast

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from cyclesim.language import tr
from cyclesim.trace import Query, QueryError, compile_query
from cyclesim.tui.widgets.find import pointed
from cyclesim.tui.words.text import indented

if TYPE_CHECKING:
    from cyclesim.tui.app import CyclesimApp

__all__ = ["Ask", "GotoDialog", "TextDialog"]

Answer = TypeVar("Answer")


class Ask(ModalScreen[Answer]):
    """A title, a line to answer in, and a line that helps or says what is wrong with the answer.

    A subclass fills in `title_shown`, `hint` and `value`, answers `on_input_submitted`, and may
    have more below (`more`).
    """

    BINDINGS = [Binding("escape", "dismiss(None)", "cancel", show=False)]

    title_shown = ""
    hint = ""
    value = ""

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Label(self.plain_text(self.title_shown), id="question", markup=False)
            yield Input(self.value, id="answer", select_on_focus=True)
            yield Label(self.plain_text(self.hint), id="hint", markup=False)
            yield from self.more()

    def more(self) -> ComposeResult:
        """What stands below the hint."""
        yield from ()

    def on_mount(self) -> None:
        for line in self.query(Input):
            line.cursor_blink = not self.app.is_headless

    @property
    def line(self) -> Input:
        """Where the answer is typed."""
        return self.query_one("#answer", Input)

    def plain_text(self, text: str) -> str:
        """Our own words in the characters that are allowed."""
        return cast("CyclesimApp", self.app).glyphs.text(text)

    def advise(self, text: str) -> None:
        """Say something helpful."""
        hint = self.query_one("#hint", Label)
        hint.update(self.plain_text(text))
        hint.remove_class("bad")

    def complain(self, text: str | QueryError) -> None:
        """Say what is wrong, under the word that is, and keep asking."""
        if isinstance(text, QueryError):
            ellipsis = cast("CyclesimApp", self.app).glyphs.ellipsis
            text = pointed(text, 1, self.line.size.width, ellipsis)
        hint = self.query_one("#hint", Label)
        hint.update(indented(text))
        hint.add_class("bad")


class GotoDialog(Ask[int | Query | None]):
    """Asks for the number of a cycle, or a condition on it.

    Args:
        last: the last cycle there is.
        executed: how many have run.
        names: step names that stand for themselves in a condition.
    """

    def __init__(self, last: int, executed: int, names: Iterable[str]) -> None:
        super().__init__()
        self.last, self.names = last, set(names)
        self.title_shown = tr("Go to cycle")
        self.hint = tr("0 to {last}, or a condition: softmax and layer 1, max > 0.9, nan.").format(
            last=last
        )
        if executed <= last:
            self.hint += " " + tr("What has not run yet (from {first}) runs.").format(
                first=executed
            )

    def on_input_submitted(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        if text.isdecimal() or not text:
            if not text or len(text) > 9 or int(text) > self.last:
                said = tr("There is no cycle {number}: give a number from 0 to {last}.")
                self.complain(said.format(number=repr(text), last=self.last))
            else:
                self.dismiss(int(text))
            return
        try:
            self.dismiss(compile_query(event.value, self.names))
        except QueryError as error:
            self.complain(error)


class TextDialog(Ask[str | None]):
    """Asks for another text.

    Args:
        value: the present one.
        recent: earlier ones, newest first: up and down walk through them.
    """

    BINDINGS = [
        Binding("up", "walk(1)", show=False, priority=True),
        Binding("down", "walk(-1)", show=False, priority=True),
    ]

    def __init__(self, value: str, recent: Sequence[str] = ()) -> None:
        super().__init__()
        self.value = value
        self.title_shown = tr("Run another text")
        self._texts = (value, *(text for text in recent if text != value))
        self._place = 0
        self.hint = tr("Enter starts again before cycle 0; escape keeps this run.")
        if len(self._texts) > 1:
            self.hint = tr("up, down: recent texts") + " · " + self.hint

    def action_walk(self, by: int) -> None:
        """Put an earlier or a later text into the line."""
        self._place = max(0, min(self._place + by, len(self._texts) - 1))
        self.line.value = self._texts[self._place]
        self.line.cursor_position = len(self.line.value)
        cast("CyclesimApp", self.app).filled({"answer": self.line.value})

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if not event.value.strip():
            self.complain(tr("The text is empty: give at least one word."))
            return
        self.dismiss(event.value)

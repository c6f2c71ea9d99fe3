"""The find line: type a condition, or words; Enter goes to the next match.

What is wrong with it as a condition stands under it, dimly: the words were looked for all the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Label

from cyclesim.language import N_, tr
from cyclesim.trace import Cycle, QueryError
from cyclesim.tui.words.glyphs import Glyphs
from cyclesim.tui.words.text import crop, indented

if TYPE_CHECKING:
    from cyclesim.tui.app import CyclesimApp

__all__ = ["FindBar", "matches", "pointed"]

#: Cells to the left of what is typed.
TITLE = 7
#: What stands in the empty line.
EXAMPLES = N_("softmax and layer 2, max > 0.9, nan, a word of the text, …")


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


def pointed(error: QueryError, left: int, width: int, ellipsis: str = "…") -> str:
    """The wrong word underlined at its place, `left` cells in, and what is wrong with it.

    One line where there is room, or two.
    """
    said = error.said
    caret = " " * left + error.caret.splitlines()[1]
    if cell_len(caret) + 2 + cell_len(said) <= width:
        return f"{caret}  {said}"
    return f"{crop(caret, width, ellipsis)}\n{crop(' ' * left + said, width, ellipsis)}"


class FindBar(Vertical):
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
        with Horizontal(id="find-line"):
            yield Label(tr("find"), id="find-title")
            yield Input(placeholder=self._glyphs.text(tr(EXAMPLES)), id="find-input",
                        compact=True, select_on_focus=True)  # fmt: skip
            yield Label("", id="find-count", markup=False)
        yield Label("", id="find-hint", markup=False)

    def on_mount(self) -> None:
        self.query_one(Input).cursor_blink = not self.app.is_headless
        self.query_one("#find-hint").display = False

    @property
    def _glyphs(self) -> Glyphs:
        return cast("CyclesimApp", self.app).glyphs

    def open(self) -> None:
        """Show the line and type into it."""
        self.query_one("#find-title", Label).update(tr("find"))
        self.display = True
        self.query_one(Input).focus()

    def close(self) -> None:
        """Put the line away."""
        self.display = False
        self.post_message(self.Closed())

    def say(self, text: str) -> None:
        """What was found."""
        self.query_one("#find-count", Label).update(self._glyphs.text(text))

    def point(self, error: QueryError | None) -> None:
        """What is wrong with the text as a condition, under the word that is."""
        hint = self.query_one("#find-hint", Label)
        hint.display = error is not None
        if error is not None:
            mark = self._glyphs.ellipsis
            hint.update(indented(pointed(error, TITLE, self.app.size.width - 1, mark)))

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Typed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Wanted(event.value))

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            self.close()

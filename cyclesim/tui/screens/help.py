"""The help page, made from the same list as the keys."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from cyclesim.tui.commands import COMMANDS, GROUPS
from cyclesim.tui.palette import ACCENT, BODY, FAINT, MUTED, STRONG

__all__ = ["HelpScreen"]

WORDS = (
    ("cycle", "One numbered computation of the run. It runs when you ask for it, and not before."),
    ("unit", "The part of the machine a cycle runs on: attention, layernorm, ffn, …"),
    ("fetch, decode, execute, write", "What a cycle read, what it was told to do, what that took, "
     "and where the outcome went."),
    ("NOP", "A cycle that ran and changed nothing, such as dropout outside training."),
    ("condition", "What / and B take: softmax and layer 1 · 17 · nan · max > 0.9 · "
     "unit == attention and time > 50us"),
    ("● * ~", "A breakpoint; a cycle that was edited; one that an edit went into."),
    ("recomputed", "Worked out beside the run, such as what a fused attention kernel kept to "
     "itself. It was not observed."),
    ("bit-identical", "At the end the same model runs with nothing watching. If every bit of its "
     "output is the same, stepping changed nothing."),
    ("stepped, full speed", "Time inside the functions in this run, and the median of runs without "
     "pauses. The difference is what watching costs."),
)  # fmt: skip


class HelpScreen(ModalScreen):
    """Keys by group, then the words the screen uses."""

    BINDINGS = [
        Binding("escape,q,question_mark,f1,enter", "dismiss", "close", show=False),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
    ]

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help"):
            yield Static(self._page())

    def action_scroll(self, by: int) -> None:
        self.query_one("#help").scroll_relative(y=by, animate=False)

    def _page(self) -> Table:
        text = self.app.glyphs.text  # type: ignore[attr-defined]
        page = Table.grid(padding=(0, 2, 0, 0))
        page.add_column(justify="right", no_wrap=True)
        page.add_column(ratio=1)
        for group in GROUPS:
            page.add_row("", Text(group.upper(), FAINT))
            for command in COMMANDS:
                if command.group == group:
                    page.add_row(Text(command.shown, ACCENT), Text(text(command.help), BODY))
            page.add_row("", "")
        page.add_row(Text("arrows", ACCENT), Text(
            "Move the cell in the tensor, the selection in the program; Enter goes to a step.",
            BODY,
        ))  # fmt: skip
        page.add_row(Text("ctrl+p", ACCENT), Text("All commands by name.", BODY))
        page.add_row("", "")
        page.add_row("", Text("WORDS", FAINT))
        for word, meaning in WORDS:
            page.add_row("", Text.assemble((text(word) + "  ", STRONG), (text(meaning), MUTED)))
        return page

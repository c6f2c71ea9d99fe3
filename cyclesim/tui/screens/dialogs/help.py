"""The help page, made from the same list as the keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from cyclesim.language import N_, tr
from cyclesim.tui.commands import GROUPS
from cyclesim.tui.settings.palette import ACCENT, BODY, FAINT, MUTED, STRONG
from cyclesim.tui.words.folding import Folded

if TYPE_CHECKING:
    from cyclesim.tui.app import CyclesimApp

__all__ = ["HelpScreen"]

#: From so many columns on the page has two.
WIDE = 110

#: Keys that are no command's.
OTHER_KEYS = (
    (N_("arrows"), N_("Move the cell in the tensor, the cycle in the timeline, the selection in "
                      "the program; Enter goes there.")),
    (N_("mouse"), N_("Click a cycle, a step or a key of the bottom line: it does the same.")),
    ("ctrl+p", N_("All commands by name.")),
)  # fmt: skip

#: How to begin; in braces, the keys of commands.
STEPS = (
    N_("{step} runs one cycle. The card beside the tensor says what it did, in a sentence, as a "
       "formula, and with its numbers."),
    N_("{find} finds: type softmax and Enter, or softmax and a word of the text."),
    N_("The arrows point at a cell of the tensor: the card puts its numbers into the formula."),
    N_("{next_head} goes to the next head, {enlarge} gives the panel the whole screen, {back} "
       "looks back."),
)  # fmt: skip

WORDS = (
    (N_("cycle"), N_("One numbered computation of the run. It runs when you ask for it, and not "
                     "before.")),
    (N_("unit"), N_("The part of the machine a cycle runs on: attention, layernorm, ffn, …")),
    (N_("fetch, decode, execute, write back"), N_("What a cycle read, what it was told to do, what "
                                                  "that took, and where the outcome went.")),
    ("NOP", N_("A cycle that ran and changed nothing, such as dropout outside training.")),
    (N_("data order"), N_("The timeline with each cycle as early as the data it reads allow. What "
                          "stands in one column does not wait for each other.")),
    ("ILP", N_("Cycles divided by the longest chain of cycles that wait for one another: how much "
               "of the run could go side by side.")),
    (N_("condition"), N_("What find, go to and breakpoints take: softmax and layer 1 · 17 · nan · "
                         "max > 0.9 · unit == attention and time > 50us")),
    (N_("● * ~"), N_("A breakpoint; a cycle that was edited; one that an edit went into.")),
    (N_("branch"), N_("A future of the run. An edit or a what-if begins another; the old one is "
                      "kept.")),
    (N_("observed"), N_("A number that was in the run, as the model computed it.")),
    (N_("recomputed"), N_("Worked out beside the run, such as what a fused attention kernel kept "
                          "to itself. It was not observed.")),
    (N_("probe"), N_("What the model's own head would say of a state in the middle of the model: "
                     "the answer if the clock stopped here. It belongs to no run.")),
    (N_("bit-identical"), N_("At the end the same model runs with nothing watching. If every bit "
                             "of its output is the same, stepping changed nothing.")),
    (N_("stepped, full speed"), N_("Time inside the functions in this run, and the median of runs "
                                   "without pauses. The difference is what watching costs.")),
)  # fmt: skip


class HelpScreen(ModalScreen[None]):
    """Keys by group, then the words the screen uses."""

    BINDINGS = [
        Binding("escape,q,question_mark,f1,enter", "dismiss", "close", show=False),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("space", "page(1)", show=False),
        Binding("b", "page(-1)", show=False),
    ]

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help"):
            yield Static(id="page")

    def on_mount(self) -> None:
        self._write(self.app.size.width)

    def on_resize(self, event: events.Resize) -> None:
        self._write(event.size.width)

    def action_scroll(self, by: int) -> None:
        self.query_one("#help").scroll_relative(y=by, animate=False)

    def action_page(self, by: int) -> None:
        box = self.query_one("#help")
        box.scroll_relative(y=by * max(box.size.height - 2, 1), animate=False)

    def _write(self, width: int) -> None:
        wide = width >= WIDE
        self.query_one("#help").set_class(wide, "-wide")
        self.query_one("#page", Static).update(self._two_columns() if wide else self._one_column())

    # -- the page ----------------------------------------------------------------------------

    @property
    def _owner(self) -> CyclesimApp:
        return cast("CyclesimApp", self.app)

    def _text(self, text: str) -> str:
        return self._owner.glyphs.text(tr(text))

    def _footer(self) -> Text:
        return Text(self._text(N_("escape closes · space and b turn the page")), FAINT)

    def _one_column(self) -> RenderableType:
        page = Table.grid(expand=True)
        for part in (self._begin(), *self._groups.values(), self._others(), self._words()):
            page.add_row(part)
            page.add_row("")
        page.add_row(self._footer())
        return page

    def _two_columns(self) -> RenderableType:
        groups = self._groups
        sides: tuple[list[RenderableType], list[RenderableType]] = (
            [groups.pop("Run"), groups.pop("Look"), self._others()],
            [*groups.values()],
        )
        page = Table.grid(padding=(0, 4, 0, 0), expand=True)
        page.add_column(ratio=1)
        page.add_column(ratio=1)
        page.add_row(*(_stack(side) for side in sides))
        whole = Table.grid(expand=True)
        for part in (self._begin(), "", page, self._words(), "", self._footer()):
            whole.add_row(part)
        return whole

    def _begin(self) -> Table:
        part = Table.grid(padding=(0, 1, 0, 0), expand=True)
        part.add_column(no_wrap=True, width=2)
        part.add_column(ratio=1)
        part.add_row("", Text(self._text(N_("To begin with")).upper(), FAINT))
        keys = {command.name: command.shown for command in self._owner.commands}
        for number, said in enumerate(STEPS, start=1):
            text = self._text(said).format(**keys)
            part.add_row(Text(str(number), ACCENT), Folded(Text(text, BODY)))
        return part

    @property
    def _groups(self) -> dict[str, Table]:
        """The keys of each group that has any here."""
        found = {}
        for name in GROUPS:
            rows = [(c.shown, c.help) for c in self._owner.commands if c.group == name]
            if rows:
                found[name] = self._keys(name, rows)
        return found

    def _others(self) -> Table:
        return self._keys(N_("Other keys"), OTHER_KEYS)

    def _keys(self, title: str, rows: Iterable[tuple[str, str]]) -> Table:
        part = Table.grid(padding=(0, 2, 0, 0), expand=True)
        part.add_column(no_wrap=True, width=9)
        part.add_column(ratio=1)
        part.add_row("", Text(self._text(title).upper(), FAINT))
        for key, does in rows:
            part.add_row(Text(self._text(key), ACCENT), Folded(Text(self._text(does), BODY)))
        return part

    def _words(self) -> Table:
        part = Table.grid(padding=(0, 0, 0, 2), expand=True)
        part.add_row(Text(self._text(N_("Words")).upper(), FAINT))
        for word, meaning in WORDS:
            said = Text.assemble((self._text(word) + "  ", STRONG), (self._text(meaning), MUTED))
            part.add_row(Folded(said))
        return part


def _stack(parts: list[RenderableType]) -> Table:
    """One above the other, with air between them."""
    stack = Table.grid(expand=True)
    for part in parts:
        stack.add_row(part)
        stack.add_row("")
    return stack

"""The help page of the compare screen."""

from __future__ import annotations

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from cyclesim.language import N_
from cyclesim.tui.compare.keys import COMPARE_COMMANDS, shown_keys
from cyclesim.tui.screens.dialogs.help import HelpScreen
from cyclesim.tui.settings.palette import FAINT, MUTED, STRONG

__all__ = ["CompareHelp"]

_WORDS = (
    (N_("A, B"), N_("Your run, and the other. What stands in one column is the same step of both, "
                    "found by what it is and not by its number.")),
    (N_("fused"), N_("One kernel of the other run does what this run does in several steps. What "
                     "it kept to itself is recomputed beside it where what it read was kept, and "
                     "says so.")),
    (N_("the same scale"), N_("A and B are drawn in the same colours, so that equal colours are "
                              "equal numbers.")),
    (N_("cosine"), N_("Of the angle between both tensors as long vectors: 1 if they point the "
                      "same way.")),
    (N_("= ≠ ?"), N_("Under a cycle: the same bit for bit; not the same; its numbers were not "
                     "kept.")),
)  # fmt: skip


class CompareHelp(HelpScreen):
    """Its keys, then the words it uses."""

    def _one_column(self) -> RenderableType:
        keys = shown_keys(self._owner.commands)
        rows = [(keys[c.action], c.help) for c in COMPARE_COMMANDS]
        rows.append((N_("arrows"), N_("Move the cell in both runs at once.")))
        page = Table.grid(expand=True)
        for part in (self._keys(N_("Compare"), iter(rows)), "", self._meanings(), "",
                     self._footer()):  # fmt: skip
            page.add_row(part)
        return page

    def _two_columns(self) -> RenderableType:
        return self._one_column()

    def _meanings(self) -> Table:
        part = Table.grid(expand=True)
        part.add_row(Text(self._text(N_("Words")).upper(), FAINT))
        for word, meaning in _WORDS:
            said = Text.assemble((self._text(word) + "  ", STRONG), (self._text(meaning), MUTED))
            part.add_row(said)
        return part

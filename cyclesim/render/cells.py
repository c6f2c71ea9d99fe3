"""What the tables of a comparison are made of: titles, times, spreads, in UTF-8 or ASCII."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rich.console import OverflowMethod
from rich.table import Table
from rich.text import Text

from cyclesim.render.text import ascii_safe
from cyclesim.render.units import duration
from cyclesim.versus import Times

__all__ = ["Cells"]

Side = Literal["left", "right"]


@dataclass(frozen=True)
class Cells:
    """Writes the cells.

    Attributes:
        ascii: the terminal has no UTF-8.
    """

    ascii: bool = False

    def table(self, title: str, first: str, *rest: str, right: bool = False) -> Table:
        """A table without lines, its first column on the left (or `right`), `rest` on the right."""
        made = Table(
            title=self.say(title),
            title_justify="left",
            title_style="italic",
            header_style="bold",
            box=None,
            pad_edge=False,
            padding=(0, 1, 0, 0),
        )
        side: Side = "right" if right else "left"
        self._column(made, first, side)
        self.columns(made, *rest)
        return made

    def columns(self, table: Table, *names: str) -> None:
        """More columns, of figures."""
        for name in names:
            self._column(table, name, "right")

    def _column(self, table: Table, name: str, side: Side) -> None:
        # What is cut must show that it is: 31.2 m would be read as minutes.
        cut: OverflowMethod = "fold" if self.ascii else "ellipsis"
        table.add_column(self.say(name), justify=side, no_wrap=not self.ascii, overflow=cut)

    def duration(self, ns: float) -> str:
        """`2.5 ms`."""
        return duration(ns, ascii=self.ascii)

    def middle(self, times: Times, per: int = 1) -> str:
        """The quartiles, `2.4 – 2.7 ms`, divided by `per`."""
        low, high = (self.duration(ns / per) for ns in times.quartiles)
        number, _, unit = low.rpartition(" ")
        if unit == high.rpartition(" ")[2]:
            low = number
        return self.say(f"{low} – {high}")

    def line(self, text: Text) -> Text:
        """A line by itself."""
        return Text(self.say(text.plain), text.style) if self.ascii else text

    def say(self, text: str) -> str:
        """`text`, as this terminal can show it."""
        if not self.ascii:
            return text
        return ascii_safe(text.replace("−", "-").replace("R²", "R2"))

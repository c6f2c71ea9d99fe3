"""A small table of tokens, ids, spans or labels."""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from cyclesim.language import tr, trn
from cyclesim.render.heatmap import scrolled
from cyclesim.tui.settings.palette import BODY, FAINT, MUTED, STRONG
from cyclesim.tui.tensors.listing import Listing
from cyclesim.tui.words.lines import Line
from cyclesim.tui.words.text import fit

__all__ = ["table_lines"]

_GROUND = "#263240"


def table_lines(
    table: Listing, width: int, height: int, cursor: int, offset: int, *, focus: bool, plain: bool
) -> tuple[list[Line], int]:
    """The lines of `table` around row `cursor`, and the first row that is seen."""
    widths = [max(map(cell_len, column)) for column in zip(table.columns, *table.rows, strict=True)]
    while sum(widths) + 2 * len(widths) + 1 > width and max(widths) > 6:
        widths[widths.index(max(widths))] -= 1
    room = max(height - 2, 1)
    top = scrolled(offset, cursor, room, len(table.rows))

    def line(cells: tuple[str, ...], style: Style, strong: Style) -> Line:
        out: Line = [Segment(" ")]
        for place, (cell, size) in enumerate(zip(cells, widths, strict=True)):
            text = fit(cell, size, right=table.numeric[place])
            out.append(Segment(text + "  ", strong if place else style))
        return out

    lines = [line(table.columns, FAINT, FAINT)]
    for index, row in enumerate(table.rows[top : top + room], start=top):
        here = index == cursor
        drawn = line(row, FAINT, STRONG if here else BODY)
        if here and focus:
            ground = Style(bgcolor=_GROUND, reverse=plain)
            drawn = [Segment(s.text, (s.style or Style()) + ground) for s in drawn]
        lines.append(drawn)
    count = len(table.rows)
    if not count:
        lines.append([Segment(" " + tr("no rows"), MUTED)])
    elif count > room:
        words = trn("{count} row in all", "{count} rows in all", count)
        lines.append([Segment(" " + words.format(count=count), FAINT)])
    return lines, top

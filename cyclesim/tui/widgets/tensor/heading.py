"""The lines over the numbers: which tensor of the cycle it is, and which part of it is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from cyclesim.language import N_, tr
from cyclesim.render.colour import UNIT_COLOURS
from cyclesim.trace import Cycle, Value
from cyclesim.tui.commands import Command
from cyclesim.tui.settings.palette import ACCENT, FAINT, MUTED
from cyclesim.tui.tensors.dimensions import Cut, dimension_name
from cyclesim.tui.tensors.slots import Slot
from cyclesim.tui.words.glyphs import Glyphs
from cyclesim.tui.words.lines import Line, line_width
from cyclesim.tui.words.text import crop, shape_text

__all__ = ["dimensions_line", "keys_line", "slots_line", "title_of"]

#: What kind of numbers they are.
_KINDS = {
    "observed": N_("observed"),
    "parameter": N_("parameter"),
    "buffer": N_("buffer"),
    "constant": N_("constant"),
    "recomputed": N_("recomputed"),
    "probe": N_("probe"),
}
#: Commands that the panel itself names.
_OFFERED = ("drawing", "changed", "dimension", "heads", "zoom_in", "zoom_out")


def title_of(name: str, slot: Slot, width: int) -> str:
    """The panel's title: name, shape, type and kind of the tensor, as much as fits."""
    value: Value = slot.value
    shape = shape_text(value.shape)
    kind = "" if value.kind in slot.title else " · " + tr(_KINDS[value.kind])
    for rest in (f"{shape} {value.dtype}{kind}", f"{shape}{kind}", f"{shape} {value.dtype}", shape):
        text = f"{name}  {slot.title} {rest}"
        if cell_len(text) <= width:
            break
    return text


def keys_line(commands: Iterable[Command], width: int, glyphs: Glyphs) -> Line:
    """What else can be done with the numbers, as far as it fits."""
    out: Line = []
    named = {command.name: command for command in commands}
    offered = [(named[name].shown, tr(named[name].label)) for name in _OFFERED]
    for key, label in ((tr("arrows"), tr("cell")), *offered):
        text = f" {key} {glyphs.text(label)} "
        if line_width(out) + cell_len(text) > width:
            break
        out.append(Segment(text, FAINT))
    return out


def slots_line(
    slots: Sequence[Slot],
    chosen: int,
    cycle: Cycle,
    width: int,
    glyphs: Glyphs,
    plain: bool,
    key: str,
) -> Line:
    """The tensors of the cycle by name, the shown one marked, and the `key` for the others."""
    longest = max(12, width - 12)
    titles = [f" {crop(s.title, longest, glyphs.ellipsis)} " for s in slots]
    more = f" {glyphs.ellipsis}"
    # Start so far to the right that the chosen one is seen.
    first = 0
    while first < chosen and sum(map(cell_len, titles[first : chosen + 1])) > width - 6:
        first += 1
    out: Line = [Segment(more, FAINT)] if first else []
    for index in range(first, len(titles)):
        rest = 8 if index + 1 < len(titles) else 0
        if index != chosen and line_width(out) + cell_len(titles[index]) > width - rest:
            out.append(Segment(more, FAINT))
            break
        style = MUTED
        if index == chosen:
            style = Style(color="#0b0e12", bgcolor=UNIT_COLOURS[cycle.unit], bold=True)
            style = Style(reverse=True, bold=True) if plain else style
        out.append(Segment(titles[index], style))
    if len(titles) > 1 and line_width(out) + cell_len(key) + 4 <= width:
        out.append(Segment(f"  ({key})", FAINT))
    return out


def dimensions_line(
    cut: Cut, first: Sequence[int], shown: Sequence[int], width: int, glyphs: Glyphs, key: str
) -> Line:
    """Where each dimension stands: `batch 0/1 · head 2/4 (h) · rows query · columns key`.

    Args:
        first, shown: the part of rows and columns that is on the screen.
        key: moves along the chosen dimension.
    """
    ways = (
        lambda: _pieces(cut, first, shown, key, named=True, every=True),
        lambda: _pieces(cut, first, shown, key, named=False, every=True),
        lambda: _pieces(cut, first, shown, key, named=False, every=False),
    )
    line: Line = []
    for way in ways:
        line = [Segment(glyphs.text(text), style) for text, style in way()]
        if line_width(line) <= width:
            return line
    return Segment.adjust_line_length(line, width, pad=False)


def _pieces(
    cut: Cut, first: Sequence[int], shown: Sequence[int], key: str, *, named: bool, every: bool
) -> list[tuple[str, Style]]:
    """Texts and styles. `named`: say `rows` and `columns`; `every`: dimensions of size 1 too."""
    if cut.rows is None or cut.columns is None:
        if not cut.shape:
            return [(" " + tr("a single number"), MUTED)]
        name = dimension_name(cut.names[0])
        count = tr("{name}: {count} numbers").format(name=name, count=cut.shape[0])
        part = _part(first[0] * cut.drawn_shape[1], shown[0] * cut.drawn_shape[1], cut.shape[0])
        return [(f" {count}{part}", MUTED)]
    out: list[tuple[str, Style]] = [(" ", MUTED)]
    for dimension in cut.leading:
        size = cut.shape[dimension]
        if size == 1 and not every:
            continue
        text = f"{dimension_name(cut.names[dimension])} {cut.at[dimension]}/{size}"
        if dimension == cut.chosen and size > 1:
            out += [(text, ACCENT), (f" ({key})", FAINT)]
        else:
            out.append((text, MUTED))
        out.append((" · ", FAINT))
    rows, columns = (
        dimension_name(cut.names[d]) + _part(f, s, cut.shape[d])
        for d, f, s in zip((cut.rows, cut.columns), first, shown, strict=True)
    )
    if named:
        words = tr("rows {rows} · columns {columns}")
        out.append((words.format(rows=rows, columns=columns), MUTED))
    else:
        out.append((f"{rows} × {columns}", MUTED))
    return out


def _part(first: int, shown: int, total: int) -> str:
    """` 3–17/512`, where not all of it is shown."""
    last = min(first + shown, total) - 1
    return f" {first}–{last}/{total}" if shown < total else ""

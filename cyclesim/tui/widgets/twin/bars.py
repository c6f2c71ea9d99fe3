"""The lines of the compare screen: which two runs, what was found, where we are, the keys."""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from cyclesim.language import tr
from cyclesim.render.colour import UNIT_COLOURS
from cyclesim.trace import Header
from cyclesim.trace.diff import cosine_text
from cyclesim.tui.compare.findings import amount_text, summary
from cyclesim.tui.compare.keys import COMPARE_COMMANDS, shown_keys
from cyclesim.tui.compare.twin import Moment, SideName, Twin
from cyclesim.tui.settings.palette import ACCENT, BAD, BODY, GOOD, MUTED, STRONG
from cyclesim.tui.widgets.bars import Bar
from cyclesim.tui.words.lines import Line, line_width
from cyclesim.tui.words.text import crop, printable

__all__ = ["FoundBar", "RunBar", "TwinBar", "TwinKeyBar", "WhereBar"]

_TITLE = Style(color="#0b0e12", bgcolor="#ffd166", bold=True)


class TwinBar(Bar):
    """One line of a moment of the comparison."""

    moment: Moment | None = None

    def face(self, moment: Moment) -> None:
        """Show another moment."""
        self.moment = moment
        self.refresh()

    def draw(self, width: int) -> Line:
        if self.moment is None:
            return []
        line = self.line(self.moment, width)
        return Segment.adjust_line_length(line, width, pad=False)

    def line(self, moment: Moment, width: int) -> Line:
        """The line, which is cut where it is too long."""
        raise NotImplementedError


class RunBar(TwinBar):
    """What one of the runs is: its model, how it runs, its text."""

    def __init__(self, side: SideName, *, id: str) -> None:
        super().__init__(id=id)
        self.side: SideName = side

    def line(self, moment: Moment, width: int) -> Line:
        found, g = moment.found, self.owner.glyphs
        ours = self.side == "A"
        trace = found.ours if ours else found.theirs
        header: Header = trace.header
        title = tr("compare") if ours else ""
        out: Line = [Segment(f" {title} ", _TITLE) if ours else Segment(" " * (cell_len(
            tr("compare")) + 2))]  # fmt: skip
        out.append(Segment(f"  {self.side}  ", ACCENT))
        out.append(Segment(f"{printable(header.model)}  ", STRONG))
        how = f" {g.dot} ".join(filter(None, (header.attention, header.dtype, header.device)))
        out.append(Segment(f"{how}  ", MUTED))
        if not ours and found.title not in (header.attention, header.model, header.text):
            out.append(Segment(f"{printable(found.title)}  ", ACCENT))
        ran = found.executed if ours else len(trace)
        if not trace.complete:
            said = tr("{count} cycles so far").format(count=ran)
            out.append(Segment(f"{said}  ", ACCENT))
        text = printable(header.text or "")
        if not ours and header.text == found.ours.header.text:
            text = tr("the same text")
        elif text:
            text = g.text("“") + text + g.text("”")
        room = max(width - line_width(out) - 1, 0)
        return [*out, Segment(crop(text, room, g.ellipsis), BODY)]


class FoundBar(TwinBar):
    """The finding in one sentence."""

    def line(self, moment: Moment, width: int) -> Line:
        g, found = self.owner.glyphs, moment.found
        said = next((t for t in map(g.text, summary(found)) if cell_len(t) < width - 4), None)
        said = said or g.text(list(summary(found))[-1])
        sign, style = (g.differs, BAD) if found.differences else (g.yes, GOOD)
        if not found.found.cycles:
            sign, style = g.no, BAD
        return [Segment(f" {sign} ", style), Segment(crop(said, width - 4, g.ellipsis), STRONG)]


class WhereBar(TwinBar):
    """The cycle of each run that is looked at, and how far apart the two are."""

    def line(self, moment: Moment, width: int) -> Line:
        g, twin = self.owner.glyphs, moment.twin
        column = twin.column
        numbers = f" {g.dot} ".join(
            f"{name} {cycle.number}" if cycle is not None else f"{name} -"
            for name, cycle in (("A", column.a), ("B", column.b))
        )
        cycle = column.cycle
        step = cycle.unit if cycle.step == cycle.unit else f"{cycle.unit} {g.dot} {cycle.step}"
        out: Line = [Segment(f" {g.now} {numbers}  ", ACCENT)]
        if cycle.layer is not None:
            layer = tr("layer {number}").format(number=cycle.layer)
            out.append(Segment(f"{layer} {g.dot} ", MUTED))
        out.append(Segment(f"{step}   ", Style(color=UNIT_COLOURS[cycle.unit], bold=True)))
        parts, style = self._apart(moment)
        room = width - line_width(out)
        while len(parts) > 1 and cell_len(f" {g.dot} ".join(parts)) > room:
            parts.pop()
        return [*out, Segment(g.text(f" {g.dot} ".join(parts)), style)]

    def _apart(self, moment: Moment) -> tuple[list[str], Style]:
        """How far apart the two are, the most telling first."""
        twin = moment.twin
        if twin.apart is None:
            return self._unsaid(twin)
        apart = twin.apart
        parts = [amount_text(apart.found)]
        if apart.unequal:
            said = tr("{count} of {total} numbers differ")
            parts.append(said.format(count=f"{apart.unequal:,}", total=f"{apart.total:,}"))
        if apart.found.differs:
            parts.append(tr("cosine {value}").format(value=cosine_text(apart.found.cosine)))
        return parts, BAD if apart.found.differs else GOOD

    @staticmethod
    def _unsaid(twin: Twin) -> tuple[list[str], Style]:
        """Where two tensors cannot be held against each other: why, or what is known of them."""
        found, kind = twin.column.found, twin.column.kind
        if found is not None:
            return [amount_text(found)] if twin.chosen == 0 else [], BAD if found.differs else GOOD
        said = {
            "fused": tr("fused into one cycle in the other"),
            "waiting": tr("not run in both so far"),
        }.get(kind, tr("in one of the two runs only"))
        return [said], MUTED


class TwinKeyBar(TwinBar):
    """The keys of the screen."""

    def line(self, moment: Moment, width: int) -> Line:
        keys = shown_keys(self.owner.commands)
        shown = sorted((c for c in COMPARE_COMMANDS if c.rank), key=lambda c: c.rank)
        if moment.found.ours.complete or moment.scene.saved or moment.scene.failure:
            shown = [c for c in shown if c.action != "finish"]
        last = [c for c in shown if c.action in ("help", "close")]
        right: Line = [s for c in last for s in _key(keys[c.action], tr(c.label), c.action)]
        out: Line = [Segment(" ")]
        room = width - line_width(right)
        for command in shown:
            part = _key(keys[command.action], tr(command.label), command.action)
            if command in last:
                continue
            if line_width(out) + line_width(part) > room:
                break
            out += part
        return [*out, Segment(" " * max(width - line_width(out) - line_width(right), 0)), *right]


def _key(key: str, label: str, action: str) -> Line:
    meta = Style.from_meta({"@click": f"screen.{action}"})
    return [Segment(f"{key} ", ACCENT + meta), Segment(f"{label}  ", MUTED + meta)]

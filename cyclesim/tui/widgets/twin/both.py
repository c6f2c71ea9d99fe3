"""The answers of both runs, line by line."""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from cyclesim.language import tr
from cyclesim.tui.compare.findings import AnswerLine, answers
from cyclesim.tui.compare.twin import Moment
from cyclesim.tui.settings.palette import BAD, BODY, FAINT, MUTED, STRONG
from cyclesim.tui.widgets.twin.panel import TwinPanel
from cyclesim.tui.words.lines import Line, wrap
from cyclesim.tui.words.text import fit

__all__ = ["AnswersPane"]


class AnswersPane(TwinPanel):
    """What each run came to; where they say something else, it is marked."""

    def lines_of(self, moment: Moment, width: int, height: int) -> list[Line]:
        self.entitle(tr("ANSWERS"))
        found = moment.found
        lines: list[Line] = []
        for name, trace in (("A", found.ours), ("B", found.theirs)):
            if not trace.complete:
                said = tr("{run} has no answer: it has not run to its end.").format(run=name)
                lines += wrap(f" {said}", width - 1, MUTED)
        listed = answers(found.ours, found.theirs)
        if not listed and not lines:
            return wrap(
                f" {tr('This task has no answer beyond the last tensor.')}", width - 1, MUTED
            )
        return lines + self._table(listed, width - 1)

    def _table(self, listed: list[AnswerLine], width: int) -> list[Line]:
        if not listed:
            return []
        first = min(max(cell_len(a.what) for a in listed), max(width // 3, 4))
        sides = [max(cell_len(text) for text in texts) for texts in (
            [a.a for a in listed] + ["A"], [a.b for a in listed] + ["B"])]  # fmt: skip
        room = max((width - first - 8) // 2, 4)
        sizes = [min(size, room) for size in sides]
        lines: list[Line] = [[
            Segment(" " * (first + 4)), Segment(fit("A", sizes[0]) + "  ", MUTED),
            Segment(fit("B", sizes[1]), MUTED),
        ]]  # fmt: skip
        for answer in listed:
            unlike = answer.same is False
            style = (Style(reverse=True, bold=True) if self.plain else BAD) if unlike else BODY
            sign = self.glyphs.differs if unlike else " "
            lines.append([
                Segment(f" {sign} ", BAD), Segment(fit(answer.what, first) + " ", STRONG),
                Segment(fit(answer.a, sizes[0]), style), Segment("  "),
                Segment(fit(answer.b, sizes[1]), style),
            ])  # fmt: skip
        if any(a.same is False for a in listed):
            count = sum(a.same is False for a in listed)
            said = tr("{count} of {total} are not the same").format(count=count, total=len(listed))
            lines.append([Segment(f" {self.glyphs.differs} {said}", FAINT)])
        return lines

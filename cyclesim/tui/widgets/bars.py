"""The one-line bars: header, tabs, and keys."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, cast

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from cyclesim.language import tr, trn
from cyclesim.tui.settings.palette import ACCENT, BAD, FAINT, GOOD, MUTED, STRONG
from cyclesim.tui.words.lines import Line, line_width, strip_of

if TYPE_CHECKING:
    from cyclesim.tui.app import CyclesimApp
    from cyclesim.tui.classroom.player import Player
    from cyclesim.tui.scene import Scene

__all__ = ["Bar", "HeaderBar", "KeyBar", "TabBar", "spread"]


class Bar(Widget):
    """One line, drawn by `draw`."""

    scene: Scene | None = None
    #: What it was last painted with.
    _painted: Line | None = None

    def show(self, scene: Scene) -> None:
        """Show another moment."""
        self.scene = scene
        if self.size and self.draw(self.size.width) != self._painted:
            self.refresh()

    @property
    def owner(self) -> CyclesimApp:
        return cast("CyclesimApp", self.app)

    def draw(self, width: int) -> Line:
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        width, base = self.size.width, self.rich_style
        if y or not width:
            return Strip.blank(width, base)
        self._painted = self.draw(width)
        return strip_of(self._painted, width, base)


def spread(left: Line, right: Line, width: int) -> Line:
    """`left` and `right` at the two ends of the line; `left` gives way."""
    room = width - line_width(right) - 1
    left = Segment.adjust_line_length(left, max(room, 0), pad=False)
    gap = width - line_width(left) - line_width(right)
    return [*left, Segment(" " * max(gap, 0)), *right]


class HeaderBar(Bar):
    """Model, where it runs, which cycle, and the verdict."""

    def draw(self, width: int) -> Line:
        g, scene, options = self.owner.glyphs, self.scene, self.owner.options
        dot = f" {g.dot} "
        left: Line = [Segment(" cyclesim ", Style(color="#0b0e12", bgcolor="#ffd166", bold=True))]
        if scene is None:
            left.append(Segment(f"  {options.model or 'tiny-ner'}", STRONG))
            return spread(left, [Segment(tr("loading") + " ", MUTED)], width)
        header = scene.trace.header
        name = header.model if len(header.model) < 40 else g.ellipsis + header.model[-36:]
        left.append(Segment(f"  {name}  ", STRONG))
        if scene.saved:
            left.append(Segment(tr("saved trace") + "  ", ACCENT))
        elif scene.branch > 1:
            branch = tr("branch {number}").format(number=scene.branch)
            left.append(Segment(f"{branch}  ", ACCENT))
        right: Line = []
        if width >= 100:
            clock = tr("clock: {resolution}").format(resolution=scene.resolution)
            right.append(Segment(f"{clock}   ", MUTED))
        elif scene.resolution != "step":
            right.append(Segment(f"{scene.resolution}  ", MUTED))
        if scene.at is None:
            count = trn("{count} cycle", "{count} cycles", scene.total).format(count=scene.total)
            right.append(Segment(f"{count}  ", STRONG))
        else:
            right.append(Segment(tr("cycle {number}").format(number=scene.at), STRONG))
            span = g.text(tr("of 0–{last}").format(last=scene.total - 1))
            right.append(Segment(f" {span}  ", MUTED))
        right += [*self._badge(scene, width), Segment(" ")]
        # Whole words only: what does not fit is left out.
        room = width - line_width(left) - line_width(right) - 1
        where = [header.device, header.attention, header.dtype]
        while where and cell_len(dot.join(where)) > room:
            where.pop()
        return spread([*left, Segment(dot.join(where), MUTED)], right, width)

    def _badge(self, scene: Scene, width: int) -> Line:
        g, verdict = self.owner.glyphs, scene.verdict
        if scene.failure:
            return [Segment(f"{g.no} {tr('broke off')}", BAD)]
        edited = verdict.edited or scene.marks.edited
        if edited:
            more = f" +{len(edited) - 1}" if len(edited) > 1 else ""
            said = tr("edited at {number}").format(number=edited[0])
            return [Segment(f"{g.edited} {said}{more}", ACCENT)]
        if not scene.ended:
            text = tr("verdict at the end") if width >= 100 else tr("not verified yet")
            return [Segment(f"{g.ellipsis} {text}", MUTED)]
        if verdict.bit_identical:
            return [Segment(f"{g.yes} {tr('bit-identical')}", GOOD)]
        if verdict.bit_identical is None:
            return [Segment("? " + tr("not compared"), ACCENT)]
        said = tr("differs by {amount}").format(amount=f"{verdict.max_abs_diff:.2g}")
        return [Segment(f"{g.no} {said}", BAD)]


class TabBar(Bar):
    """The panels by name, where there is room for one at a time."""

    class Chosen(Message):
        def __init__(self, panel: str) -> None:
            super().__init__()
            self.panel = panel

    names: tuple[tuple[str, str], ...] = ()
    active = ""

    def select(self, names: tuple[tuple[str, str], ...], active: str) -> None:
        """Show `names` (pairs of id and title) with `active` marked."""
        self.names, self.active = names, active
        self.refresh()

    def draw(self, width: int) -> Line:
        out: Line = []
        for id, title in self.names:
            style = MUTED
            if id == self.active:
                style = Style(color="#ffffff", bgcolor="#2b3a4d", bold=True)
                if self.owner.plain:
                    style = Style(reverse=True, bold=True)
            out.append(Segment(f"  {title}  ", style))
        hint = f"{self.owner.key('next_panel')}: {tr('next')} "
        if self.owner.main.enlarged:
            hint = f"{self.owner.key('enlarge')}: {tr('all panels')}   {hint}"
        return spread(out, [Segment(hint, FAINT)], width)

    def on_click(self, event: events.Click) -> None:
        x = 0
        for id, title in self.names:
            x += cell_len(title) + 4
            if event.x < x:
                self.post_message(self.Chosen(id))
                return


class KeyBar(Bar):
    """The keys, most useful first, as many as fit; during a replay, how it is doing.

    Attributes:
        typing: key and label of what ends the typing of a line, as long as one is typed: there the
            letters are no commands.
    """

    typing: tuple[tuple[str, str], ...] = ()

    def lend(self, typing: tuple[tuple[str, str], ...]) -> None:
        """Show these keys alone, or with none the run's again."""
        self.typing = typing
        self.refresh()

    def draw(self, width: int) -> Line:
        if self.owner.replay is not None:
            return self._replay(self.owner.replay, width)
        return self._typing() if self.typing else self._keys(width)

    def _typing(self) -> Line:
        out: Line = [Segment(" ")]
        for key, label in self.typing:
            out += [Segment(f"{key} ", ACCENT), Segment(f"{label}  ", MUTED)]
        return out

    def _replay(self, replay: Player, width: int) -> Line:
        g = self.owner.glyphs
        hint = tr("space pauses · any other key takes over")
        if replay.paused:
            hint = tr("space goes on · any other key takes over")
        count = f"{replay.done}/{replay.total}"
        left: Line = [Segment(f" {g.current} {replay.state} {count}  ", ACCENT)]
        if replay.speed:
            left.append(Segment(g.text(f"×{replay.speed:g}"), MUTED))
        return spread(left, [Segment(g.text(hint) + " ", STRONG)], width)

    def _keys(self, width: int) -> Line:
        shown = sorted((c for c in self.owner.commands if c.rank), key=lambda c: c.rank)
        if self.scene is None:  # while loading there is nothing to step
            shown = [c for c in shown if c.action in ("help", "quit")]
        elif self.scene.saved:
            shown = [c for c in shown if not c.runs]
        # Help and quit are always there; the rest gives way from the end.
        last = [c for c in shown if c.action in ("help", "quit")]
        out: Line = [Segment(" ")]
        room = width - sum(_key_width(c.shown, tr(c.label)) for c in last) - 1
        for command in shown:
            if command in last:
                continue
            if line_width(out) + _key_width(command.shown, tr(command.label)) > room:
                break
            out += self._key(command.shown, tr(command.label), command.action)
        right = [s for c in last for s in self._key(c.shown, tr(c.label), c.action)]
        return spread(out, right, width)

    def _key(self, key: str, label: str, action: str) -> Line:
        if action == "play" and self.scene is not None and self.scene.playing:
            label = tr("stop")
        known, said = _click_styles(action)
        return [Segment(f"{key} ", known), Segment(f"{label}  ", said)]


@lru_cache
def _click_styles(action: str) -> tuple[Style, Style]:
    """Styles of a key and its label that give the command where they are clicked."""
    meta = Style.from_meta({"@click": "app.quit" if action == "quit" else f"screen.{action}"})
    return ACCENT + meta, MUTED + meta


def _key_width(key: str, label: str) -> int:
    return cell_len(key) + cell_len(label) + 3

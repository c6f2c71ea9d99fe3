"""The one-line bars: header, where the clock stands, tabs, and keys."""

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
from cyclesim.render.colour import UNIT_COLOURS
from cyclesim.tui.scene import Scene
from cyclesim.tui.settings.palette import ACCENT, BAD, BODY, FAINT, GOOD, MUTED, STRONG
from cyclesim.tui.widgets.panel import Line, line_width, strip_of
from cyclesim.tui.words.explaining import words_for
from cyclesim.tui.words.text import crop

if TYPE_CHECKING:
    from cyclesim.tui.app import CyclesimApp
    from cyclesim.tui.classroom.replay import Replay

__all__ = ["Bar", "HeaderBar", "KeyBar", "NowBar", "TabBar"]


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


def _spread(left: Line, right: Line, width: int) -> Line:
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
            return _spread(left, [Segment(tr("loading") + " ", MUTED)], width)
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
        return _spread([*left, Segment(dot.join(where), MUTED)], right, width)

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


class NowBar(Bar):
    """Where the clock stands, in words; and what the app has to say."""

    notice: tuple[str, Style] | None = None

    def tell(self, text: str, *, bad: bool = False) -> None:
        """Say something until the next step."""
        notice = (text, BAD if bad else ACCENT) if text else None
        if notice != self.notice:
            self.notice = notice
            self.refresh()

    def draw(self, width: int) -> Line:
        g, scene = self.owner.glyphs, self.scene
        if scene is None:
            return []
        if self.notice is not None:
            text, style = self.notice
            return [Segment(" "), Segment(crop(g.text(text), width - 2), style)]
        cycle = scene.current
        if cycle is None and scene.saved:
            return [Segment(" " + tr("This saved trace holds no cycle."), STRONG)]
        if cycle is None:
            said = tr("Paused before cycle 0 of {total}: nothing has run.")
            hint = tr("Press {key} to run a cycle.").format(key=self.owner.key("step"))
            return [
                Segment(" " + said.format(total=scene.total), STRONG),
                Segment("  " + hint, ACCENT),
            ]
        left: Line = [Segment(f" {g.now} {cycle.number} ", ACCENT)]
        if cycle.layer is not None:
            layer = tr("layer {number}").format(number=cycle.layer)
            left.append(Segment(f" {layer} {g.dot}", MUTED))
        style = Style(color=UNIT_COLOURS[cycle.unit], bold=True)
        step = cycle.unit if cycle.step == cycle.unit else f"{cycle.unit} {g.dot} {cycle.step}"
        left.append(Segment(f" {step} ", style))
        state = ""
        if scene.playing:
            state = f"{g.current} " + tr("playing, {speed}").format(speed=self.owner.speed_text)
        elif scene.running:
            state = tr("running") + g.ellipsis
        elif scene.looking_back:
            state = trn(
                "looking back; {count} cycle has run",
                "looking back; {count} cycles have run",
                scene.executed,
            ).format(count=scene.executed)
        right: Line = [Segment(f"{state} ", ACCENT)] if state else []
        room = width - line_width(left) - line_width(right) - 3
        coming = scene.coming
        if not self.owner.main.has_class("-tabs"):
            # The card beside it has the sentence.
            if coming is not None:
                then = tr("then {cycle}").format(cycle=f"{coming.number} {coming.label}")
                left.append(Segment("   " + g.text(then), FAINT))
            elif scene.saved:
                left.append(Segment("   " + tr("the last cycle that was recorded"), FAINT))
            elif scene.ended:
                left.append(Segment("   " + tr("the run is over"), FAINT))
        elif room > 16:
            sentence = words_for(cycle, scene.trace).sentence
            left.append(Segment("  " + crop(g.text(sentence), room, g.ellipsis), BODY))
        return _spread(left, right, width)


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
        return _spread(out, [Segment(hint, FAINT)], width)

    def on_click(self, event: events.Click) -> None:
        x = 0
        for id, title in self.names:
            x += cell_len(title) + 4
            if event.x < x:
                self.post_message(self.Chosen(id))
                return


class KeyBar(Bar):
    """The keys, most useful first, as many as fit; during a replay, how it is doing."""

    def draw(self, width: int) -> Line:
        replay = self.owner.replay
        return self._keys(width) if replay is None else self._replay(replay, width)

    def _replay(self, replay: Replay, width: int) -> Line:
        g = self.owner.glyphs
        if replay.paused:
            state, hint = tr("replay paused"), tr("space goes on · any other key takes over")
        else:
            state, hint = tr("replay"), tr("space pauses · any other key takes over")
        count = f"{replay.done}/{len(replay.log.entries)}"
        left: Line = [Segment(f" {g.current} {state} {count}  ", ACCENT)]
        if replay.speed:
            left.append(Segment(g.text(f"×{replay.speed:g}"), MUTED))
        return _spread(left, [Segment(g.text(hint) + " ", STRONG)], width)

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
        return _spread(out, right, width)

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

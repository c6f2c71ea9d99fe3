"""The line under the timeline: where the clock stands, in words, and what the app has to say."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.strip import Strip

from cyclesim.language import tr, trn
from cyclesim.render.colour import UNIT_COLOURS
from cyclesim.tui.settings.palette import ACCENT, BAD, BODY, FAINT, MUTED, STRONG
from cyclesim.tui.widgets.bars import Bar, spread
from cyclesim.tui.words.explaining import words_for
from cyclesim.tui.words.lines import Line, line_width, strip_of, wrap
from cyclesim.tui.words.text import crop

__all__ = ["NowBar"]

#: An error takes so many lines at most.
MOST = 4


class NowBar(Bar):
    """Where the clock stands, in words; and what the app has to say."""

    notice: tuple[str, Style] | None = None
    #: An error in full, where one line is too short for it.
    _lines: list[Line] = []

    def tell(self, text: str, *, bad: bool = False) -> None:
        """Say something until the next step."""
        notice = (text, BAD if bad else ACCENT) if text else None
        if notice != self.notice:
            self.notice = notice
            self._stand(self.size.width)
            self.refresh()

    def _stand(self, width: int) -> None:
        """Take as many lines as an error needs."""
        self._lines = []
        if self.notice is not None and self.notice[1] == BAD and width:
            text, style = self.notice
            self._lines = wrap(f" {self.owner.glyphs.text(text)}", width - 1, style, limit=MOST)
        height = max(len(self._lines), 1)
        if self.size.height != height:
            self.styles.height = height

    def on_resize(self, event: events.Resize) -> None:
        self._stand(event.size.width)

    def render_line(self, y: int) -> Strip:
        if 0 < y < len(self._lines):
            return strip_of(self._lines[y], self.size.width, self.rich_style)
        return super().render_line(y)

    def draw(self, width: int) -> Line:
        g, scene = self.owner.glyphs, self.scene
        if scene is None:
            return []
        if self.notice is not None:
            text, style = self.notice
            if self._lines:
                return self._lines[0]
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
        return spread(left, right, width)

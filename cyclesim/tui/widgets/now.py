"""The line under the timeline: where the clock stands, in words, and what the app has to say."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style

from cyclesim.language import tr, trn
from cyclesim.render.colour import UNIT_COLOURS
from cyclesim.tui.settings.palette import ACCENT, BAD, BODY, FAINT, MUTED, STRONG
from cyclesim.tui.widgets.bars import Bar, spread
from cyclesim.tui.words.explaining import words_for
from cyclesim.tui.words.lines import Line, line_width
from cyclesim.tui.words.text import crop

__all__ = ["NowBar"]


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
        return spread(left, right, width)

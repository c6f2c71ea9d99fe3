"""What is going on while the model loads."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.strip import Strip

from cyclesim.language import tr
from cyclesim.tui.settings.palette import ACCENT, BODY, FAINT, GOOD, MUTED, STRONG
from cyclesim.tui.widgets.bars import Bar
from cyclesim.tui.words.lines import Line, strip_of, wrap
from cyclesim.tui.words.text import crop, printable

if TYPE_CHECKING:
    from cyclesim.tui.scene import Scene

__all__ = ["LoadingView"]


class LoadingView(Bar):
    """The stages so far with their times, the present one, and what will happen then."""

    #: Replaced by tests, so that a picture does not depend on how long loading took.
    now: Callable[[], float] = staticmethod(monotonic)

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._stages: list[tuple[str, float]] = []

    def on_mount(self) -> None:
        self.set_interval(0.25, self._tick)

    def show(self, scene: Scene) -> None:
        """Nothing loads any more."""

    def _tick(self) -> None:
        if self.display and self._stages:
            self.refresh()

    def stage(self, text: str) -> None:
        """The next stage has begun."""
        self._stages.append((text, self.now()))
        self.refresh()

    def begin(self) -> None:
        """Forget the stages of an earlier load."""
        self._stages.clear()

    def _lines(self, width: int) -> list[Line]:
        g = self.owner.glyphs
        text = printable(" ".join(self.owner.options.text[:400].split()))
        lines: list[Line] = [
            [Segment(tr("One sentence, one cycle at a time."), STRONG)],
            [],
            *wrap(crop(text, width * 2), width, ACCENT, limit=2),
            [],
        ]
        for place, (stage, began) in enumerate(self._stages):
            last = place + 1 == len(self._stages)
            ended = self.now() if last else self._stages[place + 1][1]
            mark = Segment(f"{g.current} ", ACCENT) if last else Segment(f"{g.done} ", GOOD)
            shown = g.text(crop(stage, width - 10))
            lines.append(
                [mark, Segment(shown, BODY if last else MUTED),
                 Segment(f"  {ended - began:.1f} s", FAINT)]
            )  # fmt: skip
        lines += [
            [],
            *wrap(
                tr(
                    "Then the model waits before its first cycle, and nothing runs until you "
                    "press {key}."
                ).format(key=self.owner.key("step")),
                width,
                MUTED,
            ),
        ]
        return lines

    def render_line(self, y: int) -> Strip:
        width, base = self.size.width, self.rich_style
        column = min(72, width - 4)
        lines = self._lines(column)
        top = max(0, (self.size.height - max(len(lines), 12)) // 2)
        place = y - top
        line = lines[place] if 0 <= place < len(lines) else []
        left = Segment(" " * max(2, (width - column) // 2))
        return strip_of([left, *line], width, base)

"""What the panes of the compare screen have in common: they show a moment of two runs."""

from __future__ import annotations

from cyclesim.tui.compare.twin import Moment
from cyclesim.tui.scene import Scene
from cyclesim.tui.widgets.panel import Panel
from cyclesim.tui.words.lines import Line

__all__ = ["TwinPanel"]


class TwinPanel(Panel):
    """A panel of the compare screen; a subclass gives `lines_of`."""

    can_focus = False

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.moment: Moment | None = None

    def face(self, moment: Moment) -> None:
        """Show another moment."""
        self.moment = moment
        self.show(moment.scene)

    def build(self, scene: Scene, width: int, height: int) -> list[Line]:
        return [] if self.moment is None else self.lines_of(self.moment, width, height)

    def lines_of(self, moment: Moment, width: int, height: int) -> list[Line]:
        """The lines of `moment`, at most `width` cells wide."""
        raise NotImplementedError

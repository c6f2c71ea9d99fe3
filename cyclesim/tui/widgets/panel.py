"""What all views have in common: a scene, lines built from it, and a title instead of a border."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, cast

from rich.style import Style
from textual import events
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from cyclesim.tui.scene import Scene
from cyclesim.tui.words.glyphs import Glyphs
from cyclesim.tui.words.lines import Line, strip_of

if TYPE_CHECKING:
    from cyclesim.tui.app import CyclesimApp

__all__ = ["CycleChosen", "Panel"]


class CycleChosen(Message):
    """A person pointed at a cycle: go there."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class Panel(ScrollView, can_focus=True):
    """A view that draws lines.

    A subclass gives `name_shown` (its name in the tabs) and `build`, which turns the scene into
    lines. They are built once per scene and size and cut to what is visible when painted.
    """

    name_shown = ""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.scene: Scene | None = None
        self.lines: list[Line] = []
        self._stale = True
        self._entitled = ""
        #: What all lines have in common, read once per repaint: it is asked of all ancestors.
        self._base, self._line_width = Style(), 0

    # -- for the screen ----------------------------------------------------------------------

    def show(self, scene: Scene) -> None:
        """Show another moment."""
        self.scene = scene
        self.rebuild()

    # -- for subclasses ----------------------------------------------------------------------

    def build(self, scene: Scene, width: int, height: int) -> list[Line]:
        """The lines of `scene`, at most `width` cells wide."""
        raise NotImplementedError

    @property
    def glyphs(self) -> Glyphs:
        return cast("CyclesimApp", self.app).glyphs

    @property
    def plain(self) -> bool:
        """Whether colours must not carry meaning."""
        return cast("CyclesimApp", self.app).plain

    def key(self, command: str) -> str:
        """The key of a command, for a sentence that names it."""
        return cast("CyclesimApp", self.app).key(command)

    def entitle(self, title: str) -> None:
        """Set the title, in the characters that are allowed."""
        if title != self._entitled:
            self._entitled = title
            # Setting `border_title` would paint the whole panel anew.
            self._border_title = Content(self.glyphs.text(title))
            left, top = self.content_offset
            self.refresh(Region(-left, -top, self.outer_size.width, 1))

    def rebuild(self) -> None:
        """Build the lines anew, if there is room to show them."""
        region = self.scrollable_content_region
        if self.scene is None or not self.display or region.width < 4:
            self._stale = True
            return
        self._stale = False
        lines = self.build(self.scene, region.width, region.height)
        size = Size(region.width, max(len(lines), region.height))
        if size != self.virtual_size:
            # Setting it would lay out the whole screen anew, and nothing but a scrollbar moves.
            self.set_reactive(Widget.virtual_size, size)
            self._scroll_update(size)
        self.repaint(lines)

    def repaint(self, lines: list[Line]) -> None:
        """Show `lines`, and paint those that are not there already."""
        before, self.lines = self.lines, lines
        top, width = int(self.scroll_offset.y), self.size.width
        changed = [
            Region(0, y - top, width, 1)
            for y, (old, new) in enumerate(zip_longest(before, lines))
            if old != new and 0 <= y - top < self.size.height
        ]
        if changed:
            self.refresh(*changed)

    # -- Textual -----------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        self.rebuild()

    def on_show(self) -> None:
        if self._stale:
            self.rebuild()

    def render_lines(self, crop: Region) -> list[Strip]:
        self._base, self._line_width = self.rich_style, self.scrollable_content_region.width
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        place = y + int(self.scroll_offset.y)
        line = self.lines[place] if place < len(self.lines) else []
        return strip_of(line, self._line_width, self._base)

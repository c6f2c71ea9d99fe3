"""The dialog of dimensions: which two are drawn, and where the others stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Label

from cyclesim.language import N_, tr
from cyclesim.tui.tensors.dimensions import dimension_name
from cyclesim.tui.widgets.tensor import Tensor
from cyclesim.tui.words.text import fit, indented, shape_text

if TYPE_CHECKING:
    from cyclesim.tui.app import CyclesimApp

__all__ = ["DimensionsDialog"]

HINT = N_("up/down: choose\nleft/right: move along it\nr: as rows · c: as columns\nenter: done")


class DimensionsDialog(ModalScreen[None]):
    """Lists the dimensions of the tensor; what is chosen is drawn at once behind it."""

    BINDINGS = [
        Binding("escape,enter,D", "dismiss(None)", show=False),
        Binding("up", "choose(-1)", show=False),
        Binding("down", "choose(1)", show=False),
        Binding("left,H", "move(-1)", show=False),
        Binding("right,h", "move(1)", show=False),
        Binding("pageup", "move(-10)", show=False),
        Binding("pagedown", "move(10)", show=False),
        Binding("r", "draw(True)", show=False),
        Binding("c", "draw(False)", show=False),
    ]

    def __init__(self, tensor: Tensor) -> None:
        super().__init__()
        self._tensor = tensor
        cut = tensor.cut
        assert cut is not None
        self._place = cut.rows or 0 if cut.chosen is None else cut.chosen

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Label("", id="question", markup=False)
            yield Label("", id="choices", markup=False)
            yield Label("", id="hint", markup=False)

    def on_mount(self) -> None:
        # Beside the tensor where that is possible, for what is chosen is drawn at once.
        self.set_class(cast("CyclesimApp", self.app).main.has_class("-tabs"), "-tabs")
        self._list()

    def _list(self, complaint: str = "") -> None:
        cut, slot = self._tensor.cut, self._tensor.slot
        if cut is None or slot is None:  # the run went on behind the dialog
            self.dismiss(None)
            return
        app = cast("CyclesimApp", self.app)
        glyphs, key = app.glyphs, app.key("next_head")
        title = tr("Dimensions of {name}").format(name=slot.title)
        self.query_one("#question", Label).update(f"{title}\n{shape_text(cut.shape)}")
        lines = []
        for place, (name, size) in enumerate(zip(cut.names, cut.shape, strict=True)):
            mark = glyphs.current if place == self._place else " "
            if place in (cut.rows, cut.columns):
                use = tr("rows") if place == cut.rows else tr("columns")
            else:
                use = tr("at {place}").format(place=cut.at[place])
                if place == cut.chosen and size > 1:
                    use += f" ({key})"
            sized = tr("size {size}").format(size=size)
            lines.append(f"{mark} {fit(dimension_name(name), 10)} {fit(sized, 9)} {use}")
        self.query_one("#choices", Label).update(indented(glyphs.text("\n".join(lines))))
        hint = self.query_one("#hint", Label)
        hint.update(glyphs.text(complaint or tr(HINT)))
        hint.set_class(bool(complaint), "bad")

    def action_choose(self, by: int) -> None:
        """Another dimension; `h` moves along it afterwards, if it is not drawn."""
        cut = self._tensor.cut
        if cut is not None:
            self._place = (self._place + by) % len(cut.shape)
            self._tensor.lay(cut.choosing(self._place))
            self._list()

    def action_move(self, by: int) -> None:
        """Stand elsewhere in the chosen dimension."""
        cut = self._tensor.cut
        if cut is None:
            return
        if self._place not in cut.leading:
            self._list(tr("All of it is drawn: r or c on another dimension draws that instead."))
            return
        self._tensor.lay(cut.moved(self._place, by))
        self._list()

    def action_draw(self, rows: bool) -> None:
        """Draw the chosen dimension as rows or as columns."""
        cut = self._tensor.cut
        if cut is not None:
            self._tensor.lay(cut.drawing(self._place, rows=rows))
            self._list()

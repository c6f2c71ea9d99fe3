"""Viewing: the keys of the tensor."""

from __future__ import annotations

from cyclesim.language import tr
from cyclesim.tui.screens.dialogs.dimensions import DimensionsDialog
from cyclesim.tui.screens.main.running import Running
from cyclesim.tui.widgets.tensor import Tensor

__all__ = ["Viewing"]


class Viewing(Running):
    """Which tensor, which part of it, and how it is drawn."""

    def _viewed(self) -> Tensor:
        """The tensor; brought to the front if another panel hides it."""
        tensor = self.query_one(Tensor)
        if self._ready and not tensor.display:
            self._focus("tensor")
        return tensor

    def action_next_tensor(self) -> None:
        """Another tensor of the cycle."""
        self._viewed().choose(1)

    def action_previous_tensor(self) -> None:
        """The tensor before."""
        self._viewed().choose(-1)

    def action_next_head(self) -> None:
        """Move along the chosen dimension."""
        self.tell(self._viewed().turn(1))

    def action_previous_head(self) -> None:
        """Move back along the chosen dimension."""
        self.tell(self._viewed().turn(-1))

    def action_dimension(self) -> None:
        """Choose the dimension to move along, and the two that are drawn."""
        tensor = self._viewed()
        if tensor.cut is None or tensor.cut.rows is None:
            self.tell(tr("This tensor has no two dimensions: there is nothing to choose."))
            return
        self._stop()
        self.app.push_screen(DimensionsDialog(tensor))

    def action_heads(self) -> None:
        """One head, all heads, their mean."""
        self.tell(self._viewed().turn_heads())

    def action_drawing(self) -> None:
        """Heatmap, histogram, figures."""
        self.tell(self._viewed().turn_drawing())

    def action_pair(self) -> None:
        """Data and gradient side by side; again for one tensor."""
        if not self._ready:
            return
        said = tr("This run is no training step: it has no gradients.")
        if any(c.phase == "backward" for c in self._plan or ()):
            said = self._viewed().turn_pair()
        self.tell(said)

    def action_changed(self) -> None:
        """The numbers, or their change."""
        self.tell(self._viewed().turn_versus())

    def action_zoom_in(self) -> None:
        """Larger cells."""
        self.tell(self._viewed().zoom(1))

    def action_zoom_out(self) -> None:
        """Smaller cells."""
        self.tell(self._viewed().zoom(-1))

"""TENSOR: the numbers of one tensor of the current cycle, drawn, compared and counted."""

from cyclesim.tui.widgets.tensor.state import CellMoved
from cyclesim.tui.widgets.tensor.view import Tensor

__all__ = ["CellMoved", "Tensor"]

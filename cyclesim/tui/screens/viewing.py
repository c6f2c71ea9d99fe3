"""Viewing: the keys of the tensor."""

from __future__ import annotations

from cyclesim.tui.screens.running import Running
from cyclesim.tui.widgets.tensor import Tensor

__all__ = ["Viewing"]


class Viewing(Running):
    """Which tensor, which part of it, and how it is drawn."""

    def action_next_tensor(self) -> None:
        self.query_one(Tensor).choose(1)

    def action_previous_tensor(self) -> None:
        self.query_one(Tensor).choose(-1)

    def action_next_head(self) -> None:
        self.query_one(Tensor).turn(0, 1)

    def action_previous_head(self) -> None:
        self.query_one(Tensor).turn(0, -1)

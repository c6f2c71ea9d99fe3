"""CYCLE: what one cycle fetched, decoded, executed and wrote back."""

from cyclesim.tui.widgets.card.view import Card

__all__ = ["Card"]

"""The scrollbar of terminals that have no glyphs for a part of a cell."""

from __future__ import annotations

from textual.scrollbar import ScrollBarRender

__all__ = ["WholeCells"]


class WholeCells(ScrollBarRender):
    """A scrollbar that ends between cells, without the glyphs for a part of one."""

    VERTICAL_BARS = HORIZONTAL_BARS = [" "]

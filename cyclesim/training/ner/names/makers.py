"""What a room of names offers: a recipe for each kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping

__all__ = ["Makers"]

#: By kind (`PER.full`), what makes a new name of it.
Makers = Mapping[str, Callable[[], str]]

"""How a command prints: JSON, tables as wide as the terminal, and a spinner while it works."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from cyclesim.language import tr

__all__ = ["print_json", "print_rich", "progress"]


def print_json(content: Any) -> None:
    """Print `content`, which holds no NaN, in the characters that the terminal has."""
    # The whole text first: a failure must not leave half of it on the screen.
    ascii_only = "utf" not in (sys.stdout.encoding or "").lower()
    print(json.dumps(content, ensure_ascii=ascii_only, allow_nan=False))


def print_rich(renderable: Callable[[int], Any]) -> None:
    """Print what `renderable` makes for the width of the terminal."""
    from rich.console import Console

    console = Console()
    # Captured, so that a reader that leaves early (`head`) is met where we print, and not in rich.
    with console.capture() as table:
        console.print(renderable(console.width))
    print(table.get(), end="")


@contextmanager
def progress(doing: str | None = None) -> Iterator[Callable[[str], Any]]:
    """A spinner on stderr where a person watches it; silence elsewhere.

    A notebook, which keeps each of its frames, is elsewhere.

    Args:
        doing: what it says first; without it, that torch is loaded.
    """
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal or "JPY_PARENT_PID" in os.environ:
        yield lambda _: None
        return
    with console.status(doing or tr("loading torch")) as status:
        yield lambda sentence: status.update(sentence)

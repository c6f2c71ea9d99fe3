"""HTML that nothing can break: escaped text, and parts that fail by themselves."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from cyclesim.language import tr
from cyclesim.render.text import safe_text

__all__ = ["heading_row", "part", "safe"]


def safe(value: object, limit: int | None = 200) -> str:
    """Text that a user, a model or a file gave, at most `limit` characters of it, escaped."""
    return escape(safe_text(value, limit), quote=True)


def part(name: str, make: Callable[[], str]) -> str:
    """What `make` gives; where it fails, a line that says so: the page must not go with it."""
    try:
        return make()
    except Exception as error:
        what = safe(f"{type(error).__name__}: {error}", 200)
        said = tr("({part} cannot be shown: {why})").format(part=safe(name), why=what)
        return f'<p class="soft">{said}</p>'


def heading_row(*columns: tuple[str, str]) -> str:
    """A row of headings: what each is called, and its class or ""."""
    cells = (
        f"<th class='{style}'>{name}</th>" if style else f"<th>{name}</th>"
        for name, style in columns
    )
    return f"<tr>{''.join(cells)}</tr>"

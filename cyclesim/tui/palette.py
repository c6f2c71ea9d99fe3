"""The calm dark palette: few colours, each with one meaning."""

from __future__ import annotations

from rich.style import Style
from textual.theme import Theme

from cyclesim.render.colour import BACKGROUND

__all__ = ["ACCENT", "BAD", "BODY", "FAINT", "GOOD", "MUTED", "STRONG", "THEME", "bold"]

ACCENT_COLOUR = "#ffd166"

STRONG = Style(color="#ffffff", bold=True)
BODY = Style(color="#d7dee6")
MUTED = Style(color="#93a1b0")
FAINT = Style(color="#5f6c7b")
ACCENT = Style(color=ACCENT_COLOUR, bold=True)
GOOD = Style(color="#3ddc97", bold=True)
BAD = Style(color="#ff6b5e", bold=True)

THEME = Theme(
    name="cyclesim",
    primary="#4f9bdc",
    secondary="#56b4e9",
    accent=ACCENT_COLOUR,
    foreground="#d7dee6",
    background=BACKGROUND,
    surface="#151b24",
    panel="#1d2530",
    success="#3ddc97",
    warning="#e69f00",
    error="#ff6b5e",
    dark=True,
    variables={
        "block-cursor-background": "#2b3a4d",
        "input-selection-background": "#4f9bdc 40%",
        "scrollbar": "#2b3543",
        "scrollbar-hover": "#3b4757",
        "scrollbar-active": "#4f9bdc",
        "scrollbar-background": "#151b24",
        "scrollbar-background-hover": "#151b24",
        "scrollbar-background-active": "#151b24",
    },
)


def bold(colour: str) -> Style:
    """Bold text in `colour`."""
    return Style(color=colour, bold=True)

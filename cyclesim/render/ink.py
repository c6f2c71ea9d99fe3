"""How one cell of a heatmap looks: its style and its glyph, from tables made once."""

from __future__ import annotations

from functools import lru_cache

from rich.style import Style

from cyclesim.render.colour import ink_on
from cyclesim.render.scale import BLOCKED, INFINITE, MISSING, Scale

__all__ = [
    "ABSENT", "CURSOR_PLAIN", "CURSOR_STYLE", "HERE", "LABEL", "NAN", "PLAIN", "glyph_of",
    "halves", "style_of",
]  # fmt: skip

#: The level of a place where there is no number at all (behind the end of a wrapped vector).
ABSENT = -9

LABEL = Style(color="#9fb0c0")
HERE = Style(color="#ffffff", bold=True)
CURSOR_STYLE = Style(color="#000000", bgcolor="#ffffff", bold=True)
CURSOR_PLAIN = Style(reverse=True, bold=True)
NAN = Style(color="#ffffff", bgcolor="#c4352b", bold=True)
PLAIN = Style()

_BLOCKED = Style(color="#5b6673", bgcolor="#0b0e12")
_INFINITE = Style(color="#0b0e12", bgcolor="#ffffff")
#: What stands in a cell that has no place on the scale: where there is room, and where not.
_SIGNS = {MISSING: ("NaN", "!"), BLOCKED: ("-inf", "x"), INFINITE: ("inf", "^")}
_STYLES = {MISSING: NAN, BLOCKED: _BLOCKED, INFINITE: _INFINITE, ABSENT: PLAIN}


@lru_cache(maxsize=8)
def _styles(colours: tuple[str, ...]) -> tuple[Style, ...]:
    return tuple(Style(color=ink_on(c), bgcolor=c) for c in colours)


def style_of(scale: Scale, level: int, plain: bool) -> Style:
    """The style of a cell of `level`."""
    if plain:
        return PLAIN
    return _STYLES[level] if level < 0 else _styles(scale.colours)[level]


@lru_cache(maxsize=2048)
def _glyph(glyphs: str, level: int, width: int, plain: bool) -> str:
    if level in _SIGNS:
        long, short = _SIGNS[level]
        return (long if len(long) < width else short).center(width)
    if level < 0 or not plain:
        return " " * width
    return (glyphs[level] * max(1, width - 1)).ljust(width)


def glyph_of(scale: Scale, level: int, width: int, plain: bool) -> str:
    """What stands in a cell of `level` that shows no number; exactly `width` cells."""
    return _glyph(scale.glyphs, level, width, plain)


@lru_cache(maxsize=1024)
def halves(upper: Style, lower: Style) -> Style:
    """The style of an upper half block that shows two cells, one over the other."""
    return Style(color=upper.bgcolor, bgcolor=lower.bgcolor)

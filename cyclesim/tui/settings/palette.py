"""Colours: a calm dark palette, a loud one for the back row, and what becomes of them elsewhere.

The widgets draw with the few styles below, each with one meaning, whatever the theme and the
terminal. `Readable` stands between them and the screen: it keeps ink apart from its ground, and it
takes colours to what the terminal has.
"""

from __future__ import annotations

from functools import lru_cache

from rich.color import Color as RichColor
from rich.palette import Palette
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import DEFAULT_TERMINAL_THEME
from textual.color import Color
from textual.filter import LineFilter
from textual.theme import Theme

from cyclesim.render.colour import BACKGROUND

__all__ = [
    "ACCENT",
    "BAD",
    "BODY",
    "CONTRAST",
    "FAINT",
    "GOOD",
    "HIGHER",
    "HIGH_CONTRAST",
    "MUTED",
    "STRONG",
    "THEME",
    "THEMES",
    "Readable",
    "bold",
    "contrast",
]

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

#: For a projector in a lit room: black, white, and few strong colours.
HIGH_CONTRAST = Theme(
    name="high-contrast",
    primary="#5cc8ff",
    secondary="#5cc8ff",
    accent="#ffd500",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1c1c1c",
    success="#2bff9b",
    warning="#ffb000",
    error="#ff8a80",
    dark=True,
    variables={
        "block-cursor-background": "#003a66",
        "input-selection-background": "#00558a",
        "scrollbar": "#8a8a8a",
        "scrollbar-hover": "#b0b0b0",
        "scrollbar-active": "#ffffff",
        "scrollbar-background": "#1c1c1c",
        "scrollbar-background-hover": "#1c1c1c",
        "scrollbar-background-active": "#1c1c1c",
    },
)

#: The themes that a person can choose.
THEMES = {theme.name: theme for theme in (THEME, HIGH_CONTRAST)}

#: What WCAG 2 asks of text: at least, and for those who do not see well or sit far away.
CONTRAST, HIGHER = 4.5, 7.0

RGB = tuple[int, int, int]


def bold(colour: str) -> Style:
    """Bold text in `colour`."""
    return Style(color=colour, bold=True)


@lru_cache(maxsize=4096)
def _luminance(colour: RGB) -> float:
    red, green, blue = (
        c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4
        for c in (part / 255 for part in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: RGB, other: RGB) -> float:
    """The contrast ratio of two colours as WCAG 2 defines it: 1 (the same) to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _terminal_colours(count: int) -> tuple[RGB, ...]:
    """The colours of a terminal that has `count`: 16 as they come, or xterm's cube and greys."""
    named: Palette = DEFAULT_TERMINAL_THEME.ansi_colors
    colours = [(c.red, c.green, c.blue) for c in (named[i] for i in range(16))]
    if count == 16:
        return tuple(colours)
    steps = (0, 95, 135, 175, 215, 255)
    cube = [(red, green, blue) for red in steps for green in steps for blue in steps]
    return (*colours, *cube, *((8 + 10 * i,) * 3 for i in range(24)))


_PALETTES = {16: _terminal_colours(16), 256: _terminal_colours(256)}
#: Of 256 the first 16 are whatever the person made of them, so they are not counted on; bright
#: black is the ground itself in some terminals, so nothing is written in it.
_GROUNDS = {16: range(16), 256: range(16, 256)}
_INKS = {16: [i for i in range(16) if i != 8], 256: range(16, 256)}


#: How much brightness counts beside hue: of 256 colours scales are made, which stay in order.
_LIGHT = {16: 0, 256: 450}


def _distance(one: RGB, other: RGB, light: float) -> float:
    # Weighted by how red the two are: close to how different they look.
    red = (one[0] + other[0]) / 2
    r, g, b = (x - y for x, y in zip(one, other, strict=True))
    bright = light * (_luminance(one) ** (1 / 3) - _luminance(other) ** (1 / 3))
    return (2 + red / 256) * r * r + 4 * g * g + (2 + (255 - red) / 256) * b * b + bright * bright


@lru_cache(maxsize=4096)
def _nearest(colour: RGB, count: int, ground: RGB | None, least: float) -> int:
    """The terminal's colour nearest to `colour`, among those that can be read on `ground`."""
    palette, light = _PALETTES[count], _LIGHT[count]
    if ground is None:
        return min(_GROUNDS[count], key=lambda i: _distance(colour, palette[i], light))
    inks = _INKS[count]
    readable = [i for i in inks if contrast(palette[i], ground) >= least]
    if not readable:
        return max(inks, key=lambda i: contrast(palette[i], ground))
    return min(readable, key=lambda i: _distance(colour, palette[i], light))


@lru_cache(maxsize=4096)
def _raised(ink: RGB, ground: RGB, least: float) -> RGB:
    """`ink`, as much brighter or darker as it takes to read it on `ground`."""
    ends: tuple[RGB, RGB] = ((255, 255, 255), (0, 0, 0))
    end = max(ends, key=lambda colour: contrast(colour, ground))
    for step in range(17):
        share = step / 16
        tried: RGB = tuple(round(a + (b - a) * share) for a, b in zip(ink, end, strict=True))  # type: ignore[assignment]
        if contrast(tried, ground) >= least:
            return tried
    return end


def _rgb(colour: RichColor) -> RGB:
    triplet = colour.get_truecolor()
    return triplet.red, triplet.green, triplet.blue


@lru_cache(maxsize=8192)
def _style(style: Style, around: RGB, colours: int, least: float) -> Style:
    ground = around if style.bgcolor is None or style.bgcolor.is_default else _rgb(style.bgcolor)
    ink = None if style.color is None or style.color.is_default else _rgb(style.color)
    if not colours:
        if ink is None or contrast(ink, ground) >= least:
            return style
        return style + Style(color=RichColor.from_rgb(*_raised(ink, ground, least)))
    place = _nearest(ground, colours, None, 0.0)
    made = Style(bgcolor=RichColor.from_ansi(place))
    if ink is not None:
        seen = _PALETTES[colours][place]
        wanted = _raised(ink, seen, least)
        made += Style(color=RichColor.from_ansi(_nearest(wanted, colours, seen, least)))
    return style + made


class Readable(LineFilter):
    """Keeps everything readable: what is too near to its ground in brightness moves away from it.

    Args:
        least: the contrast that ink has with its ground.
        colours: how many the terminal has, 16 or 256; 0 for all there are.
    """

    def __init__(self, least: float, colours: int = 0) -> None:
        super().__init__()
        self.least, self.colours = least, colours

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        around = background.rgb
        return [
            Segment(text, style and _style(style, around, self.colours, self.least), control)
            for text, style, control in segments
        ]

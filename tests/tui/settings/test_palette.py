"""Colours: readable in every theme, on every terminal, and never alone."""

from __future__ import annotations

import itertools
import os
import pty
import re
import select
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from cyclesim.render.colour import UNIT_COLOURS
from cyclesim.render.scale import DIVERGING, SEQUENTIAL
from cyclesim.trace import Trace
from cyclesim.tui.settings import palette
from cyclesim.tui.settings.palette import CONTRAST, HIGH_CONTRAST, HIGHER, THEME, Readable, contrast
from tests.tui import fake
from tests.tui.conftest import press, ready

rgb = st.tuples(*[st.integers(0, 255)] * 3)
INKS = ("STRONG", "BODY", "MUTED", "FAINT", "ACCENT", "GOOD", "BAD")


def seen(colour: RichColor) -> tuple[int, int, int]:
    """What a terminal shows of a colour."""
    if colour.number is not None:
        return palette._terminal_colours(256)[colour.number]
    return tuple(colour.get_truecolor())


def filtered(style: Style, least: float, colours: int, around="#000000") -> Style:
    (segment,) = Readable(least, colours).apply([Segment("x", style)], Color.parse(around))
    return segment.style


def test_contrast_is_that_of_wcag():
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)
    assert contrast((1, 2, 3), (1, 2, 3)) == 1


@given(rgb, rgb, st.sampled_from((0, 16, 256)))
def test_ink_can_be_read_on_every_ground(ink, ground, colours):
    style = Style(color=RichColor.from_rgb(*ink), bgcolor=RichColor.from_rgb(*ground))
    made = filtered(style, CONTRAST, colours)
    assert contrast(seen(made.color), seen(made.bgcolor)) >= CONTRAST
    if not colours:
        assert made.bgcolor == style.bgcolor
        if contrast(ink, ground) >= CONTRAST:
            assert made.color == style.color  # what can be read stays as it is


@given(rgb)
def test_links_and_looks_stay(ink):
    meta = Style.from_meta({"@click": "screen.step"})
    style = Style(color=RichColor.from_rgb(*ink), bold=True, underline=True) + meta
    for colours in (0, 16, 256):
        made = filtered(style, CONTRAST, colours)
        assert made.bold and made.underline and made.meta == {"@click": "screen.step"}


@pytest.mark.parametrize("name", INKS)
@pytest.mark.parametrize("ground", ["background", "surface", "panel"])
def test_the_words_of_the_calm_theme_can_be_read(name, ground):
    """The faintest are for what one may overlook: 3 is what WCAG asks of large text."""
    colour = getattr(palette, name).color
    ratio = contrast(tuple(colour.triplet), Color.parse(getattr(THEME, ground)).rgb)
    assert ratio >= (2.8 if name == "FAINT" else CONTRAST)


@pytest.mark.parametrize("ground", ["background", "surface", "panel"])
def test_the_high_contrast_theme_is_one(ground):
    below = Color.parse(getattr(HIGH_CONTRAST, ground)).rgb
    for name in ("foreground", "accent", "primary", "success", "warning", "error"):
        assert contrast(Color.parse(getattr(HIGH_CONTRAST, name)).rgb, below) >= HIGHER, name
    for name in INKS:
        made = filtered(getattr(palette, name), HIGHER, 0, getattr(HIGH_CONTRAST, ground))
        assert contrast(seen(made.color), below) >= HIGHER


def test_sixteen_colours_write_in_no_bright_black():
    """Some terminals show it as their ground."""
    for name, ground in itertools.product(INKS, ("#10151c", "#151b24", "#1d2530", "#2b3a4d")):
        style = getattr(palette, name) + Style(bgcolor=ground)
        assert filtered(style, CONTRAST, 16).color.number != 8


@pytest.mark.parametrize("scale", [SEQUENTIAL, DIVERGING])
def test_256_colours_keep_the_order_of_a_scale(scale):
    """Neighbours may fall together; nothing is darker than what it should outshine."""
    shown = [seen(filtered(Style(bgcolor=c), 1.0, 256).bgcolor) for c in scale]
    lights = [palette._luminance(c) for c in shown]
    middle = 0 if scale is SEQUENTIAL else len(scale) // 2
    assert all(a <= b + 0.01 for a, b in itertools.pairwise(lights[middle:]))
    assert all(a >= b - 0.01 for a, b in itertools.pairwise(lights[: middle + 1]))
    assert len(set(shown)) >= len(scale) * 2 // 3
    if scale is DIVERGING:
        assert not set(shown[:middle]) & set(shown[middle + 1 :])  # the sign is never lost


def test_units_are_told_apart_in_256_colours():
    shown = [seen(filtered(Style(bgcolor=c), 1.0, 256).bgcolor) for c in UNIT_COLOURS.values()]
    assert len(set(shown)) == len(shown)


# -- the whole screen -------------------------------------------------------------------------


BLOCKS = re.compile(r"[\s\u2580-\u259f]*")  # bars are a ground, not letters


def worst(pilot) -> tuple[float, str]:
    """The lowest contrast of anything written on the screen, and what is written there.

    What is as far from its ground as can be is as good as anything.
    """
    found = (21.0, "")
    for strip in pilot.app.screen._compositor.render_strips():
        for text, style, _ in strip:
            if BLOCKS.fullmatch(text) or style is None or style.color is None:
                continue
            ground = seen(style.bgcolor or RichColor.parse("#000000"))
            possible = max(contrast(ground, (0, 0, 0)), contrast(ground, (255, 255, 255)))
            ratio = contrast(seen(style.color), ground)
            found = min(found, (max(ratio, HIGHER if ratio > possible - 0.1 else 0), text))
    return found


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_everything_on_the_screen_can_be_read_from_afar(fake_app, size):
    app = fake_app(theme=HIGH_CONTRAST.name)
    async with app.run_test(size=size) as pilot:
        for keys in ((), ("n", "n", "n"), ("f",), ("question_mark",), ("escape", "E")):
            await ready(pilot)
            if keys[:1] == ("escape",):
                await pilot.press("escape")
            await press(pilot, *(k for k in keys if k != "escape"))
            ratio, text = worst(pilot)
            assert ratio >= HIGHER - 0.05, (keys, text)


@pytest.mark.parametrize("colours", [16, 256])
async def test_nothing_vanishes_in_few_colours(fake_app, monkeypatch, colours):
    monkeypatch.setattr("cyclesim.tui.app.CyclesimApp.colours", colours)
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "n", "n", "n", "f")
        ratio, text = worst(pilot)
        assert ratio >= (CONTRAST if colours == 16 else 2.5), text
        assert app.plain == (colours == 16)


async def test_without_colour_nothing_vanishes(fake_app, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "n", "n", "n", "f")
        ratio, text = worst(pilot)
        assert ratio >= CONTRAST, text
        for strip in app.screen._compositor.render_strips():
            for _, style, _ in strip:
                for colour in (style.color, style.bgcolor) if style else ():
                    red, green, blue = seen(colour or RichColor.parse("#000000"))
                    assert max(red, green, blue) - min(red, green, blue) <= 2


# -- real terminals ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> str:
    """A trace to open, which needs no torch: the colours are the same."""
    path = tmp_path_factory.mktemp("saved") / "run.safetensors"
    Trace(fake.header(), fake.make_cycles(), complete=True).save(path)
    return str(path)


def drawn(saved: str, **environment: str) -> str:
    """What the app writes to a terminal with that environment, until all is there."""
    master, slave = pty.openpty()
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLORTERM", "TERM")}
    process = subprocess.Popen(
        [sys.executable, "-m", "cyclesim", "open", saved], stdin=slave, stdout=slave,
        stderr=slave, env={**kept, "COLUMNS": "120", "LINES": "40", **environment},
    )  # fmt: skip
    os.close(slave)
    said, deadline, asked = b"", time.monotonic() + 90, False
    try:
        while time.monotonic() < deadline and process.poll() is None:
            if select.select([master], [], [], 0.1)[0]:
                said += os.read(master, 65536)
            if not asked and b"recorded" in said:
                asked = True
                os.write(master, b"q")
    except OSError:
        pass  # the other end is closed
    finally:
        process.kill()
        process.wait()
        os.close(master)
    assert asked, said[-500:]
    return said.decode("utf-8", "replace")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environment", "kinds"),
    [
        ({"TERM": "xterm"}, {"16"}),
        ({"TERM": "screen-256color"}, {"256"}),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, {"rgb"}),
    ],
    ids=lambda value: value.get("TERM") if isinstance(value, dict) else "",
)
def test_only_colours_that_the_terminal_has(saved, environment, kinds):
    used = set()
    for codes in re.findall(r"\x1b\[([0-9;]*)m", drawn(saved, **environment)):
        used |= {"rgb"} if re.search(r"[34]8;2;", codes) else set()
        used |= {"256"} if re.search(r"[34]8;5;", codes) else set()
        rest = re.sub(r"[34]8;(2;\d+;\d+;\d+|5;\d+)", "", codes)
        used |= {"16"} if re.search(r"(^|;)(3|4|9|10)[0-7](;|$)", rest) else set()
    assert used == kinds

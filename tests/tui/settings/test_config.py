"""The config file: what it sets shows everywhere, and what is wrong in it is one sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclesim.errors import CyclesimError
from cyclesim.tui.app import CyclesimApp
from cyclesim.tui.commands import COMMANDS
from cyclesim.tui.keys import with_keys
from cyclesim.tui.settings.config import Config, config_path, read_config, sample
from tests.tui.conftest import ready, text_of


@pytest.fixture
def written(tmp_path: Path):
    """Writes a config file and reads it."""

    def write(content: str | bytes) -> Config:
        path = tmp_path / "config.toml"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_config(path)

    return write


def test_no_file_sets_nothing():
    assert not config_path().exists()
    assert read_config() == Config()


def test_the_sample_says_what_is_so_anyway(written):
    assert written(sample()) == Config()
    everything = written(re.sub(r"(?m)^#(?=[a-z\[])", "", sample()))
    assert everything == Config(
        theme="cyclesim", lang="en", ascii=False, projector=False, speed=4, clock="step",
        keys=everything.keys,
    )  # fmt: skip
    assert with_keys(everything.keys) == COMMANDS
    assert set(everything.keys) == {c.name for c in COMMANDS if not c.fixed}


def test_a_byte_order_mark_is_read_over(written):
    assert written("\ufeffspeed = 8").speed == 8


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("speed = 3", ["line 1", "speed = 3", "1, 2, 4, 8, 16, 32, 64"]),
        ("\nspeed = true", ["line 2", "speed = true"]),
        ("speed = 4.0", ["speed = 4.0"]),
        ('ascii = "yes"', ['ascii = "yes"', "true, false"]),
        ('theme = "neon"', ['theme = "neon"', '"cyclesim", "high-contrast"']),
        ('lang = "de"', ['lang = "de"', '"en", "zh"']),
        ('clock = "tick"', ['"layer", "module", "step"']),
        ('thme = "cyclesim"', ["there is no setting 'thme'", "theme"]),
        ("[colours]", ["there is no setting 'colours'"]),
        ("speed =", ["Invalid value"]),
        ("speed = 4\nspeed = 4\n", ["Cannot overwrite a value", "line 2"]),
        ("keys = 3", ["keys is a table"]),
        ("[keys]\nstep = 3", ["line 2", "'step'", "no text"]),
        ('[keys]\nstepp = "s"', ["line 2", "did you mean 'step'"]),
        ('[keys]\nstep = "enter"', ["line 2", "'enter' is not free"]),
        ('[keys]\nstep = "ctrl+c"', ["'ctrl+c' is not free"]),
        ('[keys]\nstep = "hyper+s"', ["there is no key 'hyper+s'"]),
        ('[keys]\nstep = ""', ["there is no key ''"]),
        ("[keys]\nstep = []", ["'step' has no key"]),
        ('[keys]\nstep = "b"', ["the key 'b' is of both 'step' and 'back'"]),
        ('[keys]\nbookmark = "a"', ["'bookmark'", "digits"]),
        (b"\xff", ["not text in UTF-8"]),
    ],
)
def test_a_mistake_is_one_sentence_that_names_it(written, content, words):
    with pytest.raises(CyclesimError) as caught:
        written(content)
    said = str(caught.value)
    assert "config.toml" in said
    assert "\n" not in said
    for word in words:
        assert word in said


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(CyclesimError, match="cannot be read"):
        read_config(tmp_path)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("config") / "config.toml"
    path.write_text(text, encoding="utf-8", errors="replace")
    try:
        read_config(path)
    except CyclesimError:
        pass


async def test_theme_speed_and_clock(fake_app):
    app = fake_app(theme="nord", ticks=32, clock="layer")
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        assert app.theme == "nord"
        assert app.main.speed == 32
        assert "clock: layer" in text_of(pilot, "#header")


def test_every_theme_can_be_drawn():
    """The names that are allowed are those that the app registers."""
    from cyclesim.tui.settings.config import _ALLOWED

    app = CyclesimApp()
    from cyclesim.tui.settings.palette import THEMES

    assert set(_ALLOWED["theme"]) == set(app.available_themes) | set(THEMES)

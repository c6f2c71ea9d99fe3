"""The config file: what it sets shows everywhere, and what is wrong in it is one sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.binding import Binding

from cyclesim.errors import CyclesimError
from cyclesim.tui.app import CyclesimApp
from cyclesim.tui.commands import COMMANDS
from cyclesim.tui.keys import LEAVE, RESERVED, key_shown, keymap_of, with_keys
from cyclesim.tui.settings.config import Config, config_path, read_config, sample
from cyclesim.tui.widgets.panel import Panel
from tests.tui.conftest import press, ready, text_of


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


# -- keys -------------------------------------------------------------------------------------


NAMES = [command.name for command in COMMANDS if not command.fixed]


KEYS = st.lists(st.sampled_from("abcdxyzFG[]+,"), min_size=1, max_size=3)


@given(st.dictionaries(st.sampled_from(NAMES), KEYS))
def test_no_key_has_two_commands(chosen):
    try:
        commands = with_keys(chosen)
    except CyclesimError:
        return
    keys = [
        binding.key
        for command in commands
        for binding in Binding.make_bindings(
            [Binding(key, "", "") for key in {*command.keys.split(",")}]
        )
    ]
    assert len(keys) == len(set(keys))
    for command in commands:
        for key in chosen.get(command.name, ()):
            (named,) = Binding.make_bindings([Binding("comma" if key == "," else key, "", "")])
            assert named.key in command.keys.split(",")
            assert key_shown(named.key) == key


def test_two_commands_may_change_places():
    assert keymap_of(with_keys({"step": ["b"], "back": ["n"]})) == {"step": "b", "back": "n"}
    assert keymap_of(COMMANDS) == {}


async def test_keys_of_the_panels_cannot_be_taken(fake_app):
    """A panel that has the focus answers first, so its own keys must be reserved."""
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        usual = {key for command in COMMANDS for key in command.keys.split(",")}
        for panel in app.main.query(Panel):
            for key in type(panel)._merged_bindings.key_to_bindings:
                assert key in RESERVED | usual, f"{panel.id}: {key}"


async def test_a_chosen_key_works_and_shows_everywhere(fake_app):
    app = fake_app(keys={"step": ["s", "f5"], "back": ["n"], "help": ["b"], "quit": ["Q"]})
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        assert "s step" in text_of(pilot, "#keys")
        assert "Q quit" in text_of(pilot, "#keys")
        assert "Press s to run" in text_of(pilot, "#now")
        await press(pilot, "s", "f5", "s")
        assert app.main.scene.at == 2
        await press(pilot, "n")
        assert app.main.scene.at == 1
        titles = [command.title for command in app.get_system_commands(app.screen)]
        assert "Step  (s)" in titles
        assert "Back  (n)" in titles
        await pilot.press("b")
        await pilot.pause()
        lines = text_of(pilot).splitlines()
        assert any(re.search(r"\bs\s+Run the next cycle", line) for line in lines)
        await pilot.press("escape")
        await pilot.press("q")  # no longer a key
        await pilot.pause()
        assert app.is_running
        await pilot.press("Q")
        await pilot.pause()
    assert app.return_code == 0


@pytest.mark.parametrize("key", LEAVE)
async def test_one_can_always_leave(fake_app, key):
    app = fake_app(keys={"quit": ["Q"]})
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("g", key)
        await pilot.pause()
    assert app.return_code == 0


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

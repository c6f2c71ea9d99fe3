"""The keys of the commands: whatever a person chooses, each does one thing and shows everywhere."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.binding import Binding

from cyclesim.errors import CyclesimError
from cyclesim.tui.commands import COMMANDS
from cyclesim.tui.keys import LEAVE, RESERVED, key_shown, keymap_of, with_keys
from cyclesim.tui.widgets.panel import Panel
from tests.tui.conftest import gone, press, ready, text_of

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
        await gone(pilot)
    assert app.return_code == 0


@pytest.mark.parametrize("key", LEAVE)
async def test_one_can_always_leave(fake_app, key):
    app = fake_app(keys={"quit": ["Q"]})
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("g", key)
        await gone(pilot)
    assert app.return_code == 0


@pytest.mark.parametrize(
    ("key", "shown"),
    [("less_than_sign", "<"), ("<", "<"), ("0", "0"), ("space", "space"), ("+", "+"), ("f5", "f5")],
)
def test_a_key_is_shown_as_it_is_printed(key, shown):
    assert key_shown(key) == shown

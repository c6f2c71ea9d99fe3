"""The app sees all that a person does before it takes effect.

So it can write the session log, show pressed keys to the back row, and give way when somebody
touches a key during a replay.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual import events
from textual.app import App

from cyclesim.language import tr
from cyclesim.tui.classroom.log import MAIN, Standing
from cyclesim.tui.classroom.recorder import Recorder
from cyclesim.tui.commands import COMMANDS, Command
from cyclesim.tui.keys import key_shown

if TYPE_CHECKING:
    from cyclesim.tui.classroom.player import Player
    from cyclesim.tui.launch import LaunchOptions
    from cyclesim.tui.screens.main import MainScreen
    from cyclesim.tui.widgets.panel import CycleChosen

__all__ = ["Witness"]

#: Commands, keys and screens that are no part of a session: how it is left and written down. What
#: is chosen in the palette is recorded as the command that it is.
_APART = frozenset({"quit", "export"})
_APART_KEYS = frozenset({"ctrl+c", "ctrl+q", "ctrl+p"})
_APART_PLACES = frozenset({"CommandPalette", "ExportDialog"})

_NAMED = {command.name: command for command in COMMANDS}


class Witness(App[int]):
    """What the app knows of the person before it.

    Attributes:
        recorder: the session log.
        replay: who presses the keys instead, a replay or a demonstration; or None.
    """

    options: LaunchOptions
    recorder: Recorder
    replay: Player | None = None

    @property
    def entered(self) -> bool:
        """Whether the main screen is there."""
        raise NotImplementedError

    @property
    def main(self) -> MainScreen:
        """The screen under all dialogs."""
        raise NotImplementedError

    @property
    def confined(self) -> bool:
        """Whether nothing on this computer may be opened or written from the screen.

        So it is in a browser, where anybody may sit, and in a replay, which somebody else wrote.
        """
        return self.options.served or self.replay is not None

    def forbidden(self) -> str:
        """Why nothing can be opened or written, in one sentence; "" where it can."""
        if self.options.served:
            return tr("In a browser no file or folder is opened or saved.")
        return "" if self.replay is None else self.replay.forbidden()

    def begin_session(self) -> None:
        """The main screen is there."""
        self.recorder.begin((self.size.width, self.size.height))
        self.replay = self._player()
        if self.replay is not None:
            self.run_worker(self.replay.run(), name="replay", exit_on_error=False)
        if self.options.projector:
            self.call_after_refresh(self.main.action_projector)

    def _player(self) -> Player | None:
        options = self.options
        if options.replay is not None:
            from cyclesim.tui.classroom.replay import Replay

            return Replay(self, options.replay, options.pace)
        if options.lesson is not None and options.lesson.demo is not None:
            from cyclesim.tui.lessons.demo import Demo

            return Demo(self, options.lesson.demo)
        return None

    def end_session(self) -> None:
        """The app is leaving."""
        self.recorder.close(self.main.standing if self.entered else Standing())

    # -- what is done ------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        seen = isinstance(event, (events.Key, events.MouseDown, events.Paste))
        seen = seen and self.entered and self.is_running and not event.is_forwarded
        if seen and not self._witness(event):
            return
        await super().on_event(event)

    def _witness(self, event: events.Event) -> bool:
        """Take note of `event`; False if it is not for the app."""
        if self.replay is not None and event is not self.replay.sent:
            if isinstance(event, events.Key) and event.key == "space":
                self.replay.pause()
                return False
            if not (isinstance(event, events.Key) and event.key in _APART_KEYS):
                self.replay.hand_over()
        if isinstance(event, events.Key):
            self._key(event)
        elif isinstance(event, events.Paste):
            self._note("paste", event.text)
        elif isinstance(event, events.MouseDown):
            x, y = int(event.screen_x), int(event.screen_y)
            meta = self.screen.get_style_at(x, y).meta.get("@click", "")
            command = _NAMED.get(_name_of(str(meta)))
            if command is not None and self.place == MAIN:
                self._note_command(command, "")
            else:
                self._note("click", (x, y, self.size.width, self.size.height))
        return True

    def _key(self, event: events.Key) -> None:
        command = self.command_of(event)
        if command is None:
            if event.key not in _APART_KEYS:
                self._note("key", event.key, event.character)
            return
        printed = event.is_printable and event.key != "space"
        key = event.character if printed and event.character else event.key
        self._note_command(command, key)
        self.show_pressed(key, command)

    def show_pressed(self, key: str, command: Command) -> None:
        """Show a pressed key, as it is printed on the keyboard, to whoever watches from afar."""
        if self.main.projecting or self.replay is not None:
            self.main.pressed.press(key_shown(key), command)

    def command_of(self, event: events.Key) -> Command | None:
        """The command of the main screen that `event` gives; None for what is typed or moves."""
        if self.screen is not self.main:
            return None
        focused = self.focused
        if focused is not None and focused.check_consume_key(event.key, event.character):
            return None
        active = self.screen.active_bindings.get(event.key)
        return None if active is None else _NAMED.get(_name_of(active.binding.action))

    def _note_command(self, command: Command, key: str) -> None:
        self.main.noted(command)
        if command.fixed:
            self._note("key", key, key)
        elif command.name not in _APART:
            self._note("command", command.name, key or None)

    def _note(self, deed: str, value: object, character: str | None = None) -> None:
        place = self.place
        if place not in _APART_PLACES:
            self.recorder.note(place, self.main.standing, deed, value, character)  # type: ignore[arg-type]

    @property
    def place(self) -> str:
        """The name of the present screen in the log."""
        return MAIN if self.screen is self.main else type(self.screen).__name__

    def on_cycle_chosen(self, message: CycleChosen) -> None:
        self.recorder.meant(message.number)

    def filled(self, fields: Mapping[str, str | None]) -> None:
        """The key pressed last filled in these fields of a dialog, with what was run lately."""
        self.recorder.filled(fields)

    async def obey(self, command: Command, *, noted: bool = False) -> None:
        """Do what `command` says, as its key would."""
        if not noted:
            self._note_command(command, "")
        await self.run_action(_target(command))


def _target(command: Command) -> str:
    return "app.quit" if command.name == "quit" else f"screen.{command.action}"


def _name_of(action: str) -> str:
    return action.partition("(")[0].rpartition(".")[2]

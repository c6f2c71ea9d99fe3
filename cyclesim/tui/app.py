"""The terminal app.

It paints first: a screen that needs little (`screens.door`). Then it imports the rest of itself,
and then the model loads, in a thread; see `backstage.session`. What it shows is in `screens` and
`widgets`; what a person can do is in `commands`.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from textual.app import SystemCommand
from textual.command import CommandPalette
from textual.filter import ANSIToTruecolor, LineFilter
from textual.screen import Screen
from textual.scrollbar import ScrollBar, ScrollBarRender

from cyclesim.language import tr
from cyclesim.tui.classroom.recorder import Recorder
from cyclesim.tui.classroom.witness import Witness
from cyclesim.tui.commands import Command
from cyclesim.tui.keys import bindings, keymap_of, with_keys
from cyclesim.tui.launch import LaunchOptions
from cyclesim.tui.screens.door import Door
from cyclesim.tui.settings.palette import CONTRAST, HIGH_CONTRAST, HIGHER, THEMES, Readable
from cyclesim.tui.widgets.scrollbar import WholeCells
from cyclesim.tui.words.glyphs import ASCII, UNICODE, Glyphs

if TYPE_CHECKING:
    from cyclesim.tui.backstage.engine import Engine, Opener
    from cyclesim.tui.backstage.session import Session
    from cyclesim.tui.messages import Report, Reported
    from cyclesim.tui.screens.main import MainScreen

__all__ = ["CyclesimApp", "run_app"]

#: Seconds that leaving waits for the engine to let go; and, before a run is open, for imports and
#: for a model that is being read, which leave nothing half done.
PATIENCE, IMPATIENCE = 3.0, 0.1
#: Seconds after which a thread must offer the interpreter to the others (Python's own is 0.005).
SWITCH = 0.001
#: So many objects more than before, and Python looks for garbage among them (its own is 700). A
#: repaint makes and drops thousands, nearly none of them in circles.
GARBAGE = 20_000


class CyclesimApp(Witness):
    """Shows one run, cycle by cycle.

    Args:
        options: what to open.
        opener: loads the machine; replaced by tests.
        engine: rehearses and makes clocks; replaced by tests.

    Attributes:
        glyphs: the signs to draw with.
        commands: all commands there are here, with the keys that this person has chosen.
        sentence: why it could not load, or "".
    """

    TITLE = "cyclesim"
    CSS_PATH = "app.tcss"
    BINDINGS = bindings(app=True)
    ENABLE_COMMAND_PALETTE = True

    def __init__(
        self,
        options: LaunchOptions | None = None,
        opener: Opener | None = None,
        engine: Engine | None = None,
    ) -> None:
        super().__init__()
        self.options = options or LaunchOptions()
        known = with_keys(self.options.keys)
        taught = self.options.lesson is not None
        self.commands = tuple(c for c in known if taught or not c.taught)
        self.glyphs: Glyphs = ASCII if self.options.ascii else UNICODE
        self.recorder = Recorder(self.options)
        self.sentence = ""
        self._opener, self._engine = opener, engine
        self._main: MainScreen | None = None
        self._entering = self._leaving = False

    def get_default_screen(self) -> Screen:
        return Door()

    @cached_property
    def session(self) -> Session:
        """What runs behind the screen; made when it is first asked for."""
        from cyclesim.tui.backstage.live import LiveEngine, open_machine
        from cyclesim.tui.backstage.recorded import RecordedEngine, open_recorded
        from cyclesim.tui.backstage.session import Session

        saved = self.options.saved is not None
        opener = self._opener or (open_recorded if saved else open_machine)
        engine = self._engine or (RecordedEngine() if saved else LiveEngine())
        return Session(self.options, self._receive, opener=opener, engine=engine)

    @property
    def entered(self) -> bool:
        """Whether the main screen is there."""
        return self._main is not None

    @property
    def main(self) -> MainScreen:
        """The screen under all dialogs."""
        assert self._main is not None
        return self._main

    @property
    def speed_text(self) -> str:
        """How fast it plays."""
        return tr("{count} a second").format(count=self.main.speed)

    def key(self, name: str) -> str:
        """The key of command `name`, as a person would name it."""
        return next(command.shown for command in self.commands if command.name == name)

    def on_mount(self) -> None:
        # Of every widget, those of the dialogs too.
        ScrollBar.renderer = WholeCells if self.glyphs.ascii else ScrollBarRender
        for theme in THEMES.values():
            self.register_theme(theme)
        self.theme = self.options.theme
        self.set_keymap(keymap_of(self.commands))
        self._mind_signals()
        # Paint first: importing keeps the interpreter busy, half a second with our own code and
        # seconds with torch.
        self.call_after_refresh(lambda: self.run_worker(self._enter(), name="enter"))

    async def _enter(self) -> None:
        """Put the main screen over the door, and begin to load once it is painted."""
        if self._exit:
            return
        self._entering = True  # a screen that is half there cannot be left
        self._main = self._make_main()
        await self.push_screen(self._main)
        self.call_after_refresh(self._begin)

    def _make_main(self) -> MainScreen:
        if self.options.lesson is not None:
            from cyclesim.tui.lessons.screen import LessonScreen

            return LessonScreen(self.options.lesson)
        from cyclesim.tui.screens.main import MainScreen

        return MainScreen()

    def _begin(self) -> None:
        self._entering = False
        if self._leaving:
            self._leave()
            return
        self.begin_session()
        self.session.start()

    # -- colours -----------------------------------------------------------------------------

    @property
    def colours(self) -> int:
        """How many colours the terminal has: 0 for as many as there are, else 256 or 16."""
        system = self.console.color_system
        if self.is_headless or system == "truecolor":
            return 0
        return 256 if system == "256" else 16

    @property
    def plain(self) -> bool:
        """Whether colours must not carry meaning: `--ascii`, `NO_COLOR`, or too few of them."""
        return self.options.ascii or self.no_color or self.colours == 16

    def get_line_filters(self) -> Sequence[LineFilter]:
        loud, colours = self.theme == HIGH_CONTRAST.name, self.colours
        # No style of ours names a colour of the terminal's own: there is nothing to translate.
        found = [f for f in super().get_line_filters() if not isinstance(f, ANSIToTruecolor)]
        foreign = self.theme not in THEMES  # made for other colours than ours, and maybe light
        # Without colours there is only brightness to tell words from their ground.
        plain = colours == 16 or self.no_color
        if not (loud or colours or foreign or plain):
            return found
        least = HIGHER if loud else CONTRAST if foreign or plain else 1.0
        return [*found, _readable(least, colours)]

    # -- what the session reports ------------------------------------------------------------

    def _receive(self, report: Report) -> None:
        """Called from the session's thread."""
        from cyclesim.tui.messages import Reported

        self.post_message(Reported(report))

    def on_reported(self, message: Reported) -> None:
        from cyclesim.tui.messages import Failed

        report = message.report
        if self._exit or not self._main or not self._main.is_mounted:
            return
        if isinstance(report, Failed) and report.fatal:
            self.sentence = report.sentence
            self.exit(2, return_code=2)
            return
        getattr(self._main, report.handler)(report)

    # -- leaving -----------------------------------------------------------------------------

    async def action_quit(self) -> None:
        """Stop the run and leave."""
        self._leave()

    async def on_unmount(self) -> None:
        self.end_session()
        self.close_session()
        if self.is_headless:
            # No terminal to give back first: whoever drives the app finds no thread after it.
            await asyncio.to_thread(self.join_session)

    def _mind_signals(self) -> None:
        """Leave as `q` does when the process is asked to end, or its terminal goes away."""
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and not self.is_headless:
                try:
                    asyncio.get_running_loop().add_signal_handler(number, self._leave)
                except (NotImplementedError, RuntimeError, ValueError):
                    return  # Windows, or not the main thread

    def _leave(self) -> None:
        self._leaving = True
        if self._entering:
            return
        self.close_session()
        self.exit(0)

    def close_session(self) -> None:
        """Have what runs stop as soon as possible. Does not wait."""
        if "session" in self.__dict__:
            self.session.close()

    def join_session(self) -> bool:
        """Wait until nothing runs any more, for a few seconds at most; whether that is so."""
        if "session" not in self.__dict__:
            return True
        quick = not (self.session.opened or self.is_headless)
        return self.session.join(IMPATIENCE if quick else PATIENCE)

    # -- the palette -------------------------------------------------------------------------

    def action_command_palette(self) -> None:
        if not isinstance(self.screen, CommandPalette):
            said = tr("Search for commands…")
            self.push_screen(CommandPalette(placeholder=said, id="--command-palette"))

    def get_system_commands(self, screen: Screen) -> Iterable[SystemCommand]:
        for command in self.commands:
            if command.fixed:
                continue

            async def run(command: Command = command) -> None:
                await self.obey(command)

            title = f"{tr(command.label).capitalize()}  ({command.shown})"
            yield SystemCommand(title, tr(command.help), run)


@lru_cache
def _readable(least: float, colours: int) -> Readable:
    return Readable(least, colours)  # the same one each time: lines are kept by their filters


def _at_a_terminal() -> bool:
    # Textual draws on stderr; textual-serve brings a driver of its own.
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return "TEXTUAL_DRIVER" in os.environ or all(s is not None and s.isatty() for s in streams)


def run_app(options: LaunchOptions) -> int:
    """Open the app and return the exit code: 0, or 2 if the model could not be loaded.

    What went wrong is one sentence on stderr. Leaving never waits longer than a few seconds for a
    model that is being loaded or for an operation that cannot be interrupted; the process then ends
    with the terminal restored and that work abandoned.
    """
    if not _at_a_terminal():
        said = tr("the app needs a terminal; use `cyclesim trace` to print a run.")
        if options.saved is not None:
            said = tr(
                "the app needs a terminal; `cyclesim.open_trace` reads a saved trace in Python."
            )
        print(f"cyclesim: {said}", file=sys.stderr)
        return 2
    # Processes that libraries start later (a tokenizer's, torch's) need this helper, and it cannot
    # be started once Textual has replaced the standard streams.
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()
    # Loading and stepping share the interpreter with the screen: hand it over often.
    sys.setswitchinterval(SWITCH)
    gc.set_threshold(GARBAGE, 10, 10)
    app = CyclesimApp(options)
    try:
        app.run()
    except KeyboardInterrupt:
        pass
    finally:
        app.close_session()
    code = app.return_code or 0
    if app.sentence:
        print(f"cyclesim: {app.sentence}", file=sys.stderr)
    if not app.join_session():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code

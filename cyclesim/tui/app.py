"""The terminal app.

It paints first and loads afterwards, in a thread; see `session`. What it shows is in `screens` and
`widgets`; what a person can do is in `commands`.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterable

from textual.app import App, SystemCommand
from textual.screen import Screen

from cyclesim.tui.commands import COMMANDS, bindings
from cyclesim.tui.glyphs import ASCII, UNICODE, Glyphs
from cyclesim.tui.launch import LaunchOptions
from cyclesim.tui.live import LiveEngine, open_machine
from cyclesim.tui.messages import Failed, Report, Reported
from cyclesim.tui.palette import THEME
from cyclesim.tui.recorded import RecordedEngine, open_recorded
from cyclesim.tui.screens.main import MainScreen
from cyclesim.tui.session import Engine, Opener, Session

__all__ = ["CyclesimApp", "run_app"]

#: Seconds that leaving waits for the engine to let go.
PATIENCE = 3.0
#: Seconds after which a thread must offer the interpreter to the others (Python's own is 0.005).
SWITCH = 0.001


class CyclesimApp(App[int]):
    """Shows one run, cycle by cycle.

    Args:
        options: what to open.
        opener: loads the machine; replaced by tests.
        engine: rehearses and makes clocks; replaced by tests.

    Attributes:
        glyphs: the signs to draw with.
        plain: colours must not carry meaning (`--ascii`, `NO_COLOR`).
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
        self.glyphs: Glyphs = ASCII if self.options.ascii else UNICODE
        self.plain = self.options.ascii or self.no_color
        self.sentence = ""
        saved = self.options.saved is not None
        opener = opener or (open_recorded if saved else open_machine)
        engine = engine or (RecordedEngine() if saved else LiveEngine())
        self.session = Session(self.options, self._receive, opener=opener, engine=engine)
        self._main: MainScreen | None = None

    def get_default_screen(self) -> Screen:
        self._main = MainScreen()
        return self._main

    @property
    def main(self) -> MainScreen:
        """The screen under all dialogs."""
        assert self._main is not None
        return self._main

    @property
    def speed_text(self) -> str:
        """How fast it plays."""
        return f"{self.main.speed} a second"

    def on_mount(self) -> None:
        self.register_theme(THEME)
        self.theme = THEME.name
        self._mind_signals()
        # Paint first: importing torch keeps the interpreter busy for seconds.
        self.call_after_refresh(self.session.start)

    # -- what the session reports ------------------------------------------------------------

    def _receive(self, report: Report) -> None:
        """Called from the session's thread."""
        self.post_message(Reported(report))

    def on_reported(self, message: Reported) -> None:
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
        self.session.close()
        if self.is_headless:
            # No terminal to give back first: whoever drives the app finds no thread after it.
            await asyncio.to_thread(self.session.join, PATIENCE)

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
        self.session.close()
        self.exit(0)

    # -- the palette -------------------------------------------------------------------------

    def get_system_commands(self, screen: Screen) -> Iterable[SystemCommand]:
        for command in COMMANDS:
            target = "app.quit" if command.action == "quit" else f"screen.{command.action}"

            async def run(target: str = target) -> None:
                await self.run_action(target)

            title = f"{command.label.capitalize()}  ({command.shown})"
            yield SystemCommand(title, command.help, run)


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
        instead = "use `cyclesim trace` to print a run"
        if options.saved is not None:
            instead = "`cyclesim.open_trace` reads a saved trace in Python"
        print(f"cyclesim: the app needs a terminal; {instead}.", file=sys.stderr)
        return 2
    # Processes that libraries start later (a tokenizer's, torch's) need this helper, and it cannot
    # be started once Textual has replaced the standard streams.
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()
    # Loading and stepping share the interpreter with the screen: hand it over often.
    sys.setswitchinterval(SWITCH)
    app = CyclesimApp(options)
    try:
        app.run()
    except KeyboardInterrupt:
        pass
    finally:
        app.session.close()
    code = app.return_code or 0
    if app.sentence:
        print(f"cyclesim: {app.sentence}", file=sys.stderr)
    if not app.session.join(PATIENCE):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code

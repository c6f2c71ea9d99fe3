"""Plays a session log: the same keys, at the same moments of the run.

A key is pressed when the run stands where it stood when it was recorded. Between two keys the run
is kept from going further than it had come by the second one, whatever the speed and whatever the
machine: so a replay arrives where the session did.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from time import monotonic
from typing import TYPE_CHECKING

from textual import events
from textual.widgets import Input

from cyclesim.language import tr
from cyclesim.tui.backstage.session import END
from cyclesim.tui.classroom.log import MAIN, Entry, Log, Standing
from cyclesim.tui.classroom.player import LOOK, Over, Player
from cyclesim.tui.commands import COMMANDS
from cyclesim.tui.widgets.choice import Choice
from cyclesim.tui.widgets.panel import CycleChosen

if TYPE_CHECKING:
    from cyclesim.tui.classroom.witness import Witness

__all__ = ["Replay"]

#: Seconds without any change after which the run is taken to stand somewhere else than recorded.
PATIENCE = 5.0

_NAMED = {command.name: command for command in COMMANDS if not command.fixed}


class Replay(Player):
    """Presses the keys of a log.

    Args:
        app: the app to press them in.
        log: what was recorded.
        speed: how many times as fast as it was recorded; 0 for as fast as it goes.

    Attributes:
        done: how many entries have been played.
    """

    def __init__(self, app: Witness, log: Log, speed: float) -> None:
        super().__init__(app, speed)
        self.log = log

    @property
    def total(self) -> int:
        """How many entries there are."""
        return len(self.log.entries)

    @property
    def state(self) -> str:
        """What goes on, in a word or two."""
        return tr("replay paused") if self.paused else tr("replay")

    def taken_over(self) -> str:
        """What to say to who has taken over."""
        return tr("You have taken over: the replay is over.")

    def forbidden(self) -> str:
        """Why nothing is opened or written meanwhile."""
        return tr("A replay opens and saves no file or folder.")

    async def run(self) -> None:
        """Play the whole log."""
        before = self.log.entries[0].seconds if self.log.entries else 0.0
        try:
            for entry in self.log.entries:
                self._limit(entry)
                await self._rest(entry.seconds - before)
                before = entry.seconds
                await self._arrive(entry)
                await self._rest(0.0)  # somebody may have paused meanwhile
                if entry.deed == "end":
                    break
                await self._play(entry)
                self.done += 1
                self.app.main.refresh_bars()
        except Over as over:
            if not self._taken:
                self._end(str(over), bad=True)
            return
        self._end(self._outcome(entry.standing if self.log.entries else None))

    def _outcome(self, standing: Standing | None) -> str:
        if standing is None or standing == self.app.main.standing:
            return tr("The replay is over, where the session was. The keys are yours.")
        return tr("The replay is over, but not where the session was. The keys are yours.")

    # -- waiting -----------------------------------------------------------------------------

    def _limit(self, entry: Entry) -> None:
        ran = entry.standing.executed
        self.app.main.session.limit(END if ran is None else ran - 1)

    async def _arrive(self, entry: Entry) -> None:
        """Wait until the app is where it was when `entry` was recorded."""
        main, want = self.app.main, entry.standing
        seen, since = None, monotonic()
        while True:
            self._check()
            await self._heard()
            if want.executed is None:
                return
            session, stands = main.session, main.standing
            idle = session.idle and main.settled
            if idle and stands.executed == want.executed and self.app.place == entry.place:
                await self._heard()
                if session.idle and main.settled:
                    return
            if idle and stands.executed is not None and stands.executed < want.executed:
                # A breakpoint stopped it, or a key that was dropped then: it had come further.
                session.run_to(want.executed - 1)
            if (stands, self.app.place, idle) != seen or not idle:
                seen, since = (stands, self.app.place, idle), monotonic()
            if monotonic() - since > PATIENCE:
                raise Over(self._astray(entry))
            await asyncio.sleep(LOOK)

    def _astray(self, entry: Entry) -> str:
        there, here = entry.standing.executed, self.app.main.standing.executed
        if there != here:
            return tr(
                "The replay stops: {there} cycles had run when the next key was pressed, "
                "and {here} have run now."
            ).format(there=there, here=here)
        return tr("The replay stops: the next key belongs to another dialog.")

    # -- playing -----------------------------------------------------------------------------

    async def _play(self, entry: Entry) -> None:
        app, value = self.app, entry.value
        if entry.deed == "key":
            self._send(events.Key(value, entry.character))
        elif entry.deed == "paste":
            self._send(events.Paste(value))
        elif entry.deed == "fill":
            self._fill(value)
        elif entry.deed == "command":
            if value not in _NAMED:
                raise Over(tr("The replay stops: there is no command {name}.").format(name=value))
            app.show_pressed(entry.character or "", _NAMED[value])
            await app.obey(_NAMED[value])
        elif entry.deed == "cycle":
            app.main.post_message(CycleChosen(value))
        elif entry.deed == "click":
            x, y, *size = value
            if tuple(size) != (app.size.width, app.size.height):
                # Somewhere else now. On the main screen it moved no more than a cursor.
                said = tr("A click is left out: it was recorded at {width}×{height}.")
                said = said.format(width=size[0], height=size[1])
                if entry.place != MAIN:
                    raise Over(said)
                app.main.tell(said)
                return
            for kind in (events.MouseDown, events.MouseUp):
                self._send(kind(None, x, y, 0, 0, 1, False, False, False, screen_x=x, screen_y=y))
        await self._heard()

    def _fill(self, fields: Mapping[str, str | None]) -> None:
        for name, content in fields.items():
            for field in self.app.screen.query(f"#{name}"):
                if isinstance(field, Choice):
                    field.choose(content)
                elif isinstance(field, Input) and content is not None:
                    field.value = content
                    field.cursor_position = len(content)

"""Presses keys in the place of a person: for replays and for demonstrations.

Space pauses it; any other key takes over, and from then on it presses nothing more.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import events

from cyclesim.tui.backstage.session import END

if TYPE_CHECKING:
    from textual.message_pump import MessagePump

    from cyclesim.tui.classroom.witness import Witness

__all__ = ["LOOK", "Over", "Player"]

#: Seconds between two looks at where the app stands.
LOOK = 0.01


class Over(Exception):
    """Nothing more is played, for the reason given."""


class Player:
    """Sends keys to an app, and gives way to whoever sits before it.

    Args:
        app: the app to press them in.
        speed: how many times as fast as usual; 0 for as fast as it goes.

    Attributes:
        sent: the event that the player itself has sent last.
        done: how much has been played.
        paused: whether it waits for a person.
    """

    def __init__(self, app: Witness, speed: float) -> None:
        self.app, self.speed = app, speed
        self.sent: events.Event | None = None
        self.done = 0
        self.paused = False
        self._taken = False

    # -- what the screen says of it ----------------------------------------------------------

    @property
    def total(self) -> int:
        """How much there is to play."""
        raise NotImplementedError

    @property
    def state(self) -> str:
        """What goes on, in a word or two."""
        raise NotImplementedError

    def taken_over(self) -> str:
        """What to say to who has taken over."""
        raise NotImplementedError

    def forbidden(self) -> str:
        """Why nothing is opened or written meanwhile."""
        raise NotImplementedError

    # -- who plays ---------------------------------------------------------------------------

    async def run(self) -> None:
        """Play all of it."""
        raise NotImplementedError

    def pause(self) -> None:
        """Wait, or go on."""
        self.paused = not self.paused
        self.app.main.refresh_bars()

    def hand_over(self) -> None:
        """A person takes over: play nothing more."""
        self._taken = True
        self._end(self.taken_over())

    def _end(self, said: str, *, bad: bool = False) -> None:
        if self.app.replay is self:
            self.app.replay = None
            session = self.app.main.session
            if not self._taken:
                session.hold()
            session.limit(END)
            self.app.main.refresh_bars()
            self.app.main.tell(said, bad=bad)

    # -- waiting and pressing ----------------------------------------------------------------

    def _check(self) -> None:
        if self._taken or not self.app.is_running:
            raise Over("")

    async def _rest(self, seconds: float) -> None:
        """The pause before a key."""
        left = seconds / self.speed if self.speed else 0.0
        while left > 0 or self.paused:
            self._check()
            step = min(max(left, LOOK), 0.05)
            await asyncio.sleep(step)
            if not self.paused:
                left -= step

    async def _heard(self) -> None:
        """Wait until every message that was sent has been taken, from the leaf to the root."""
        app = self.app
        for _ in range(2):
            leaf = app.focused or app.screen
            for node in (app, *leaf.ancestors_with_self):
                await _barrier(node)

    def _send(self, event: events.Event) -> None:
        if not isinstance(event, events.MouseUp):
            self.sent = event
        self.app.post_message(event)


async def _barrier(node: MessagePump) -> None:
    """Wait until `node` has taken the messages that were sent to it so far."""
    heard = asyncio.Event()
    if node.is_running and node.call_later(heard.set):
        try:
            await asyncio.wait_for(heard.wait(), 1.0)
        except asyncio.TimeoutError:
            pass

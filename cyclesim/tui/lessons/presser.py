"""Does in the app what a step of a lesson asks for, key by key (see `lessons.performing`)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, cast

from textual import events
from textual.keys import _character_to_key
from textual.widgets import Input

from cyclesim.language import tr
from cyclesim.lessons.performing import keys_of
from cyclesim.tui.classroom.player import LOOK, Over, Player
from cyclesim.tui.screens.dialogs.choosing import DIGITS
from cyclesim.tui.screens.dialogs.predict import PredictDialog
from cyclesim.tui.widgets.tensor import Tensor

if TYPE_CHECKING:
    from cyclesim.lessons.lesson import Step
    from cyclesim.tui.app import CyclesimApp
    from cyclesim.tui.lessons.screen import LessonScreen

__all__ = ["THINKING", "Presser"]

#: Seconds before a key, between two letters or arrows, and for a question to be thought about.
BEFORE, TYPING, THINKING = 1.2, 0.08, 4.0
#: Seconds without what is waited for after which it is given up.
PATIENCE = 20.0
#: More presses of one key than any panel or head needs.
MANY = 64


class Presser(Player):
    """Presses the keys of one step after the other."""

    @property
    def screen(self) -> LessonScreen:
        """The main screen with its lesson."""
        return cast("LessonScreen", self.app.main)

    async def do(self, step: Step) -> None:
        """Do what `step` waits for.

        Raises:
            Over: nobody knows how, or it is not done by these keys.
        """
        keys = keys_of(step)
        if not keys:
            said = tr("The demonstration does not know how to do the step {name}.")
            raise Over(said.format(name=step.name))
        for key in keys:
            await self._perform(key, step)
        await self._until(lambda: self.left(step) or self.screen.tour.met)

    def left(self, step: Step) -> bool:
        """Whether the lesson has gone on from `step`, in whatever language it is told now."""
        now = self.screen.tour.step
        return now is None or now.name != step.name

    async def _perform(self, key: str, step: Step) -> None:
        word, _, rest = key.partition(" ")
        if key.startswith("="):
            await self._type(key[1:])
        elif word == "@goto":
            await self.command("goto")
            await self._type(rest)
            await self.press("enter")
        elif word == "@cell":
            await self._to_cell(step)
        elif word == "@panel":
            await self._repeat("next_panel", lambda: self._met(step))
        elif word == "@answer":
            await self._answer_prediction()
        elif word == "@wait":
            await self._rest(THINKING)
        elif any(command.name == key for command in self._app.commands):
            await self.command(key)
        else:
            await self.press(key)
        await self.settle()

    def _met(self, step: Step) -> bool:
        deeds, goal = self.screen.deeds, step.goal
        return deeds is not None and goal is not None and goal.met(deeds)

    # -- what a key does ---------------------------------------------------------------------

    @property
    def _app(self) -> CyclesimApp:
        return cast("CyclesimApp", self.app)

    async def command(self, name: str) -> None:
        """Press the key of a command, whatever a person has made it."""
        found = next(command for command in self._app.commands if command.name == name)
        await self.press(found.keys.partition(",")[0])

    async def press(self, key: str, before: float = BEFORE) -> None:
        """Press a key, after a pause of `before` seconds."""
        await self._rest(before)
        await self._key(key, key if len(key) == 1 else None)

    async def _key(self, key: str, character: str | None) -> None:
        self._check()
        self._send(events.Key(key, character))
        await self._heard()

    async def _repeat(self, command: str, enough: Callable[[], bool]) -> None:
        for _ in range(MANY):
            if enough():
                return
            await self.command(command)
            await self.settle()

    async def _type(self, text: str) -> None:
        await self._until(lambda: isinstance(self.app.focused, Input))
        cast("Input", self.app.focused).select_all()  # what stands there as an example
        if not self.speed:
            self._send(events.Paste(text))
            await self._heard()
            return
        for character in text:
            await self._rest(TYPING)
            await self._key(_character_to_key(character), character)

    async def _to_cell(self, step: Step) -> None:
        wanted = dict(self.screen.tour.goal(step).value)
        tensor = self.screen.query_one(Tensor)
        await self._repeat("next_panel", lambda: self.app.focused is tensor)
        head = wanted.get("head", tensor.head)
        await self._repeat("next_head", lambda: tensor.head == head)
        cut = tensor.cut
        if cut is None or cut.rows is None or cut.columns is None:
            raise Over(tr("The demonstration finds no cell to point at."))
        row = wanted.get(cut.names[cut.rows], tensor.cursor[0])
        column = wanted.get(cut.names[cut.columns], tensor.cursor[1])
        if (row, column) == tensor.cursor:
            # The cursor is somebody's only once an arrow has moved it.
            await self.press("left" if column else "right", TYPING)
        for back, forth, by in (
            ("up", "down", row - tensor.cursor[0]), ("left", "right", column - tensor.cursor[1]),
        ):  # fmt: skip
            for _ in range(abs(by)):
                await self.press(forth if by > 0 else back, TYPING)

    async def _answer_prediction(self) -> None:
        await self._until(lambda: isinstance(self.app.screen, PredictDialog))
        question = cast("PredictDialog", self.app.screen).question
        trace = self.screen.tour.told.run.trace
        outcomes = [question.outcome(trace, i) for i in range(len(question.choices))]
        right = next((i for i, o in enumerate(outcomes) if o is not None and o.right), 0)
        await self._rest(THINKING)
        if right < DIGITS:
            await self.press(str(right + 1))
            return
        for _ in range(right):
            await self.press("down", TYPING)
        await self.press("enter")

    # -- waiting -----------------------------------------------------------------------------

    async def settle(self) -> None:
        """Wait until nothing goes on any more."""
        screen = self.screen
        await self._heard()
        await self._until(lambda: screen.session.idle and screen.settled)
        await self._heard()

    async def _until(self, true: Callable[[], object], patience: float | None = None) -> None:
        began, most = monotonic(), PATIENCE if patience is None else patience
        while not true():
            self._check()
            if monotonic() - began > most:
                step = self.screen.tour.step
                name = "" if step is None else step.name
                raise Over(tr("The demonstration is stuck at the step {name}.").format(name=name))
            await asyncio.sleep(LOOK)

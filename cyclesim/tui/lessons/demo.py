"""Plays a lesson to a class: reads with it, does what is asked, answers, shows what it presses.

It goes at the speed of a reader. Whoever takes over goes on from where it stands.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from cyclesim.language import tr
from cyclesim.lessons.prose import plain
from cyclesim.tui.classroom.log import MAIN
from cyclesim.tui.classroom.player import Over
from cyclesim.tui.lessons.presser import MANY, THINKING, Presser

if TYPE_CHECKING:
    from cyclesim.lessons.lesson import Step

__all__ = ["Demo"]

#: Characters that are read in a second: of Latin words, and of Chinese.
LATIN, CHINESE = 22.0, 7.0


class Demo(Presser):
    """Goes through a tour, as a person would.

    Args:
        app: an app that was opened with a lesson.
        speed: how many times as fast as one reads; 0 for as fast as it goes.

    Attributes:
        failed: what could not be shown, or "".
    """

    failed = ""

    @property
    def total(self) -> int:
        """How many steps there are."""
        return len(self.screen.tour.lesson.steps)

    @property
    def state(self) -> str:
        """What goes on, in a word or two."""
        return tr("demonstration paused") if self.paused else tr("demonstration")

    def taken_over(self) -> str:
        """What to say to who has taken over."""
        return tr("You have taken over: the demonstration is over, and the lesson goes on.")

    def forbidden(self) -> str:
        """Why nothing is opened or written meanwhile."""
        return tr("A demonstration opens and saves no file or folder.")

    async def run(self) -> None:
        """Play the lesson from where it stands to its end."""
        tour, pane = self.screen.tour, self.screen.pane
        try:
            # However long a model takes to load: its own progress is on the screen.
            await self._until(lambda: pane.prepared or pane.sentence, patience=inf)
            if pane.sentence:
                raise Over(pane.sentence)
            while tour.step is not None:
                await self._play(tour.step)
                self.done = tour.place
                self.screen.refresh_bars()
        except Over as over:
            if not self._taken:
                self.failed = str(over)
                self._end(self.failed, bad=True)
            return
        self._end(tr("That was the demonstration. The keys are yours."))

    async def _play(self, step: Step) -> None:
        tour = self.screen.tour
        await self.settle()
        await self._read(tour.told.text(step.before))
        if tour.asks:
            await self._answer()
        elif tour.waits:
            await self.do(step)
        await self.settle()
        if not self.left(step):
            remark = tour.remark
            said = "" if remark is None else remark[1]
            await self._read(f"{said} {tour.told.text(step.after)}")
            await self._repeat("lesson_on", lambda: self.left(step))

    async def _answer(self) -> None:
        """Give the right answer, after a while."""
        asked = self.screen.tour.question()
        assert asked is not None
        await self._repeat("lesson_on", lambda: self.app.place != MAIN)
        await self._rest(THINKING)
        await self.press(str(asked.right + 1))
        await self._until(lambda: self.app.place == MAIN)

    async def _read(self, text: str) -> None:
        """Take the time to read `text`, turning the pages where it is longer than the pane."""
        words, pane = plain(text), self.screen.pane
        wide = sum("\u3000" <= c <= "\uffef" or "\u4e00" <= c <= "\u9fff" for c in words)
        seconds = wide / CHINESE + (len(words) - wide) / LATIN
        for _ in range(MANY):
            left = pane.max_scroll_y - pane.scroll_offset.y
            pages = 1 + -(-left // max(pane.size.height, 1)) if pane.more else 1
            await self._rest(seconds / pages)
            seconds -= seconds / pages
            if not pane.more:
                return
            await self.command("lesson_on")
            await self.settle()

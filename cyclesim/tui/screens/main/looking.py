"""Looking: keys of the timeline, the program and the panels, and jumps between cycles."""

from __future__ import annotations

from dataclasses import replace

from textual import on

from cyclesim.language import tr
from cyclesim.tui.screens.main.running import Running
from cyclesim.tui.widgets.program import Program
from cyclesim.tui.widgets.timeline import Timeline

__all__ = ["Looking"]


class Looking(Running):
    """Where to look, and how the rows, columns and panels are laid out."""

    #: The cycle that the reader key was last pressed on, and which of its readers it went to.
    _reader = (-1, -1)

    # -- rows, columns, panels ---------------------------------------------------------------

    def action_next_panel(self) -> None:
        self._turn_panel(1)

    def action_previous_panel(self) -> None:
        self._turn_panel(-1)

    def action_rows(self) -> None:
        """The next zoom of the timeline's rows."""
        self._relaid(self.query_one(Timeline).turn_rows())

    def action_columns(self) -> None:
        """The other order of the timeline's columns."""
        self._relaid(self.query_one(Timeline).turn_columns())

    def _relaid(self, said: str) -> None:
        self._arrange()
        self.tell(said)

    def action_follow(self) -> None:
        """Let the program tree go along with the run, or stay."""
        if self.query_one(Program).toggle():
            self.tell(tr("The program tree goes along with the run."))
        else:
            self.tell(tr("The program tree stays as you leave it."))

    def action_enlarge(self) -> None:
        """Give the focused panel the whole screen; again for all panels."""
        self._enlarge()

    @on(Timeline.Pointed)
    def _pointed(self, message: Timeline.Pointed) -> None:
        self.tell(message.text)

    # -- jumps -------------------------------------------------------------------------------

    def _jumps_from(self) -> int | None:
        """The cycle that a jump starts at; says so where there is none."""
        if not self._ready:
            return None
        self._stop()
        if self._at is None:
            self.tell(tr("Nothing has run yet: step to a cycle first."))
        return self._at

    def action_source(self) -> None:
        """Jump to the cycle whose output the current one read first."""
        here, scene = self._jumps_from(), self._scene
        if here is None or scene is None:
            return
        cycle = scene.cycle(here)
        found = next((v.source for v in cycle.inputs if v.source is not None), None)
        if found is None:
            text = tr("Cycle {number}, {step}, read nothing that another cycle wrote.")
            self.tell(text.format(number=here, step=cycle.step))
            return
        text = tr("Cycle {number}, {step}, read by {reader} ({there}). {key} goes on, {back} back.")
        said = text.format(
            number=found, step=scene.cycle(found).step, reader=cycle.step, there=here,
            key=self._key("source"), back=self._key("return"),
        )  # fmt: skip
        self._jump(found, said)

    def action_reader(self) -> None:
        """Jump to the next cycle that reads the current one's output: another one each time."""
        here, scene = self._jumps_from(), self._scene
        if here is None or scene is None:
            return
        readers, step = scene.readers(here), scene.cycle(here).step
        if not readers:
            text = tr("No cycle reads what cycle {number}, {step}, wrote.")
            self.tell(text.format(number=here, step=step))
            return
        place = 0
        if self._reader[0] == here:
            place = (self._reader[1] + 1) % len(readers)
        self._reader = (here, place)
        found = readers[place]
        text = (
            tr("Cycle {number}, {step}, reads {source} ({there}). {key} goes on, {back} back.")
            if len(readers) == 1
            else tr("Cycle {number}, {step}, reads {source} ({there}), as reader {place} of "
                    "{count}: {back} and {key} show the next.")
        )  # fmt: skip
        said = text.format(
            number=found, step=scene.cycle(found).step, source=step, there=here,
            place=place + 1, count=len(readers), key=self._key("reader"), back=self._key("return"),
        )  # fmt: skip
        self._jump(found, said)

    def action_return(self) -> None:
        """Return to where one was before the last jump."""
        if not self._ready:
            return
        self._stop()
        while self._trail:
            # A run that was rewound may not have come this far again.
            number = self._trail.pop()
            if number < self._executed and number != self._at:
                self._go(number, tr("Back at cycle {number}.").format(number=number))
                return
        self.tell(tr("There is no jump to return from."))

    def action_bookmark(self, digit: str) -> None:
        """Go to a bookmark; set it if the digit is free, free it while standing on it."""
        if not self._ready:
            return
        marks = dict(self._marks.bookmarks)
        number = marks.get(int(digit))
        if number is not None and number != self._at:
            self._stop()
            self._jump(number, tr("Bookmark {digit}.").format(digit=digit))
            return
        here = self._jumps_from()
        if here is None:
            return
        if number is None:
            marks[int(digit)] = here
            text = tr("Bookmark {digit} is cycle {number}: {digit} comes back to it.")
        else:
            del marks[int(digit)]
            text = tr("Bookmark {digit} is free again.")
        self._marks = replace(self._marks, bookmarks=marks)
        self._stale()
        self.tell(text.format(digit=digit, number=here))

"""The main screen with a lesson beside it.

The instrument is all there and nothing of it is locked: the lesson watches what is done, and goes
on when its step is done, whatever way a person chose.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from textual import on
from textual.app import ComposeResult
from textual.geometry import Size

from cyclesim.language import current, tr
from cyclesim.lessons.course import Course
from cyclesim.lessons.goals import Deeds
from cyclesim.lessons.lesson import Step
from cyclesim.lessons.progress import Progress
from cyclesim.lessons.told import Told
from cyclesim.lessons.tour import Tour
from cyclesim.tui.commands import Command
from cyclesim.tui.keys import lesson_bindings
from cyclesim.tui.lessons.pane import LessonPane
from cyclesim.tui.lessons.preparing import Prepared, PrepareLesson
from cyclesim.tui.lessons.question import QuestionDialog
from cyclesim.tui.lessons.standing import StandingScreen
from cyclesim.tui.messages import Opened
from cyclesim.tui.widgets.tensor import CellMoved, Tensor

if TYPE_CHECKING:
    from cyclesim.tui.app import CyclesimApp
    from cyclesim.tui.launch import LessonOptions

__all__ = ["LessonScreen"]

#: Columns of the pane, and of the screen from which on it stands beside; else it lies under.
WIDTH, BESIDE = 42, 100
#: Lines of the pane where it lies under the instrument, and where it is folded.
HEIGHT, FOLDED = 8, 1


class LessonScreen(StandingScreen):
    """A main screen with a tour.

    Args:
        options: which lesson.
        keys: the key of each command.
    """

    BINDINGS = lesson_bindings()

    def __init__(self, options: LessonOptions) -> None:
        super().__init__()
        self._course = Course(options.folder)
        self._number = options.number
        progress = Progress() if options.keep else None
        self.tour = Tour(self._make_told(), progress, options.step)
        self.tour.entered = self._step_entered
        self._pressed_names: list[str] = []
        self._predicted_numbers: list[int] = []
        self._skipping = -1

    def _make_told(self) -> Told:
        keys = {c.name: c.shown for c in cast("CyclesimApp", self.app).commands}
        return Told(self._course.lesson(self._number, current()), keys)

    def compose(self) -> ComposeResult:
        yield LessonPane(self.tour, id="lesson")
        yield from super().compose()

    @property
    def pane(self) -> LessonPane:
        """What is said."""
        return self.query_one(LessonPane)

    # -- room --------------------------------------------------------------------------------

    @property
    def room(self) -> Size:
        whole = self.app.size
        if self._stands_beside:
            return Size(whole.width - (4 if self.pane.folded else WIDTH), whole.height)
        return Size(whole.width, whole.height - (FOLDED if self.pane.folded else HEIGHT))

    @property
    def _stands_beside(self) -> bool:
        return self.app.size.width >= BESIDE

    def _arrange(self) -> None:
        pane, beside = self.pane, self._stands_beside
        pane.low = not beside
        pane.styles.dock = "right" if beside else "bottom"
        if beside:
            pane.styles.width, pane.styles.height = (4 if pane.folded else WIDTH), "1fr"
            pane.styles.margin = (1, 0, 1, 0)
        else:
            pane.styles.width = "1fr"
            pane.styles.height = FOLDED if pane.folded else HEIGHT
            pane.styles.margin = (0, 0, 1, 0)
        super()._arrange()

    # -- what the session reports ------------------------------------------------------------

    def opened(self, report: Opened) -> None:
        super().opened(report)
        pane, run = self.pane, self.tour.lesson.run
        was, pane.abroad = pane.abroad, report.options.text != run.text
        if pane.abroad:
            pane.rebuild()
        elif not pane.prepared:
            self.session.ask(PrepareLesson(self.tour.told))
        elif was:
            self._stand(self.tour.stand)
            pane.refold()

    def lesson_prepared(self, report: Prepared) -> None:
        """The numbers of the lesson are known: begin."""
        pane = self.pane
        pane.prepared, pane.sentence = not report.sentence, report.sentence
        if pane.prepared:
            self.tour.enter()
            self._stand(self.tour.stand)
        pane.refold()

    def action_language(self) -> None:
        super().action_language()
        run, others = self.tour.told.__dict__.get("run"), self.tour.told.__dict__.get("others")
        told = self._make_told()
        if run is not None:
            told.run = run
        if others is not None:
            told.others = others
        self.tour.told_in(told)
        self.pane.refold()

    # -- the tour ----------------------------------------------------------------------------

    def _step_entered(self, step: Step) -> None:
        """Arrive at a step: forget what was pressed, go where it says."""
        self._pressed_names, self._predicted_numbers = [], []
        self._skipping = -1
        self._show_place(step)
        self.pane.refold()

    def _paint(self) -> None:
        super()._paint()
        self._place_cursor()
        self._check_goal()

    @on(CellMoved)
    def _cell_pointed(self) -> None:
        self._check_goal()

    def noted(self, command: Command) -> None:
        """A command is about to be given."""
        self._pressed_names.append(command.name)
        self.call_after_refresh(self._check_goal)

    def _announce(self) -> None:
        self._predicted_numbers.append(self._verdict[0])
        super()._announce()
        self._check_goal()

    @property
    def deeds(self) -> Deeds | None:
        """Where the app stands, and what was done since the step began."""
        if self._trace is None:
            return None
        tensor = self.query_one(Tensor)
        cell, cut = tensor.cell, tensor.cut
        places = dict(zip(cut.names, cell, strict=True)) if cell and cut is not None else {}
        return Deeds(
            self._trace,
            executed=self._executed,
            at=self._at,
            ended=self._ended,
            text=self.session.text,
            panel=self._focused_panel,
            cell=places if tensor.aimed else {},
            stops=tuple(stop.text for stop in self.session.stops.listed),
            pressed=tuple(self._pressed_names),
            predicted=tuple(self._predicted_numbers),
        )

    def _check_goal(self) -> None:
        """Go on if what was to be done is done."""
        deeds = self.deeds
        if deeds is None or not self.is_mounted or not self.pane.prepared:
            return
        if self.tour.look_at(deeds):
            if self._skipping == self.tour.place:
                self.tell("")  # what it said of leaving the step
            if self.tour.step is not None and not self.tour.step.after:
                self.tour.go_on()
            self.pane.refold()

    # -- keys --------------------------------------------------------------------------------

    def action_lesson_on(self) -> None:
        """Read on; answer; go to the next step."""
        pane, tour = self.pane, self.tour
        if not pane.prepared or pane.folded:
            pane.folded = False
            self._arrange()
            return
        if pane.more:
            pane.scroll_page_down(animate=False)
            return
        if pane.abroad and not tour.elsewhere:
            self._reopen(replace(self.session.options, text=tour.lesson.run.text))
            return
        if tour.asks:
            self._ask_question()
            return
        if tour.waits and self._skipping != tour.place:
            self._skipping = tour.place
            said = tr("This step is not done yet; {key} once more leaves it.")
            self.tell(said.format(key=self._key("lesson_on")))
            return
        self.tell("")
        undone = tour.step if tour.waits else None
        tour.go_on(skip=True)
        self._stand(undone)
        pane.refold()

    def _ask_question(self) -> None:
        asked, step = self.tour.question(), self.tour.step
        if asked is None or step is None:
            return
        self._stop()

        def answered(chosen: int | None) -> None:
            if chosen is None or self.tour.step is not step:
                return
            self.tour.answer(chosen)
            self.pane.refold()

        title = tr("Lesson {number}").format(number=self.tour.lesson.number)
        dialog = QuestionDialog(asked, title, beside=self._stands_beside)
        self.app.push_screen(dialog, answered)

    def action_lesson_back(self) -> None:
        """The step before."""
        if self.pane.prepared and self.tour.go_back():
            self.pane.refold()

    def action_lesson_hint(self) -> None:
        """One more hint."""
        if not self.pane.prepared:
            return
        if self.tour.hint():
            self.pane.refold()
        else:
            self.tell(tr("There is no other hint for this step."))

    def action_lesson_fold(self) -> None:
        """Small or large."""
        self.pane.folded = not self.pane.folded
        self._arrange()
        self.pane.refold()

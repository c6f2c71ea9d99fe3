"""Asking: predict what a cycle will do before it does it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from cyclesim.explain import Question, question_for
from cyclesim.language import tr
from cyclesim.trace import Trace
from cyclesim.tui.messages import Moved, Opened
from cyclesim.tui.screens.dialogs.predict import PredictDialog
from cyclesim.tui.screens.main.running import Running
from cyclesim.tui.widgets.now import NowBar
from cyclesim.tui.widgets.tensor import Tensor

if TYPE_CHECKING:
    from cyclesim.tui.app import CyclesimApp

__all__ = ["Asking"]


@dataclass(frozen=True, slots=True)
class _Prediction:
    """An answer that the run has not judged yet."""

    question: Question
    chosen: int
    trace: Trace


class Asking(Running):
    """Asks about the next cycle, runs it, and counts the right answers."""

    def __init__(self) -> None:
        super().__init__()
        self._prediction: _Prediction | None = None
        self._right = self._predicted = 0
        #: What came of the last one, and the cycle it was about.
        self._verdict = (-1, "")

    # -- what the session reports ------------------------------------------------------------

    def opened(self, report: Opened) -> None:
        self._prediction, self._verdict = None, (-1, "")
        self._right = self._predicted = 0
        super().opened(report)

    def moved(self, report: Moved) -> None:
        super().moved(report)
        self._judge()
        if not self._ended or not self._predicted:
            return
        if self._verdict[0] == self._at:
            self._announce()  # with the sum of the whole run
        elif self.query_one(NowBar).notice is None:
            self.tell(self._tally())

    # -- predicting --------------------------------------------------------------------------

    def action_predict(self) -> None:
        """Ask about the next cycle, whatever the clock's resolution; then run it."""
        if not self._ready or self._behind or self._trace is None or self._plan is None:
            return
        self._stop()
        self.session.hold()
        number = self._front() + 1
        recorded = number < self._executed
        trace = self._trace if recorded else self._plan
        if number >= len(trace):
            self._over()
            return
        cycle = trace.cycles[number]
        kept = not self._saved or any(value.kept for value in cycle.outputs)
        question = question_for(cycle, trace, kept=kept)
        if question is None:
            said = tr("There is nothing to predict about cycle {number}: it writes no tensor.")
            self.tell(said.format(number=number))
            return
        self.app.push_screen(PredictDialog(question), partial(self._answered, question))

    def _answered(self, question: Question, chosen: int | None) -> None:
        if chosen is None or self._trace is None or not self._ready:
            return
        self._prediction = _Prediction(question, chosen, self._trace)
        self._go(question.number)
        self._judge()

    def _judge(self) -> None:
        """Say what came of the prediction, if its cycle has run."""
        made = self._prediction
        if made is None:
            return
        if made.trace is not self._trace:  # another run, or another future of this one
            self._prediction = None
            return
        if made.question.number >= self._executed:
            if self._ended:  # it broke off before
                self._prediction = None
            return
        self._prediction = None
        outcome = made.question.outcome(made.trace, made.chosen)
        number = made.question.number
        if outcome is None:
            self._verdict = (number, tr("The run does not tell, so this is not counted."))
            self._announce()
            return
        self._predicted += 1
        self._right += outcome.right
        glyphs = cast("CyclesimApp", self.app).glyphs
        word = tr("Right.") if outcome.right else tr("Not so.")
        mark = glyphs.yes if outcome.right else glyphs.no
        self._verdict = (number, f"{mark} {word} {outcome.said}")
        self._announce()
        if outcome.cell is not None:
            self._paint()  # the cycle has to be on the screen before one of its cells is
            self.query_one(Tensor).point_at(outcome.cell)

    def _announce(self) -> None:
        """Say what came of it; again, if more reports come in while its cycle is looked at."""
        number, said = self._verdict
        if self._predicted:
            said = f"{said} {self._tally()}"
        self._arrival = (number, said)
        self.tell(said)

    def _tally(self) -> str:
        """How many were right; at the end of the run, as its sum."""
        over = self._ended and self._at == self._executed - 1
        said = tr("You predicted {right} of {count}.") if over else tr("{right} of {count} so far.")
        return said.format(right=self._right, count=self._predicted)

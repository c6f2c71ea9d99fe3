"""Finding: what is typed after `/` is a condition on cycles, or else words to look for.

A condition that asks only for what a cycle is (its unit, step, layer, shape) is answered at once,
for the whole run as planned. One that asks for the numbers in tensors can only be answered for what
has run, and that reading is done by the session's thread.
"""

from __future__ import annotations

from textual import on

from cyclesim.trace import Query, QueryError, Trace, compile_query
from cyclesim.tui.jobs import AnswerJob
from cyclesim.tui.messages import Answered
from cyclesim.tui.screens.running import Running
from cyclesim.tui.stops import foreseen
from cyclesim.tui.widgets.find import FindBar, matches

__all__ = ["Finding"]

KEYS = "Enter: next, escape: close"


class Finding(Running):
    """The find line."""

    #: What is looked for, and the answer for so many cycles of that trace.
    _answer: Answered | None = None
    _query: Query | None = None
    #: Enter was pressed before the answer came.
    _eager = False

    def action_find(self) -> None:
        """Open the find line."""
        if self._ready:
            self._stop()
            self.query_one(FindBar).open()

    def _steps(self) -> set[str]:
        """Step names of this run: they stand for themselves in a condition."""
        scene = self._scene
        if scene is None:
            return set()
        return {c.step for c in scene.plan.cycles} | {c.step for c in scene.trace.cycles}

    def _found(self, text: str) -> list[int] | None:
        """The cycles that `text` finds; None while the answer has yet to come.

        Says in the find line what is wrong with the text as a condition.
        """
        scene, bar = self._scene, self.query_one(FindBar)
        self._query = None
        bar.point(None)
        if scene is None or not text.strip():
            return []
        try:
            query = compile_query(text, self._steps())
        except QueryError as error:
            bar.point(error)
            return matches(map(scene.cycle, range(scene.total)), text)
        self._query = query
        if not query.reads_tensors:
            known = range(scene.total if foreseen(query) else scene.executed)
            return [n for n in known if query(scene.cycle(n), self._of(n))]
        answer = self._answer
        if answer is not None and answer.query == query and self._current(answer):
            return list(answer.numbers)
        self.session.ask(AnswerJob(query))
        return None

    def _of(self, number: int) -> Trace:
        assert self._scene is not None
        return self._scene.trace if number < self._scene.executed else self._scene.plan

    def _current(self, answer: Answered) -> bool:
        return answer.trace is self._trace and answer.executed == self._executed

    def answered(self, report: Answered) -> None:
        """The session has read the tensors."""
        self._answer = report
        if report.query != self._query or not self.query_one(FindBar).display:
            return
        if report.sentence:
            self.query_one(FindBar).say("no answer")
            self.tell(report.sentence, bad=True)
        elif self._eager:
            self._to_next(list(report.numbers))
        else:
            self._count(list(report.numbers))
        self._eager = False

    def _where(self) -> str:
        """A condition on what is known afterwards says nothing of what has yet to run."""
        scene = self._scene
        part = self._query is not None and not foreseen(self._query)
        return " in what ran" if part and scene is not None and scene.executed < scene.total else ""

    def _count(self, found: list[int]) -> None:
        if found:
            text = f"{len(found)} found{self._where()}. {KEYS}"
        else:
            text = f"no cycle has that{self._where()}"
        self.query_one(FindBar).say(text)

    @on(FindBar.Typed)
    def _typed(self, message: FindBar.Typed) -> None:
        self._eager = False
        found = self._found(message.query)
        if not message.query.strip():
            self.query_one(FindBar).say("")
        elif found is None:
            self.query_one(FindBar).say("reading the tensors…")
        else:
            self._count(found)

    @on(FindBar.Wanted)
    def _wanted(self, message: FindBar.Wanted) -> None:
        found = self._found(message.query)
        self._eager = found is None
        if found:
            self._to_next(found)

    def _to_next(self, found: list[int]) -> None:
        if not found:
            self._count(found)
            return
        at = -1 if self._at is None else self._at
        if self._following:
            at = max(at, self._front())
        # After the last match comes the first.
        place = next((i for i, n in enumerate(found) if n > at), 0)
        self.query_one(FindBar).say(f"{place + 1} of {len(found)}{self._where()}. {KEYS}")
        self._jump(found[place])

    @on(FindBar.Closed)
    def _find_closed(self) -> None:
        self._query = None
        self._focus(self._active if self._tabs else "tensor")

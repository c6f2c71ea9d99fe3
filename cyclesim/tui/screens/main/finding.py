"""Finding: what is typed after `/` is a condition on cycles, or else words to look for.

A condition that asks only for what a cycle is (its unit, step, layer, shape) is answered at once,
for the whole run as planned. One that asks for the numbers in tensors can only be answered for what
has run, and that reading is done by the session's thread.

A word that no cycle has may be one of the text: then the cursor of the tensor goes to its token,
and stays with it from cycle to cycle. `softmax London` is both.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from textual import on

from cyclesim.language import N_, tr
from cyclesim.trace import Query, QueryError, compile_query
from cyclesim.tui.backstage.jobs import AnswerJob
from cyclesim.tui.backstage.stops import foreseen
from cyclesim.tui.messages import Answered
from cyclesim.tui.scene import Scene
from cyclesim.tui.screens.main.running import Running
from cyclesim.tui.widgets.bars import KeyBar
from cyclesim.tui.widgets.find import FindBar, matches
from cyclesim.tui.widgets.tensor import Tensor
from cyclesim.tui.words.text import printable
from cyclesim.tui.words.tokens import word_in

__all__ = ["Finding"]

KEYS = N_("Enter: next, escape: close")


class Finding(Running):
    """The find line."""

    #: What is looked for, and the answer for so many cycles of that trace.
    _answer: Answered | None = None
    _query: Query | None = None
    #: Enter was pressed before the answer came.
    _eager = False
    #: The word of the text that was named, as it was typed, and its tokens.
    _word = ""
    _places: Sequence[int] = ()

    def action_find(self) -> None:
        """Open the find line."""
        if self._ready:
            self._stop()
            self.query_one(FindBar).open()
            keys = (tr("enter"), tr("next match")), (tr("escape"), tr("close"))
            self.query_one(KeyBar).lend(keys)

    def _found(self, text: str) -> list[int] | None:
        """The cycles that `text` finds; None while the answer has yet to come.

        Says in the find line what is wrong with the text as a condition.
        """
        self._query, self._word, self._places = None, "", ()
        scene, error = self._scene, None
        found: list[int] | None = []
        if scene is not None and text.strip():
            found, error = self._cycles(scene, text)
            if error is not None and not found:
                rest, word, places = word_in(text, scene.plan.header, partial(_with, scene))
                if places:
                    self._word, self._places = word, places
                    found, error = self._cycles(scene, rest) if rest else ([], None)
        self.query_one(FindBar).point(error)
        return found

    def _cycles(self, scene: Scene, text: str) -> tuple[list[int] | None, QueryError | None]:
        """The cycles that `text` finds as a condition; or as words, and why it is none."""
        try:
            query = compile_query(text, scene.steps)
        except QueryError as error:
            return _with(scene, text), error
        return self._that_are(scene, query), None

    def _that_are(self, scene: Scene, query: Query) -> list[int] | None:
        """The cycles that make `query` true; None while the answer has yet to come."""
        self._query = query
        if not query.reads_tensors:
            known = range(scene.total if foreseen(query) else scene.executed)
            return [n for n in known if query(scene.cycle(n), scene.run_of(n))]
        answer = self._answer
        if answer is not None and answer.query == query and self._current(answer):
            return list(answer.numbers)
        self.session.ask(AnswerJob(query))
        return None

    def _current(self, answer: Answered) -> bool:
        return answer.trace is self._trace and answer.executed == self._executed

    def answered(self, report: Answered) -> None:
        """The session has read the tensors."""
        self._answer = report
        if report.query != self._query or not self.query_one(FindBar).display:
            return
        if report.sentence:
            self.query_one(FindBar).say(tr("no answer"))
            self.tell(report.sentence, bad=True)
        elif self._eager:
            self._to_next(list(report.numbers))
        else:
            self._count(list(report.numbers))
        self._eager = False

    def _partly(self) -> bool:
        """Whether only what ran can be looked at.

        A condition on what is known afterwards says nothing of what has yet to run.
        """
        scene = self._scene
        part = self._query is not None and not foreseen(self._query)
        return part and scene is not None and scene.executed < scene.total

    def _count(self, found: list[int]) -> None:
        partly = self._partly()
        if found:
            text = tr("{count} found. {keys}")
            if partly:
                text = tr("{count} found in what ran. {keys}")
            elif self._places:
                text = tr("{count} found, at “{word}”. {keys}")
        elif self._places:
            text = tr("a word of the text. Enter: point at it, escape: close")
        else:
            text = tr("no cycle has that in what ran") if partly else tr("no cycle has that")
        self.query_one(FindBar).say(text.format(count=len(found), word=self._word, keys=tr(KEYS)))

    @on(FindBar.Typed)
    def _typed(self, message: FindBar.Typed) -> None:
        self._eager = False
        found = self._found(message.query)
        if not message.query.strip():
            self.query_one(FindBar).say("")
        elif found is None:
            self.query_one(FindBar).say(tr("reading the tensors…"))
        else:
            self._count(found)

    @on(FindBar.Wanted)
    def _wanted(self, message: FindBar.Wanted) -> None:
        found = self._found(message.query)
        self._eager = found is None
        if found and self._places:
            self.query_one(Tensor).follow(self._places[0])
        if found:
            self._to_next(found)
        elif self._places:
            self._to_word()
            self.query_one(FindBar).close()
            self._focus("tensor")
            self._say_word()

    def _to_word(self) -> None:
        """Point at the token, or at the next one where the word is there more than once."""
        tensor = self.query_one(Tensor)
        at = -1 if tensor.token is None else tensor.token
        tensor.follow(next((p for p in self._places if p > at), self._places[0]))

    def _say_word(self) -> None:
        """Which token the cursor is on."""
        token = self.query_one(Tensor).token
        if token is not None and self._plan is not None:
            said = tr(
                "The cursor is on “{token}”, in every tensor that has a row for token {number}."
            )
            word = printable(self._plan.header.tokens[token])
            self.tell(said.format(token=word, number=token))

    def _to_next(self, found: list[int]) -> None:
        if not found:
            self._count(found)
            return
        at = -1 if self._at is None else self._at
        if self._following:
            at = max(at, self._front())
        # After the last match comes the first.
        place = next((i for i, n in enumerate(found) if n > at), 0)
        text = tr("{place} of {count}. {keys}")
        if self._partly():
            text = tr("{place} of {count} in what ran. {keys}")
        said = text.format(place=place + 1, count=len(found), keys=tr(KEYS))
        self.query_one(FindBar).say(said)
        self._jump(found[place])

    @on(FindBar.Closed)
    def _find_closed(self) -> None:
        self.query_one(KeyBar).lend(())
        self._query, self._word, self._places = None, "", ()
        self._focus(self._active if self._tabs else "tensor")


def _with(scene: Scene, words: str) -> list[int]:
    """The cycles that have all of these words."""
    return matches(map(scene.cycle, range(scene.total)), words)

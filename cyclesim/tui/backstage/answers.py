"""The answer if the clock stopped here: what the head says of the hidden states that have run.

A column is one hidden state (the embeddings' or a layer's output), a row is a token, or a label of
the whole text. Only what has run is asked: the answers to come are not shown before their cycle,
and after an edit it is the edited run that is probed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.trace import Cycle, Trace
from cyclesim.trace.answer import brief
from cyclesim.tui.backstage.jobs import Desk
from cyclesim.tui.messages import Report

__all__ = ["Answers", "Column", "ProbeJob", "Probed"]

Kind = Literal["labels", "label", "token", "words"]


@dataclass(frozen=True, slots=True)
class Column:
    """What the head says of one hidden state: a word and its probability for each row.

    Attributes:
        number: the cycle that wrote it.
        layer: its block; None for the embeddings.
    """

    number: int
    layer: int | None
    cells: tuple[tuple[str, float | None], ...]

    @property
    def best(self) -> int:
        """The row with the largest probability."""
        return max(range(len(self.cells)), key=lambda row: self.cells[row][1] or 0.0)


@dataclass(frozen=True, slots=True)
class Answers:
    """What has been asked of one run so far.

    Attributes:
        trace: the run.
        states: cycle and layer of each hidden state, in order.
        kind: a label for each token, one label for the text, the likeliest token at each place, or
            whatever the task says, in words.
        rows: what the rows are.
        columns: by cycle, those that have been asked.
        sentence: why there is no answer, or "".
        sequence: the sequence of a batch that was asked about.
    """

    trace: Trace
    states: tuple[tuple[int, int | None], ...] = ()
    kind: Kind = "labels"
    rows: tuple[str, ...] = ()
    columns: Mapping[int, Column] = field(default_factory=dict)
    sentence: str = ""
    sequence: int = 0

    def missing(self, executed: int) -> bool:
        """Whether a hidden state has run and was not asked about."""
        return any(n < executed and n not in self.columns for n, _ in self.states)

    def until(self, at: int | None) -> Column | None:
        """The answer if the clock stopped after cycle `at`: of the last hidden state up to it."""
        numbers = [n for n, _ in self.states if at is not None and n <= at]
        return self.columns.get(numbers[-1]) if numbers else None


@dataclass(frozen=True, slots=True)
class Probed(Report):
    """The head has been asked; None where that had to make way for something else."""

    handler: ClassVar[str] = "probed"

    answers: Answers | None


@dataclass(frozen=True, slots=True)
class ProbeJob:
    """Ask about every hidden state of the present run that has run and is not in `known`."""

    kind: ClassVar[str] = "probe"

    known: Answers | None = None

    def __call__(self, desk: Desk) -> Report | None:
        if desk.hurried():
            return Probed(None)
        trace, executed = desk.clock.trace, desk.clock.executed
        if desk.options.training is not None:
            raise CyclesimError(tr("A training step gives no answer: what it makes is a loss."))
        probe = desk.engine.probe(desk.machine, desk.text)
        known = self.known
        sequence = trace.header.sequence
        if known is None or known.trace is not trace or known.sentence:
            known = Answers(trace, tuple((c.number, c.layer) for c in probe.hidden_states))
        if known.sequence != sequence:
            known = Answers(trace, known.states, sequence=sequence)
        for state in probe.hidden_states:
            if state.number >= executed or state.number in known.columns:
                continue
            if desk.hurried():
                break
            cycle = trace.cycles[state.number]
            if not _same(cycle, state):
                raise CyclesimError(tr("This run took another path than the one that was probed."))
            known = _with(known, probe, probe.at(cycle))
        return Probed(known)

    def failed(self, desk: Desk, sentence: str) -> Report | None:
        return Probed(Answers(desk.clock.trace, sentence=sentence))


def _same(cycle: Cycle, state: Cycle) -> bool:
    """Whether they are the same cycle of two runs."""
    return (cycle.path, cycle.call, cycle.step) == (state.path, state.call, state.step)


def _with(known: Answers, probe: Any, answer: Any) -> Answers:
    """`known`, and what `answer` says in words."""
    header = known.trace.header
    place = header.looked_at.answer
    result = answer.results[place] if place < len(answer.results) else answer.result
    kind = known.kind
    if "scores" in result:
        kind, cells = "label", tuple(result["scores"].items())
        rows = tuple(str(label) for label, _ in cells)
    elif "entities" in result:
        kind, rows = "labels", tuple(t["text"] for t in result["tokens"])
        cells = tuple((t["label"], t["score"]) for t in result["tokens"])
    elif "token" not in result and "ids" not in result and (lines := brief(result)):
        kind, rows = "words", tuple(line.name for line in lines)
        cells = tuple((line.word, line.score) for line in lines)
    elif probe.names_tokens:
        kind = "token"
        row = header.sequence if len(header.sequences) > 1 else 0
        cells = tuple((str(best[0][0]), best[0][1]) for best in probe.top_tokens(answer, 1)[row])
        tokens = header.tokens
        rows = tokens if len(tokens) == len(cells) else tuple(map(str, range(len(cells))))
    else:
        raise CyclesimError(
            tr("The head of this model names no label and no token, so it has no answer in words.")
        )
    column = Column(answer.number, answer.layer, cells)
    return replace(known, kind=kind, rows=rows, columns={**known.columns, answer.number: column})

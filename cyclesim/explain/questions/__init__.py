"""Questions about the next cycle, to be answered before it runs; the run says what was right.

    question = question_for(cycle, trace)        # planned or recorded
    question.text, question.choices
    question.outcome(trace, chosen)              # once the cycle has run: right, and what was seen

Which question is asked depends on the cycle and its number alone, so that a class sees the same
ones. What can only be known when the cycle has run (attention, labels, sums) is found then, in the
recorded tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cyclesim.explain.questions import learning, numbers, structure
from cyclesim.explain.questions.question import Asked, Kind, Outcome, Question, turn
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.trace import Trace

__all__ = ["Kind", "Outcome", "Question", "question_for", "questions_for"]

_Maker = Callable[[Asked], "Question | None"]

_MAKERS: dict[Kind, _Maker] = {
    "tokens": structure.tokens,
    "attention": numbers.attention,
    "label": numbers.label,
    "nop": structure.nop,
    "sums": numbers.sums,
    "signs": numbers.signs,
    "shape": structure.shape,
    "source": structure.source,
    "waits": structure.waits,
    "balance": learning.balance,
    "largest": learning.largest,
    "moved": learning.moved,
    "clipped": learning.clipped,
}
#: Kinds that the numbers of the output answer.
_NUMBERS = frozenset(
    {"attention", "label", "sums", "signs", "balance", "largest", "moved", "clipped"}
)
#: What only this cycle can be asked comes before what any can; each group takes turns.
_GROUPS: tuple[tuple[Kind, ...], ...] = (
    ("tokens", "attention", "label"),
    ("nop", "sums"),
    ("shape", "source", "waits", "signs"),
)
#: The same for what follows the forward in a training step.
_LEARNING: tuple[tuple[Kind, ...], ...] = (
    ("balance", "largest", "moved", "clipped"),
    ("shape", "source", "waits"),
)


def questions_for(cycle: Cycle, trace: Trace, *, kept: bool = True) -> list[Question]:
    """Every question that can be asked about `cycle`, the most telling first.

    Args:
        cycle: as it is planned (its tensors have shapes and no numbers) or recorded.
        trace: the plan or the record it is from.
        kept: its numbers are or will be there to answer with.
    """
    if not cycle.outputs:
        return []
    asked, found = Asked(cycle, trace), []
    for group in _LEARNING if cycle.phase in ("backward", "update") else _GROUPS:
        for kind in _turned(group, cycle.number):
            if kind in _NUMBERS and not kept:
                continue
            question = _MAKERS[kind](asked)
            if question is not None:
                found.append(question)
    return found


def question_for(cycle: Cycle, trace: Trace, *, kept: bool = True) -> Question | None:
    """The question to ask about `cycle`: always the same one. None where there is none.

    A cycle with a question of its own is asked that one; now and then (see `turn`) one of the
    others, so that the same step of another layer need not be asked the same again.
    """
    found = questions_for(cycle, trace, kept=kept)
    if not found:
        return None
    seldom = turn(cycle.number, 4) == 0
    return found[1] if seldom and len(found) > 1 else found[0]


def _turned(kinds: Sequence[Kind], seed: int) -> Sequence[Kind]:
    first = turn(seed, len(kinds))
    return (*kinds[first:], *kinds[:first])

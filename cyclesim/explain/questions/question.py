"""A question about a cycle that is to come, and what its run made of the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from cyclesim.errors import CyclesimError
from cyclesim.explain.quote import quote
from cyclesim.language import tr
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.trace import Trace

__all__ = ["Asked", "Finding", "Kind", "Outcome", "Question", "turn"]

Kind = Literal[
    "shape", "attention", "label", "source", "waits", "nop", "sums", "signs", "tokens",
    "balance", "largest", "moved", "clipped",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """What the run shows.

    Attributes:
        right: the choices that are right; several where they cannot be told apart.
        said: what was seen, in one sentence; "" where the numbers say it.
        numbers: one for each choice, as text, where there are such.
        remark: what kind of numbers they are, if they were not observed.
        row: where the numbers are in the first output: the index but for the choice.
    """

    right: frozenset[int]
    said: str = ""
    numbers: tuple[str, ...] = ()
    remark: str = ""
    row: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether an answer was right, the right choice, and one sentence about what was seen.

    `cell` is the cell of the first output that shows it, where there is one.
    """

    right: bool
    best: int
    said: str
    cell: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What to predict.

    Attributes:
        number: the cycle it is about.
        kind: what is asked.
        text: the question.
        choices: what can be answered, no two the same.
        rule: finds the right ones, once the cycle has run.
    """

    number: int
    kind: Kind
    text: str
    choices: tuple[str, ...]
    rule: Callable[[Cycle, Trace], Finding]

    def outcome(self, trace: Trace, chosen: int) -> Outcome | None:
        """What `trace`, in which the cycle has run, makes of an answer.

        None where it cannot be told: the numbers were not kept or are not finite, or an edited run
        went another way than was planned.
        """
        try:
            found = self.rule(trace.cycles[self.number], trace)
        except (CyclesimError, LookupError, ValueError, TypeError):
            return None
        if not found.right:
            return None
        right = chosen in found.right
        best = chosen if right else min(found.right)
        said = found.said
        if found.numbers:
            said = tr("{choice}: {number}").format(
                choice=self._named(best), number=found.numbers[best]
            )
            if not right:
                said = tr("{best}; your {choice}: {number}").format(
                    best=said, choice=self._named(chosen), number=found.numbers[chosen]
                )
            said += f" ({found.remark})." if found.remark else "."
        return Outcome(right, best, said, None if found.row is None else (*found.row, best))

    def _named(self, place: int) -> str:
        """A choice inside a sentence."""
        return quote(self.choices[place]) if self.kind == "attention" else self.choices[place]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question is made from: a cycle that is planned or recorded, and its trace."""

    cycle: Cycle
    trace: Trace

    @property
    def named(self) -> str:
        """`cycle 20, softmax`; of a derivative, `cycle 120, softmax backward`."""
        if self.cycle.phase == "backward":
            said = tr("cycle {number}, {step} backward")
            return said.format(number=self.cycle.number, step=self.cycle.step)
        return tr("cycle {number}, {step}").format(number=self.cycle.number, step=self.cycle.step)

    def step(self, number: int) -> str:
        """`20 softmax`."""
        return f"{number} {self.trace.cycles[number].step}"

    def question(
        self, kind: Kind, text: str, choices: list[str], rule: Callable[[Cycle, Trace], Finding]
    ) -> Question | None:
        """The question, unless there is nothing to choose from."""
        if len(choices) < 2 or len(set(choices)) < len(choices):
            return None
        return Question(self.cycle.number, kind, text, tuple(choices), rule)


def turn(seed: int, count: int) -> int:
    """A number below `count` that looks random and is always the same for one `seed`."""
    mixed = (seed + 1) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
    return (mixed >> 29) % count

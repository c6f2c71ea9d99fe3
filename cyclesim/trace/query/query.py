"""A compiled condition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.query.fields import FIELDS, Asked
from cyclesim.trace.query.tree import Condition, cost

if TYPE_CHECKING:
    from cyclesim.trace.trace import Trace

__all__ = ["Query"]


class Query:
    """A condition on cycles; made by `compile_query`, called with a cycle.

    Two queries are equal when they mean the same, whatever their spaces and parentheses; `str`
    gives one spelling for all of them.

    Attributes:
        text: what was written.
        tree: the parsed condition.
        fields: names of the fields it asks for.
        reads_tensors: whether it asks for what is in the tensors, so that they must be at hand.
    """

    def __init__(self, text: str, tree: Condition) -> None:
        self.text = text
        self.tree = tree
        self.fields: frozenset[str] = tree.fields
        self.reads_tensors = cost(tree) > 0

    def __call__(self, cycle: Cycle, trace: Trace | None = None) -> bool:
        """Whether the condition holds for `cycle`; `trace` is the run it belongs to."""
        return self.tree.holds(Asked(cycle, trace))

    def of(self, trace: Trace) -> list[Cycle]:
        """The cycles of `trace` for which it holds.

        Raises:
            CyclesimError: it asks for what is in the tensors, and the trace kept none.
        """
        self.check(trace)
        return [cycle for cycle in trace.cycles if self(cycle, trace)]

    def check(self, trace: Trace) -> None:
        """Refuse a trace that cannot answer: silence would look like "there is none"."""
        outputs = [v for c in trace.cycles for v in c.outputs] if self.reads_tensors else []
        if not outputs or any(v.kept for v in outputs):
            return
        known = any(v._stats is not None for v in outputs)
        asked = sorted(n for n in self.fields if FIELDS[n].cost > (1 if known else 0))
        if asked:
            raise CyclesimError(
                tr(
                    "this trace kept no values, so it has no {names}; trace again and keep them."
                ).format(names=tr(" and no ").join(asked))
            )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Query) and self.tree == other.tree

    def __hash__(self) -> int:
        return hash(self.tree)

    def __str__(self) -> str:
        return str(self.tree)

    def __repr__(self) -> str:
        return f"<Query {self}>"

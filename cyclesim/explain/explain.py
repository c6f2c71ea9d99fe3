"""From a cycle to its explanation."""

from __future__ import annotations

from collections.abc import Iterator

from cyclesim.cost.names import canonical
from cyclesim.explain.axes import axes_of
from cyclesim.explain.entry import Entry
from cyclesim.explain.explanation import Explanation, ascii_text
from cyclesim.explain.facts import facts_of
from cyclesim.explain.learning import explain_learning
from cyclesim.explain.shapes import shape_line
from cyclesim.explain.texts import GENERIC, NEXT_TOKEN, TEXTS
from cyclesim.language import tr
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.trace import Trace

__all__ = ["explain"]


def explain(
    cycle: Cycle, trace: Trace | None = None, cell: tuple[int, ...] | None = None
) -> Explanation:
    """Explain `cycle` of `trace`: a sentence, a formula, the real shapes, the axes' names.

    The text is found by unit and step, then by torch function; where neither is known, the
    sentence says only what any cycle's record says. Never raises.

    Args:
        cell: a place in the first output: where the sentence takes a token for an example, it is
            the one of that place; else the first of the text.
    """
    if cycle.phase in ("backward", "update"):
        return explain_learning(cycle, axes_of(cycle, trace))
    axes = axes_of(cycle, trace)
    facts = facts_of(cycle, trace, axes, cell)
    for entry in _candidates(cycle):
        sentence = entry.fill(facts)
        if sentence is not None:
            return Explanation(
                sentence=sentence,
                formula=entry.formula,
                formula_ascii=entry.ascii or ascii_text(entry.formula),
                shapes=shape_line(cycle),
                axes=axes,
                source=entry.source,
            )
    runs = tr("Runs {function}.").format(function=ascii(cycle.op))
    return Explanation(runs, "", "", shape_line(cycle), axes)


def _candidates(cycle: Cycle) -> Iterator[Entry]:
    """Entries that could explain the cycle, the most telling first."""
    place, op = f"{cycle.unit}.{cycle.step}", canonical(cycle.op)
    if place == "output.probabilities" and cycle.token is not None:
        yield from NEXT_TOKEN
    if cycle.nop:
        keys = [f"{place}:nop", f":{op}:nop", ":nop"]
    else:
        keys = [f"{place}:{op}", place, f":{op}"]
    for key in keys:
        yield from TEXTS.get(key, ())
    yield from GENERIC

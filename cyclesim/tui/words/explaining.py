"""What the `explain` room says of a cycle, for the screen; the step's name if it fails."""

from __future__ import annotations

from typing import NamedTuple

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.trace import Cycle, Trace

__all__ = ["CellWords", "Words", "words_for", "words_of_cell"]


class Words(NamedTuple):
    """What there is to say about a cycle; parts may be empty.

    `axes` names the dimensions of each output.
    """

    sentence: str
    formula: str = ""
    shapes: str = ""
    #: The formula in ASCII; "" where it is the same but for its signs.
    formula_ascii: str = ""
    axes: tuple[tuple[str, ...], ...] = ()


class CellWords(NamedTuple):
    """The formula with the numbers of one cell, and what these numbers are.

    `line` is "" where they cannot be had, and `note` says why; `wrong` if the formula does not give
    the number that the cell has.
    """

    line: str
    note: str = ""
    wrong: bool = False


def words_for(cycle: Cycle, trace: Trace, cell: tuple[int, ...] | None = None) -> Words:
    """Explain `cycle`, and in it the token of `cell` if that is given.

    One explanation that fails must not take the page with it.
    """
    try:
        from cyclesim.explain import explain

        found = explain(cycle, trace, cell)
        axes = tuple(map(tuple, found.axes))
        return Words(found.sentence, found.formula, found.shapes, found.formula_ascii, axes)
    except Exception:
        return Words(cycle.note or cycle.label)


def words_of_cell(
    cycle: Cycle, trace: Trace, cell: tuple[int, ...], output: int = 0, *, ascii: bool = False
) -> CellWords | None:
    """Put the numbers of `cell` of an output of `cycle` into its formula.

    None where there is nothing to say of it.
    """
    from cyclesim.explain import ascii_text, number, row_sentence, work_out

    sentence = row_sentence(cycle, cell)
    if sentence:
        return CellWords(ascii_text(sentence) if ascii else sentence)
    try:
        found = work_out(cycle, trace, cell, output)
    except CyclesimError:
        said = tr("What it read was not kept, so no number of it can be recomputed.")
        if any(value.missing == "model" for value in cycle.inputs):
            said = tr("A trace file has no weights, so no number of it can be recomputed.")
        return CellWords("", said)
    if found is None:
        return None
    line = found.line(ascii=ascii)
    where = _where(cycle, trace, cell, output)
    if found.int8:
        said = tr("observed = recomputed, after rounding what it read to int8: it is quantised")
        return CellWords(line, where + said)
    if found.agrees:
        return CellWords(line, where + tr("observed = recomputed"))
    said = tr("The last number is what the run wrote; recomputed from what it read: {number}.")
    if cycle.edited:
        said = tr("You changed it; recomputed from what the cycle read: {number}.")
    return CellWords(line, where + said.format(number=number(found.recomputed)), wrong=True)


def _where(cycle: Cycle, trace: Trace, cell: tuple[int, ...], output: int) -> str:
    """`head 2 · `: where the cell is in the dimensions that its name leaves out."""
    from cyclesim.explain import axes_of

    axes = axes_of(cycle, trace)[output]
    for axis, place, size in zip(axes, cell, cycle.outputs[output].shape, strict=True):
        if axis == "head" and size > 1:
            return tr("head {number}").format(number=place) + " · "
    return ""

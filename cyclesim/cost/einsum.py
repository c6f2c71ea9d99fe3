"""FLOPs of an `einsum`, contracted from left to right as torch does when nothing reorders it."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from math import prod

from cyclesim.trace.tensor import Value

__all__ = ["einsum_flops"]


def einsum_flops(
    inputs: Sequence[Value], outputs: Sequence[Value], arguments: Mapping[str, str]
) -> int:
    """2 · the product of every axis that a pair of operands spans, summed over the pairs.

    A letter that only one operand has and nobody needs later is summed away before, for free here.

    Raises:
        ValueError, LookupError: the equation is missing or does not fit the shapes.
    """
    equation = arguments["equation"].strip().strip("'\"").replace(" ", "")
    left, _, right = equation.partition("->")
    terms = left.split(",")
    if len(terms) != len(inputs):
        raise ValueError(equation)
    sizes: dict[str, int] = {}
    letters: list[set[str]] = []
    for term, value in zip(terms, inputs, strict=True):
        named = _name_ellipsis(term, len(value.shape))
        for letter, size in zip(named, value.shape, strict=True):
            sizes[letter] = max(size, sizes.get(letter, 1))
        letters.append(set(named))
    output = set(sizes) if not outputs else set(_name_ellipsis(right, len(outputs[0].shape)))
    if "->" not in equation:
        counts = "".join(terms)
        output = {x for x in sizes if counts.count(x) == 1 or x in string.digits}
    total = 0
    have = letters[0]
    for position in range(1, len(letters)):
        later = output.union(*letters[position + 1 :])
        here = letters[position]
        have = {x for x in have if x in here or x in later}
        here = {x for x in here if x in have or x in later}
        total += 2 * prod(sizes[x] for x in have | here)
        have = (have | here) & later
    if len(letters) == 1 and have - output:
        total = prod(sizes[x] for x in have)
    return total


def _name_ellipsis(term: str, rank: int) -> str:
    """Give the axes of `...` names (digits, counted from the right so that they broadcast)."""
    if "..." not in term:
        return term
    hidden = rank - len(term.replace("...", ""))
    return term.replace("...", "".join(reversed(string.digits[: max(hidden, 0)])))

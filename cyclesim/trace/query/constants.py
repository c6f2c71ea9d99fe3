"""Values that stand in a condition: numbers with their units of measure, truth values, none."""

from __future__ import annotations

import math
import re

from cyclesim.language import tr
from cyclesim.trace.query.lexer import Token
from cyclesim.trace.query.mistakes import Mistakes, cut, nearest, shown
from cyclesim.trace.query.tree import Constant, Measure

__all__ = ["CONSTANTS", "number"]

_MEASURES: dict[str, tuple[Measure, int]] = {
    "ns": ("ns", 1), "us": ("ns", 10**3), "µs": ("ns", 10**3), "μs": ("ns", 10**3),
    "ms": ("ns", 10**6), "s": ("ns", 10**9),
    "B": ("B", 1), "kB": ("B", 10**3), "KB": ("B", 10**3), "MB": ("B", 10**6), "GB": ("B", 10**9),
    "KiB": ("B", 2**10), "MiB": ("B", 2**20), "GiB": ("B", 2**30),
}  # fmt: skip
_NUMBER = re.compile(r"([0-9_]*\.?[0-9_]*(?:[eE][+-]?[0-9]+)?)(.*)", re.DOTALL)

CONSTANTS = {
    "true": Constant(True), "True": Constant(True),
    "false": Constant(False), "False": Constant(False),
    "none": Constant(None), "None": Constant(None),
}  # fmt: skip


def number(token: Token, mistakes: Mistakes) -> Constant:
    """The number at `token`, in nanoseconds or bytes if it has a unit of measure.

    Raises:
        QueryError: it is none.
    """
    match = _NUMBER.match(token.text)
    assert match is not None
    digits, suffix = match.groups()
    if suffix and suffix not in _MEASURES:
        known = "ns us ms s B kB MB GB KiB MiB GiB"
        raise mistakes.unknown(
            tr("no unit of measure is called {name!r} (there are {known})"),
            token,
            nearest(suffix, _MEASURES),
            name=cut(suffix),
            known=known,
        )
    measure, factor = _MEASURES.get(suffix, ("", 1))
    try:
        value: int | float = int(digits) * factor if digits.replace("_", "").isdigit() else (
            float(digits) * factor
        )  # fmt: skip
    except ValueError:
        raise mistakes.wrong(tr("{shown} is no number"), token, shown=shown(token)) from None
    if math.isinf(value) if isinstance(value, float) else value > 10**300:
        raise mistakes.wrong(tr("this number is too large"), token)
    return Constant(value, measure)

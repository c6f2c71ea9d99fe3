"""Whether a comparison could ever be true; if not, that is a mistake, told at its word."""

from __future__ import annotations

import math
import re

from cyclesim.language import tr
from cyclesim.trace.cycle import UNITS
from cyclesim.trace.query.lexer import Token
from cyclesim.trace.query.mistakes import Mistakes, cut, nearest, shown
from cyclesim.trace.query.names import ORDER
from cyclesim.trace.query.part import ARTICLE, NUMERIC, Part
from cyclesim.trace.query.tree import Constant, Items, Reference, pattern

__all__ = ["Meaning", "settle_nan_and_inf"]


def settle_nan_and_inf(parts: list[Part]) -> list[Part]:
    """`nan` and `inf` are counts, and also numbers: beside another field they are numbers.

    So `nan > 0` counts NaN, and `max == inf` compares with infinity.
    """

    def ambiguous(part: Part) -> bool:
        return isinstance(part.operand, Reference) and part.operand.name in ("nan", "inf")

    if not any(p.kind is not None and not ambiguous(p) for p in parts):
        return parts
    number = {"nan": Constant(math.nan), "inf": Constant(math.inf)}
    return [p._replace(operand=number[str(p.operand)]) if ambiguous(p) else p for p in parts]


class Meaning:
    """The comparisons of one condition."""

    def __init__(self, mistakes: Mistakes) -> None:
        self._mistakes = mistakes

    def check(self, left: Part, sign: Token, right: Part) -> None:
        """Refuse a comparison that could never be true, at the word that makes it so."""
        op = sign.text
        field, other = (left, right) if left.kind is not None else (right, left)
        if field.kind is None:
            raise self._mistakes.wrong(tr("one side of a comparison is a field"), left.token)
        if op in ("in", "not in"):
            self._check_in(left, sign, right)
        elif op == "~":
            self._check_pattern(left, right)
        else:
            if field.kind in ("text", "truth", "shape") and op in ORDER:
                raise self._mistakes.wrong(
                    tr("{operand} is {kind}, which has no order"),
                    sign,
                    "==",
                    operand=field.operand,
                    kind=tr(ARTICLE[field.kind]),
                )
            if isinstance(other.operand, Constant) and other.operand.constant is None:
                if op in ORDER:
                    raise self._mistakes.wrong(tr("none has no order"), other.token)
                return
            self._check_kind(field, other)

    def _check_in(self, left: Part, sign: Token, right: Part) -> None:
        if isinstance(right.operand, Items):
            if left.kind is None or left.kind == "shape":
                raise self._mistakes.wrong(
                    tr("what stands before {text!r} is a single field"), left.token, text=sign.text
                )
            for item in right.operand.items:
                if item.constant is not None:
                    self._check_kind(left, Part(item, right.token))
        elif right.kind == "shape":
            if isinstance(left.operand, Constant) and left.operand.constant is not None:
                self._check_number(right, left)
            elif left.kind not in NUMERIC:
                raise self._mistakes.wrong(tr("a shape holds numbers"), left.token)
        elif right.is_text:
            if not left.is_text:
                raise self._mistakes.wrong(tr("only text is in text"), left.token)
        else:
            raise self._mistakes.wrong(
                tr("a list or text should follow {text!r}"), right.token, text=sign.text
            )

    def _check_pattern(self, left: Part, right: Part) -> None:
        if left.kind != "text":
            raise self._mistakes.wrong(tr("a text field should stand before '~'"), left.token)
        glob = right.operand.constant if isinstance(right.operand, Constant) else None
        if not isinstance(glob, str):
            raise self._mistakes.wrong(
                tr("a pattern should follow '~', as in \"*.attention.*\""), right.token
            )
        if not any(c in glob for c in "*?["):
            raise self._mistakes.wrong(
                tr("a pattern has a *, ? or [ in it; write == or in"), right.token
            )
        try:
            pattern(glob)
        except re.error:
            raise self._mistakes.wrong(
                tr("this pattern cannot be understood"), right.token
            ) from None

    def _check_kind(self, field: Part, other: Part) -> None:
        """`other` is of a kind that `field` can be equal to."""
        kind, operand = field.kind, other.operand
        assert kind is not None
        if isinstance(operand, Reference):
            fits = other.kind == kind or {kind, other.kind} <= NUMERIC
        elif isinstance(operand, Items):
            fits = kind == "shape"
            for item in operand.items if fits else ():
                self._check_number(field, Part(item, other.token))
        elif kind in NUMERIC:
            self._check_number(field, other)
            fits = True
        else:
            expected = {"text": str, "truth": bool}.get(kind)
            fits = expected is not None and isinstance(operand.constant, expected)
            if fits and str(field.operand) == "unit" and operand.constant not in UNITS:
                unit = str(operand.constant)
                raise self._mistakes.unknown(
                    tr("no unit is called {name!r}"),
                    other.token,
                    nearest(unit, UNITS),
                    name=cut(unit),
                )
        if not fits:
            problem = tr("{operand} is {kind} and is never {shown}")
            if kind == "text":
                problem = tr("{operand} is text and is never {shown}; text stands in quotes")
            raise self._mistakes.wrong(
                problem.format(
                    operand=field.operand, kind=tr(ARTICLE[kind]), shown=shown(other.token)
                ),
                other.token,
            )

    def _check_number(self, field: Part, other: Part) -> None:
        """A numeric field (or the sizes of a shape) beside a constant: a number, a fitting unit."""
        operand, kind = other.operand, field.kind
        assert isinstance(operand, Constant) and kind is not None
        value, measure = operand.constant, operand.measure
        if value is None or isinstance(value, (bool, str)):
            raise self._mistakes.wrong(
                tr("{operand} is {kind} and is never {shown}"),
                other.token,
                operand=field.operand,
                kind=tr(ARTICLE[kind]),
                shown=shown(other.token),
            )
        if kind == "time" and not measure and value != 0 and math.isfinite(value):
            raise self._mistakes.wrong(
                tr("{operand} needs a unit: ns, us, ms or s"),
                other.token,
                f"{other.token.text}us" if other.token.kind == "number" else None,
                operand=field.operand,
            )
        takes = {"ns": "ns", "time": "ns", "bytes": "B"}.get(kind, "")
        if measure and measure != takes:
            raise self._mistakes.wrong(
                tr("{operand} is not measured in that unit"), other.token, operand=field.operand
            )

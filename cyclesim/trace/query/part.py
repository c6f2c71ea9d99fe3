"""An operand and where it stands in the condition."""

from __future__ import annotations

from typing import NamedTuple

from cyclesim.language import N_
from cyclesim.trace.query.fields import FIELDS, FieldKind
from cyclesim.trace.query.lexer import Token
from cyclesim.trace.query.tree import Constant, Operand, Reference

__all__ = ["ARTICLE", "NUMERIC", "Part"]

#: What a field of each kind is.
ARTICLE = {
    "number": N_("a number"),
    "count": N_("a count"),
    "ns": N_("a duration"),
    "time": N_("a duration"),
    "bytes": N_("a number of bytes"),
    "text": N_("text"),
    "truth": N_("true or false"),
    "shape": N_("a list of sizes"),
}
NUMERIC: frozenset[FieldKind] = frozenset(("number", "count", "ns", "time", "bytes"))


class Part(NamedTuple):
    """An operand and where it stands."""

    operand: Operand
    token: Token

    @property
    def kind(self) -> FieldKind | None:
        """Of a field; None for a constant."""
        return FIELDS[self.operand.name].kind if isinstance(self.operand, Reference) else None

    @property
    def is_text(self) -> bool:
        """Whether it is a text, or a field that holds one."""
        if isinstance(self.operand, Constant):
            return isinstance(self.operand.constant, str)
        return self.kind == "text"

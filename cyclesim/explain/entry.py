"""The form of the texts: sentences and formulas as data, with names for the facts they need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cyclesim.language import tr

__all__ = ["Entry", "Table"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One explanation, before the facts of a cycle are put in.

    Attributes:
        sentence: text with `{facts}`, translated when it is filled. A cycle that lacks one of them
            cannot use this entry, so a sentence never says more than is known.
        formula, ascii: the formula in symbols, and in ASCII ("" for the same).
        source: the paper that the formula is from.
    """

    sentence: str
    formula: str = ""
    ascii: str = ""
    source: str = ""

    def fill(self, facts: Mapping[str, str]) -> str | None:
        """The sentence with `facts` put in, or None where one is missing."""
        try:
            return tr(self.sentence).format_map(facts)
        except KeyError:
            return None


#: Keys are `unit.step`, or `unit.step:op` and `unit.step:nop` for a special case, and `:op` for
#: any cycle of that torch function. Entries are tried in order until the facts suffice.
Table = Mapping[str, tuple[Entry, ...]]

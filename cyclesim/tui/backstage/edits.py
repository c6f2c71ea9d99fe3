"""What to change in a cycle's output, as a person writes it in the edit dialog.

    zero head 2         zero position 5         scale 0.5
    noise 0.1 seed 3    set 0.25                (the cell under the cursor)
    undo                                        (an edit of this cycle)

Only the wish: the edit itself is made by `cyclesim.edits`, in the session's thread, where torch is.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

from cyclesim.errors import CyclesimError
from cyclesim.language import N_, tr

__all__ = ["FORMS", "EditWish", "Form", "parse_edit"]

Kind = Literal["head", "position", "scale", "noise", "set", "undo"]


@dataclass(frozen=True, slots=True)
class EditWish:
    """One change.

    Attributes:
        kind: which of the ready-made edits, or `undo`.
        number: the head, the position, the factor, the standard deviation, or the new number.
        seed: of the noise.
        index: the cell to set.
        output: which output of the cycle.
    """

    kind: Kind
    number: float
    seed: int = 0
    index: tuple[int, ...] | None = None
    output: int = 0

    def __str__(self) -> str:
        """As it is written in the dialog."""
        shown = f"{self.number:g}"
        if self.kind == "undo":
            return self.kind
        if self.kind in ("head", "position"):
            return f"zero {self.kind} {shown}"
        if self.kind == "noise":
            return f"noise {shown} seed {self.seed}"
        cell = f" in {list(self.index)}" if self.index is not None else ""
        return f"{self.kind} {shown}{cell}"


class Form(NamedTuple):
    """One line of the dialog: how it is written, an example to start from, what it does."""

    kind: Kind
    pattern: str
    example: str
    does: str


_NUMBER = r"([-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|\.\d+(?:e[-+]?\d+)?|nan|inf))"

FORMS: tuple[Form, ...] = (
    Form("head", r"zero head (\d{1,9})", "zero head {head}", N_("an attention head becomes 0")),
    Form("position", r"zero position (\d{1,9})", "zero position {row}",
         N_("a token's vector, or its row, becomes 0")),
    Form("scale", rf"scale (?:by )?{_NUMBER}", "scale 0.5", N_("every number is multiplied")),
    Form("noise", rf"(?:add )?noise {_NUMBER}(?: seed (\d{{1,18}}))?", "noise 0.1 seed 0",
         N_("normal noise; the same for the same seed")),
    Form("set", rf"set (?:to )?{_NUMBER}", "set 0", N_("the cell under the cursor")),
    Form("undo", "(undo)", "undo", N_("run this cycle again, as the model has it")),
)  # fmt: skip


def parse_edit(text: str, cell: tuple[int, ...] | None, output: int = 0) -> EditWish:
    """The wish that `text` states.

    Args:
        cell: index of the cell under the cursor, or None where there is none.
        output: which output of the cycle is shown.

    Raises:
        CyclesimError: the text is no edit, or there is no cell to set.
    """
    words = " ".join(text.lower().split())
    for form in FORMS:
        found = re.fullmatch(form.pattern, words)
        if found is None:
            continue
        if form.kind == "undo":
            return EditWish(form.kind, 0)
        number = float(found[1])
        if form.kind == "noise" and not 0 <= number < math.inf:
            raise CyclesimError(tr("the deviation of the noise must be a number from 0 up."))
        if form.kind == "set" and cell is None:
            said = tr("there is no cell to set: choose one in an output of this cycle.")
            raise CyclesimError(said)
        seed = int(found[2]) if form.kind == "noise" and found[2] else 0
        return EditWish(form.kind, number, seed, cell if form.kind == "set" else None, output)
    said = tr("{words} is no edit: write one as in the list.")
    raise CyclesimError(said.format(words=repr(words[:40])))

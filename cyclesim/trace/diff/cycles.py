"""Two cycles compared: the same, different by so much, or not to be compared, and why."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from cyclesim.language import N_, retell, tr
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.diff.distance import Apart, cosine_of, distance, known_stats, stats_apart
from cyclesim.trace.diff.words import cosine_text

__all__ = ["CycleDiff", "Outcome", "compare_cycles"]

#: `same`: no number is further apart than the tolerance. `differs`: one is. `unlike`: shapes or the
#: number of outputs differ, so they are different, and by no amount. `unknown`: not kept.
Outcome = Literal["same", "differs", "unlike", "unknown"]

_COUNTS = N_("{one} outputs and {other} cannot be compared")
_SHAPES = N_("shapes {one} and {other} cannot be compared")
_TYPES = N_("{one} and {other}")
_NAN = N_("NaN in one of the two only")
_NOT_KEPT = N_("its numbers were not kept in one of the traces")
_NEITHER_KEPT = N_("its numbers were not kept in either trace")
_APART = N_("{note}, and their statistics differ")


@dataclass(frozen=True, slots=True)
class CycleDiff:
    """One cycle of the first trace and its counterpart in the second.

    Attributes:
        a, b: the two cycles.
        outcome: see `Outcome`.
        max_abs: largest absolute difference; NaN where only one side is NaN, None where the numbers
            could not be compared.
        cosine: of the angle between the two, as long vectors; None where undefined (all zero).
        note: one sentence where there is something to say, in English.
    """

    a: Cycle
    b: Cycle
    outcome: Outcome
    max_abs: float | None = None
    cosine: float | None = None
    note: str = ""

    @property
    def differs(self) -> bool:
        """Whether the two are known to be different."""
        return self.outcome in ("differs", "unlike")

    @property
    def remark(self) -> str:
        """`note` in the language that is spoken."""
        return "; ".join(_remark(part) for part in self.note.split("; "))

    def __str__(self) -> str:
        number = tr("cycle {number}")
        if self.a.number != self.b.number:
            number = tr("cycle {number} (in the other: {other})")
        text = f"{number.format(number=self.a.number, other=self.b.number)}, {self.a.label}"
        if self.a.path:
            text += f", {self.a.path}" + (f"#{self.a.call}" if self.a.call > 1 else "")
        if self.max_abs is not None:
            said = tr("{cycle}: differs by up to {amount}")
            if self.cosine is not None:
                said = tr("{cycle}: differs by up to {amount}, cosine {cosine}")
            text = said.format(
                cycle=text, amount=f"{self.max_abs:g}", cosine=cosine_text(self.cosine)
            )
        return f"{text}: {self.remark}" if self.note else text


def compare_cycles(a: Cycle, b: Cycle, tolerance: float = 0.0) -> CycleDiff:
    """How far apart the outputs of two cycles are."""
    if len(a.outputs) != len(b.outputs):
        note = _COUNTS.format(one=len(a.outputs), other=len(b.outputs))
        return CycleDiff(a, b, "unlike", note=note)
    found: list[Apart] = []
    notes: list[str] = []
    unknown = False
    for one, other in zip(a.outputs, b.outputs, strict=True):
        if one.shape != other.shape:
            note = _SHAPES.format(one=list(one.shape), other=list(other.shape))
            return CycleDiff(a, b, "unlike", note=note)
        if one.dtype != other.dtype:
            notes.append(_TYPES.format(one=one.dtype, other=other.dtype))
        if not (one.kept and other.kept):
            unknown = True
            note = _NOT_KEPT if one.kept or other.kept else _NEITHER_KEPT
            if stats_apart(known_stats(one), known_stats(other), tolerance):
                return CycleDiff(a, b, "differs", note=_APART.format(note=note))
            notes.append(note)
            continue
        found.append(distance(one.numpy(), other.numpy()))
    if not found:
        outcome: Outcome = "unknown" if unknown else "same"
        return CycleDiff(a, b, outcome, note="; ".join(notes))
    worst = max((f.max_abs for f in found), key=lambda x: math.inf if math.isnan(x) else x)
    beyond = math.isnan(worst) or worst > tolerance
    cosine = cosine_of(found)
    outcome = "differs" if beyond else "unknown" if unknown else "same"
    if math.isnan(worst):
        notes.append(_NAN)
    return CycleDiff(a, b, outcome, worst, cosine, "; ".join(notes))


def _remark(note: str) -> str:
    for kept in (_NOT_KEPT, _NEITHER_KEPT):
        if note == _APART.format(note=kept):
            return tr(_APART).format(note=tr(kept))
    return retell(note, (_COUNTS, _SHAPES, _NAN, _NOT_KEPT, _NEITHER_KEPT, _TYPES))

"""What a tensor is compared with: what the cycle read, or the same cycle of another run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cyclesim.language import tr
from cyclesim.trace import Cycle, Value
from cyclesim.tui.scene import Other, Scene
from cyclesim.tui.words.text import shape_text

__all__ = ["Change", "Side", "before", "there"]


@dataclass(frozen=True, slots=True)
class Side:
    """The other side of a difference.

    Attributes:
        value: the tensor; None where there is nothing to compare with.
        text: both sides in words; or, in one sentence, why there is none.
    """

    value: Value | None
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """How large a difference is.

    Attributes:
        largest: the largest absolute difference; NaN where a number became NaN, or was one.
        share: of the numbers that are not the same.
    """

    largest: float
    share: float

    @classmethod
    def of(cls, difference: np.ndarray) -> Change:
        """Summarise `ours - theirs`."""
        size = np.abs(np.asarray(difference, dtype=np.float64))
        if size.size == 0:
            return cls(0.0, 0.0)
        return cls(float(size.max()), float(np.count_nonzero(size)) / size.size)


def before(scene: Scene, cycle: Cycle, place: int) -> Side:
    """What `cycle` made of its input: output `place` against an input of the same shape.

    A residual sum is compared with the stream that came past the block, so the difference is what
    the block has added. Where no input has the shape it is the last earlier output that has.
    """
    output = cycle.outputs[place]
    ours = _called(cycle)
    earlier = scene.trace.cycles[: cycle.number]
    read = [
        v for v in cycle.inputs
        if v.source is not None and v.source < len(earlier) and v.shape == output.shape
    ]  # fmt: skip
    if read:
        value = min(read, key=lambda v: v.source or 0) if cycle.unit == "residual" else read[0]
        source = earlier[value.source or 0]
        words = tr("{ours} minus its input, {theirs}")
        kept = _kept([value, *source.outputs], output.shape)
        return _side(kept, words.format(ours=ours, theirs=_called(source)))
    for other in reversed(earlier):
        kept = _kept(other.outputs, output.shape)
        if kept is not None:
            words = tr("{ours} minus {theirs}, the last before it of this shape")
            return Side(kept, words.format(ours=ours, theirs=_called(other)))
    shape = shape_text(output.shape)
    return Side(None, tr("Nothing before this cycle has the shape {shape}.").format(shape=shape))


def there(other: Other, cycle: Cycle, place: int) -> Side:
    """Output `place` of `cycle` against the same cycle of another run."""
    partner = other.partner(cycle.number)
    if partner is None or place >= len(partner.outputs):
        text = tr("{title} has no cycle like this one.").format(title=other.title)
        return Side(None, text)
    ours, theirs = cycle.outputs[place], partner.outputs[place]
    if ours.shape != theirs.shape:
        text = tr("It cannot be compared: the shape is {ours} here, {theirs} there ({title}).")
        shapes = {"ours": shape_text(ours.shape), "theirs": shape_text(theirs.shape)}
        return Side(None, text.format(title=other.title, **shapes))
    words = tr("{ours} minus {theirs} of {title}")
    named = {"ours": _called(cycle), "theirs": _called(partner), "title": other.title}
    return _side(theirs if theirs.kept else None, words.format(**named))


def _side(value: Value | None, words: str) -> Side:
    return Side(value, tr("The numbers to compare with were not kept.") if value is None else words)


def _called(cycle: Cycle) -> str:
    return tr("cycle {number} {step}").format(number=cycle.number, step=cycle.step)


def _kept(values: Sequence[Value], shape: tuple[int, ...]) -> Value | None:
    return next((v for v in values if v.kept and v.shape == shape), None)

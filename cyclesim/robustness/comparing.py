"""Two runs of two sentences: where they part, and how far apart they are layer by layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cyclesim.language import N_
from cyclesim.robustness.align import Alignment, Pairs, align, distance
from cyclesim.robustness.answers import differences, is_answer
from cyclesim.robustness.perturb import Perturbation
from cyclesim.robustness.report import Case, Layer, Place
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.diff import CycleDiff, compare_cycles, keyed
from cyclesim.trace.trace import Trace

__all__ = ["compare_case"]

#: By layer, whether the probe's answer is another one.
Probed = Mapping[int | None, bool]

_SAME = N_("the model sees the same tokens")
_NO_TOKENS = N_("the tokens do not say where in the text they stand")
_NO_CHANGED = N_("the changed words have no token in one of the two")


def compare_case(old: Trace, new: Trace, change: Perturbation, probed: Probed) -> Case:
    """What a change of the sentence did.

    Args:
        old, new: the runs of the unchanged and of the changed sentence.
        probed: see `Probed`; empty without a probe.
    """
    alignment = align(old.header, new.header, change)
    pairs = list(_pairs(old, new))
    answers = differences(old.result, new.result, change)
    return Case(
        change=change,
        tokens=(alignment.old, alignment.new),
        kept=len(alignment.kept),
        parts=_first(pair for pair in pairs if pair.differs),
        spreads=_first(pair for pair in pairs if _apart(pair, alignment)),
        layers=tuple(_layers(pairs, alignment, probed)),
        answers=tuple(answers),
        answered=is_answer(old.result),
        result=new.result,
        note=_note(old, new, alignment),
    )


def _pairs(old: Trace, new: Trace) -> Iterator[CycleDiff]:
    """The cycles that both have, but for those outside the model."""
    theirs = dict(keyed(new.cycles))
    for key, cycle in keyed(old.cycles):
        other = theirs.get(key)
        if other is not None and cycle.stack:
            yield compare_cycles(cycle, other)


def _first(pairs: Iterator[CycleDiff]) -> Place | None:
    pair = next(pairs, None)
    return None if pair is None else Place.of(pair.a)


def _apart(pair: CycleDiff, alignment: Alignment) -> bool:
    """Whether the two wrote something else for a token that both sentences have."""
    if pair.outcome == "same":
        return False
    for one, other in zip(pair.a.outputs, pair.b.outputs, strict=False):
        found = distance(one, other, alignment, alignment.kept)
        if found is not None and not found.same:
            return True
    return False


def _layers(pairs: list[CycleDiff], alignment: Alignment, probed: Probed) -> Iterator[Layer]:
    """What goes into the first block, and what each hands on."""
    ends: dict[int | None, CycleDiff] = {}
    for pair in pairs:
        if len(_shape(pair.a)) != 3:
            continue
        if pair.a.layer is not None:
            ends[pair.a.layer] = pair
        elif len(ends) == (None in ends):  # before the first block, and not after the last
            ends[None] = pair
    for layer, pair in ends.items():
        yield Layer(
            layer,
            pair.a.number,
            _relative(pair, alignment, alignment.changed),
            _relative(pair, alignment, alignment.kept),
            probed.get(layer),
        )


def _relative(pair: CycleDiff, alignment: Alignment, pairs: Pairs) -> float | None:
    found = distance(pair.a.outputs[0], pair.b.outputs[0], alignment, pairs)
    return None if found is None else found.relative


def _shape(cycle: Cycle) -> tuple[int, ...]:
    return cycle.outputs[0].shape if cycle.outputs else ()


def _note(old: Trace, new: Trace, alignment: Alignment) -> str:
    if old.header.tokens == new.header.tokens:
        return _SAME
    if not alignment.kept:
        return _NO_TOKENS
    return "" if alignment.changed else _NO_CHANGED

"""Two traces compared: their cycles matched, and what was found of them told."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cyclesim.errors import CyclesimError
from cyclesim.language import speaking, tr
from cyclesim.trace.cycle import Cycle, Unit
from cyclesim.trace.diff.cycles import CycleDiff, compare_cycles
from cyclesim.trace.diff.words import cosine_text, names_text, setting_text, tokens_text
from cyclesim.trace.trace import Header, Trace

__all__ = ["SCHEMA", "Diff", "diff", "keyed"]

#: Of `Diff.to_json`.
SCHEMA = 1


@dataclass(frozen=True)
class Diff:
    """What `diff` found.

    Attributes:
        a, b: the headers of the two traces.
        tolerance: how far apart two numbers may be and still count as the same.
        cycles: the matched cycles, in the order of the first trace.
        only_a, only_b: cycles without a counterpart.
    """

    a: Header
    b: Header
    tolerance: float
    cycles: Sequence[CycleDiff]
    only_a: Sequence[Cycle] = ()
    only_b: Sequence[Cycle] = ()

    @property
    def agrees(self) -> bool:
        """Whether nothing that could be compared differs beyond the tolerance.

        Cycles that only one of them has do not count: eager attention has more cycles than fused
        attention, and may compute the same. At least one cycle must have been compared.
        """
        return any(c.outcome == "same" for c in self.cycles) and not any(
            c.differs for c in self.cycles
        )

    @property
    def equal(self) -> bool:
        """Whether both have the same cycles, all were compared, and none differs."""
        return (
            not (self.only_a or self.only_b)
            and all(c.outcome == "same" for c in self.cycles)
            and bool(self.cycles)
        )

    @property
    def first_difference(self) -> CycleDiff | None:
        """The first matched cycle that differs, in the order of the first trace."""
        return next((c for c in self.cycles if c.differs), None)

    @property
    def unknown(self) -> list[CycleDiff]:
        """The matched cycles whose numbers could not be compared: not kept in one of the traces."""
        return [c for c in self.cycles if c.outcome == "unknown"]

    @cached_property
    def by_unit(self) -> dict[Unit, CycleDiff]:
        """For each unit where numbers were compared, its cycle with the largest difference."""
        found: dict[Unit, CycleDiff] = {}
        for pair in self.cycles:
            if pair.max_abs is not None:
                old = found.get(pair.a.unit)
                if old is None or _amount(pair) > _amount(old):
                    found[pair.a.unit] = pair
        return found

    @cached_property
    def by_layer(self) -> dict[int, CycleDiff]:
        """For each repeated block, its last compared cycle: the hidden state that it hands on."""
        return {c.a.layer: c for c in self.cycles if c.a.layer is not None and c.cosine is not None}

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> list[str]:
        """The findings as sentences, most important first."""
        lines = [self.sentence]
        first = self.first_difference
        if first is not None:
            lines.append(tr("first difference: {cycle}").format(cycle=first))
        if (self.a.tokens or self.b.tokens) and self.a.tokens != self.b.tokens:
            lines.append(tokens_text(self.a.tokens, self.b.tokens))
        for name in ("model", "attention", "dtype", "device"):
            one, other = getattr(self.a, name), getattr(self.b, name)
            if one != other:
                lines.append(setting_text(name, one, other))
        for unit, pair in self.by_unit.items():
            if _amount(pair) > 0:
                lines.append(tr("largest in {unit}: {cycle}").format(unit=unit, cycle=pair))
        said = tr("layer {layer}: cosine {cosine} after cycle {number}")
        lines += [
            said.format(layer=layer, cosine=cosine_text(pair.cosine), number=pair.a.number)
            for layer, pair in self.by_layer.items()
        ]
        for said, cycles in (
            (tr("only in the first: {cycles}"), self.only_a),
            (tr("only in the second: {cycles}"), self.only_b),
        ):
            if cycles:
                lines.append(said.format(cycles=names_text(cycles)))
        if self.unknown:
            said = tr("not compared: {count} cycles; {why}")
            count = f"{len(self.unknown):,}"
            lines.append(said.format(count=count, why=self.unknown[0].remark))
        return lines

    @property
    def sentence(self) -> str:
        """The finding in one sentence."""
        if not self.cycles:
            return tr("the traces have no cycle in common")
        different = sum(c.differs for c in self.cycles)
        same = sum(c.outcome == "same" for c in self.cycles)
        if different:
            text = tr("{different} of {count} matched cycles differ")
            if self.tolerance:
                text = tr("{different} of {count} matched cycles differ by more than {tolerance}")
        elif self.equal:
            text = tr("equal: every number of all {count} cycles")
            if self.tolerance:
                text = tr("equal within {tolerance}: every number of all {count} cycles")
        elif not same:
            text = tr("none of {count} matched cycles could be compared")
        else:
            text = tr("no difference in {same} of {count} matched cycles")
            if self.tolerance:
                text = tr("no difference within {tolerance} in {same} of {count} matched cycles")
        return text.format(
            count=f"{len(self.cycles):,}",
            different=f"{different:,}",
            same=f"{same:,}",
            tolerance=f"{self.tolerance:g}",
        )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; what is not a number (NaN, Inf, unknown) is null."""
        first = self.first_difference
        with speaking("en"):
            summary = self.sentence
        return {
            "schema": SCHEMA,
            "tolerance": self.tolerance,
            "equal": self.equal,
            "agrees": self.agrees,
            "summary": summary,
            "first_difference": _pair(first) if first else None,
            "units": {unit: _pair(pair) for unit, pair in self.by_unit.items()},
            "layers": [{"layer": n, **_pair(pair)} for n, pair in self.by_layer.items()],
            "cycles": [_pair(pair) for pair in self.cycles],
            "only_a": [_cycle(c) for c in self.only_a],
            "only_b": [_cycle(c) for c in self.only_b],
        }


def diff(a: Trace, b: Trace, tolerance: float = 0.0) -> Diff:
    """Compare two traces, live or loaded, cycle by cycle.

    Args:
        tolerance: how far apart two numbers may be; 0 asks for the same numbers (NaN equals NaN).

    Raises:
        CyclesimError: the tolerance makes no sense, or a trace file cannot be read any more.

    Example:
        >>> fused = cyclesim.trace(cyclesim.load(attn="sdpa"), text)
        >>> found = cyclesim.diff(trace, fused, tolerance=1e-4)
        >>> found.agrees, found.equal, found.first_difference
        (True, False, None)
    """
    if not 0 <= tolerance < math.inf:
        said = tr("a tolerance of {tolerance} makes no sense: give 0 or more.")
        raise CyclesimError(said.format(tolerance=tolerance))
    theirs = dict(keyed(b.cycles))
    pairs: list[CycleDiff] = []
    only_a: list[Cycle] = []
    for key, cycle in keyed(a.cycles):
        other = theirs.pop(key, None)
        if other is None:
            only_a.append(cycle)
        else:
            pairs.append(compare_cycles(cycle, other, tolerance))
    return Diff(a.header, b.header, tolerance, pairs, only_a, list(theirs.values()))


def keyed(
    cycles: Iterable[Cycle], seen: dict[tuple[object, ...], int] | None = None
) -> Iterator[tuple[tuple[object, ...], Cycle]]:
    """Each cycle with what it is; the second of a kind in one module call gets a 2, and so on.

    Args:
        seen: how many of each kind came before, for a run that is still growing; kept up to date.
    """
    seen = {} if seen is None else seen
    for cycle in cycles:
        kind = (cycle.phase, cycle.unit, cycle.path, cycle.call, cycle.layer, cycle.step)
        seen[kind] = seen.get(kind, 0) + 1
        yield (*kind, seen[kind]), cycle


def _amount(pair: CycleDiff) -> float:
    if pair.max_abs is None:
        return -1.0
    return math.inf if math.isnan(pair.max_abs) else pair.max_abs


def _cycle(cycle: Cycle) -> dict[str, Any]:
    return {
        "number": cycle.number,
        "unit": cycle.unit,
        "step": cycle.step,
        "path": cycle.path,
        "call": cycle.call,
        "layer": cycle.layer,
    }


def _pair(pair: CycleDiff) -> dict[str, Any]:
    finite = pair.max_abs is not None and math.isfinite(pair.max_abs)
    return {
        **_cycle(pair.a),
        "other": pair.b.number,
        "outcome": pair.outcome,
        "max_abs_diff": pair.max_abs if finite else None,
        "cosine": pair.cosine,
        "note": pair.note,
    }

"""Two traces side by side: which cycle differs first, and by how much.

    diff = cyclesim.diff(cyclesim.open_trace("eager.safetensors"), trace)
    print(diff); diff.first_difference; diff.equal

Cycles are matched by what they are (path, call, step, and the repeated block), not by their number:
with padding, another attention implementation or another model of the same family, numbers shift,
and the softmax of layer 3 is still the softmax of layer 3. What has no counterpart is listed, and
what cannot be compared says why.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from cyclesim.errors import CyclesimError
from cyclesim.language import N_, retell, speaking, tr
from cyclesim.trace.cycle import Cycle, Unit
from cyclesim.trace.tensor import Stats, Value
from cyclesim.trace.trace import Header, Trace

__all__ = [
    "SCHEMA", "CycleDiff", "Diff", "Outcome", "compare_cycles", "cosine_text", "diff", "keyed",
    "names_text", "setting_text",
]  # fmt: skip

#: Of `Diff.to_json`.
SCHEMA = 1

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
            lines.append(_tokens(self.a.tokens, self.b.tokens))
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


def cosine_text(cosine: float | None) -> str:
    """Nine digits, or how far below 1 it is where nine digits would round to 1."""
    if cosine is None:
        return tr("undefined")
    return f"1 − {1 - cosine:.1g}" if 0 < 1 - cosine < 5e-8 else f"{cosine:.9g}"


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


# -- two cycles --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Found:
    """Two tensors compared."""

    max_abs: float
    dot: float
    norms: tuple[float, float]


def compare_cycles(a: Cycle, b: Cycle, tolerance: float = 0.0) -> CycleDiff:
    """How far apart the outputs of two cycles are."""
    if len(a.outputs) != len(b.outputs):
        note = _COUNTS.format(one=len(a.outputs), other=len(b.outputs))
        return CycleDiff(a, b, "unlike", note=note)
    found: list[_Found] = []
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
            if _apart(_known_stats(one), _known_stats(other), tolerance):
                return CycleDiff(a, b, "differs", note=_APART.format(note=note))
            notes.append(note)
            continue
        found.append(_distance(one.numpy(), other.numpy()))
    if not found:
        outcome: Outcome = "unknown" if unknown else "same"
        return CycleDiff(a, b, outcome, note="; ".join(notes))
    worst = max((f.max_abs for f in found), key=lambda x: math.inf if math.isnan(x) else x)
    beyond = math.isnan(worst) or worst > tolerance
    cosine = _cosine(found)
    outcome = "differs" if beyond else "unknown" if unknown else "same"
    if math.isnan(worst):
        notes.append(_NAN)
    return CycleDiff(a, b, outcome, worst, cosine, "; ".join(notes))


def _distance(a: np.ndarray, b: np.ndarray) -> _Found:
    with np.errstate(invalid="ignore", over="ignore"):
        unequal = ~((a == b) | ((a != a) & (b != b)))
        x, y = a[unequal], b[unequal]
        if not x.size:
            worst = 0.0
        elif x.dtype.kind in "iu" and y.dtype.kind in "iu":
            # Exact: an int64 does not fit into a float64, their distance fits into a uint64.
            high, low = np.maximum(x, y), np.minimum(x, y)
            worst = float((high.astype(np.uint64) - low.astype(np.uint64)).max())
        else:
            wide = np.complex128 if "c" in x.dtype.kind + y.dtype.kind else np.float64
            worst = float(np.abs(x.astype(wide) - y.astype(wide)).max())
        flat_a, flat_b = _flat(a), _flat(b)
        dot = float(np.vdot(flat_a, flat_b).real)
        norms = float(np.vdot(flat_a, flat_a).real), float(np.vdot(flat_b, flat_b).real)
    return _Found(worst, dot, norms)


def _flat(array: np.ndarray) -> np.ndarray:
    return array.reshape(-1).astype(np.complex128 if array.dtype.kind == "c" else np.float64)


def _cosine(found: Sequence[_Found]) -> float | None:
    norms = [math.fsum(f.norms[i] for f in found) if _finite(found) else math.nan for i in (0, 1)]
    product = math.sqrt(norms[0]) * math.sqrt(norms[1])
    if not 0 < product < math.inf:
        return None
    # Rounding must not make it 1.0000000000000002, nor less than 1 where nothing differs.
    if all(f.max_abs == 0 for f in found):
        return 1.0
    return max(-1.0, min(1.0, math.fsum(f.dot for f in found) / product))


def _finite(found: Sequence[_Found]) -> bool:
    return all(math.isfinite(n) for f in found for n in (*f.norms, f.dot))


def _known_stats(value: Value) -> Stats | None:
    return value.stats if value.kept else value._stats


def _apart(a: Stats | None, b: Stats | None, tolerance: float) -> bool:
    """Whether the statistics alone prove that the numbers are different."""
    if a is None or b is None:
        return False
    if (a.nan, a.inf) != (b.nan, b.inf):
        return True
    # A mean depends on the order of summing; the ends of the range do not.
    ends = ((a.min, b.min), (a.max, b.max))
    return any(x != y and not abs(x - y) <= tolerance for x, y in ends if x == x or y == y)


def _remark(note: str) -> str:
    for kept in (_NOT_KEPT, _NEITHER_KEPT):
        if note == _APART.format(note=kept):
            return tr(_APART).format(note=tr(kept))
    return retell(note, (_COUNTS, _SHAPES, _NAN, _NOT_KEPT, _NEITHER_KEPT, _TYPES))


def _amount(pair: CycleDiff) -> float:
    if pair.max_abs is None:
        return -1.0
    return math.inf if math.isnan(pair.max_abs) else pair.max_abs


def _tokens(a: Sequence[str], b: Sequence[str]) -> str:
    if len(a) != len(b):
        return tr("tokens: {one} and {other}").format(one=f"{len(a):,}", other=f"{len(b):,}")
    place = next(i for i, (x, y) in enumerate(zip(a, b, strict=True)) if x != y)
    text = tr("tokens: the first that differs is number {number}, {one} and {other}")
    return text.format(number=place, one=ascii(a[place]), other=ascii(b[place]))


def setting_text(name: str, one: str, other: str) -> str:
    """`attention: eager and sdpa`: what two runs were made with."""
    text = tr("{name}: {one} and {other}")
    return text.format(name=tr(name), one=one or tr("none"), other=other or tr("none"))


def names_text(cycles: Sequence[Cycle], most: int = 4) -> str:
    """The numbers and names of the first of `cycles`, and how many more there are."""
    names = ", ".join(f"{c.number} {c.label}" for c in cycles[:most])
    if len(cycles) <= most:
        return names
    return tr("{names} and {count} more").format(names=names, count=f"{len(cycles) - most:,}")


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
